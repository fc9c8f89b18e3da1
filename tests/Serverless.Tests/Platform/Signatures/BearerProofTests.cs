using System.Text;
using Serverless.Channels;
using Serverless.Intake;
using Serverless.Platform.Signatures;
using Xunit;

namespace Serverless.Tests.Platform.Signatures;

/// <summary>A secret that a sender shows in clear is stored as a keyed hash that a later check can still use.</summary>
public sealed class BearerProofTests
{
    private const string Id = "0198c0ffee0070008000000000000001";
    private const string Secret = "a-secret-that-is-shown-in-clear";

    [Fact]
    public void The_stored_form_holds_under_the_secret_and_under_no_other()
    {
        var stored = BearerProof.Hide(Secret, Id);
        Assert.DoesNotContain(Secret, stored, StringComparison.Ordinal);
        Assert.True(BearerProof.Is(Secret, stored, Id));
        Assert.True(BearerProof.Is(Secret, Secret, Id));
        Assert.False(BearerProof.Is("another-secret-that-is-shown", stored, Id));
        Assert.False(BearerProof.Is(Secret, stored, Id.Replace('1', '2')));
        Assert.NotEqual(stored, BearerProof.Hide(Secret, Id.Replace('1', '2')));
    }

    [Fact]
    public void Blanks_around_what_was_shown_can_still_be_explained()
    {
        var stored = BearerProof.Hide($" {Secret}\t", Id);
        Assert.False(BearerProof.Is(Secret, stored, Id));
        Assert.True(BearerProof.IsBesideBlanks(Secret, stored, Id));
        Assert.True(BearerProof.IsBesideBlanks($"{Secret} ", BearerProof.Hide(Secret, Id), Id));
        Assert.False(BearerProof.IsBesideBlanks("another", stored, Id));
    }

    [Fact]
    public void Headers_and_query_fields_are_stored_hashed_and_everything_else_exactly()
    {
        var delivery = new Delivery
        {
            Id = Id,
            Channel = "sample",
            Method = "POST",
            PathAndQuery = "/api/hooks/sample/x?a=1&secret=with%20blank%2B&b=&secret2=stays",
            Headers = new Dictionary<string, string>(StringComparer.Ordinal) { ["x-word"] = Secret, ["x-other"] = "stays" },
            Body = Encoding.UTF8.GetBytes("{}"),
            ReceivedAt = DateTimeOffset.UnixEpoch,
        };
        var stored = BearerProofs.Stored(new Showing(), delivery);
        Assert.Equal("stays", stored.Header("x-other"));
        Assert.True(BearerProof.Is(Secret, stored.Header("x-word")!, Id));
        Assert.Equal($"/api/hooks/sample/x?a=1&secret={BearerProof.Hide("with blank+", Id)}&b=&secret2=stays", stored.PathAndQuery);
        Assert.True(BearerProof.Is("with blank+", FormFields.OfQuery(stored)!["secret"u8]!, Id));
    }

    [Theory]
    [InlineData("""{"value":[{"clientState":"word","resource":"x"}],"tokens":["a"]}""",
        """{"value":[{"clientState":"(removed)","resource":"x"}],"tokens":"(removed)"}""")]
    [InlineData("no json", "no json")]
    public void A_body_that_is_handed_out_has_lost_its_proofs(string body, string handedOut) =>
        Assert.Equal(handedOut, Encoding.UTF8.GetString(BearerProofs.HandedOut(new Showing(), Encoding.UTF8.GetBytes(body)).Span));

    private sealed class Showing : IChannel
    {
        public string Name => "sample";

        public ChannelSettings Settings => default;

        public IReadOnlyList<string> KeptHeaders => ["x-word", "x-other"];

        public IReadOnlyList<string> BearerProofs => ["x-word", "?secret", "$clientState", "$tokens"];

        public IEnumerable<string> Problems() => [];

        public VerificationResult Verify(Delivery delivery) => new VerificationResult.Valid();

        public WebhookResponse Respond(Delivery delivery, Acceptance acceptance) => WebhookResponse.Empty(200);

        public IEnumerable<DeliveryItem> Read(Delivery delivery) => [];
    }
}
