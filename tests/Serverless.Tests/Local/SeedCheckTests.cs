using Serverless.Local.CommandLine;
using Serverless.Local.Seeds;
using Xunit;

namespace Serverless.Tests.Local;

/// <summary>Reading trios, and noticing what differs from them.</summary>
public sealed class SeedCheckTests : IDisposable
{
    private readonly Scratch _scratch = new();

    public void Dispose() => _scratch.Dispose();

    [Fact]
    public void Seeds_are_read_in_order_of_their_path_and_kept_to_the_byte()
    {
        _scratch.WriteSeed("b/01-second", "[]");
        _scratch.WriteSeed("a/02-first", """["case|joined","ignored:read"]""", target: "/api/hooks/demo/x?b=%7E&a=+",
            body: "line\r\n\u00fc");

        var seeds = SeedFile.ReadAll(_scratch.Repository.Seeds);

        Assert.Equal(["a/02-first", "b/01-second"], seeds.Select(s => s.Name));
        Assert.Equal("/api/hooks/demo/x?b=%7E&a=+", seeds[0].Target);
        Assert.Equal("demo", seeds[0].Channel);
        Assert.Equal("line\r\n\u00fc"u8.ToArray(), seeds[0].Body);
        Assert.Equal([("Content-Type", "text/plain"), ("X-Signature", "v1,abc")], seeds[0].Headers);
        Assert.Equal([["case", "joined"], ["ignored:read"]], seeds[0].Expected.Ends);
    }

    [Theory]
    [InlineData(".body", "is a trio")]
    [InlineData(".expected.json", "is a trio")]
    public void A_missing_part_is_named(string ending, string sentence)
    {
        _scratch.WriteSeed("demo/01-text", "[]");
        File.Delete(Path.Combine(_scratch.Repository.Seeds, "demo", "01-text" + ending));

        var refusal = Assert.Throws<Refusal>(() => SeedFile.ReadAll(_scratch.Repository.Seeds));

        Assert.Contains("demo/01-text", refusal.Message, StringComparison.Ordinal);
        Assert.Contains(ending, refusal.Message, StringComparison.Ordinal);
        Assert.Contains(sentence, refusal.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(200, "text/plain; charset=utf-8", "yes", null)]
    [InlineData(202, "text/plain; charset=utf-8", "yes", "answered 202, expected 200")]
    [InlineData(200, "text/plain", "yes", "answered as 'text/plain', expected 'text/plain; charset=utf-8'")]
    [InlineData(200, "text/plain; charset=utf-8", "no", "answered 'no', expected 'yes'")]
    public void A_wrong_answer_is_noticed(int status, string type, string body, string? difference)
    {
        var seed = Read("[]", """{"status":200,"contentType":"text/plain; charset=utf-8","body":"yes"}""");

        Assert.Equal(difference is null ? [] : [$"demo/01-text: {difference}"], SeedCheck.Answer(seed, status, type, body));
    }

    [Theory]
    [InlineData("case", null)]
    [InlineData("joined", null)]
    [InlineData("duplicate", "element 1 ended as duplicate, expected case|joined")]
    [InlineData("ignored:read", "element 1 ended as ignored:read, expected case|joined")]
    public void A_wrong_end_is_noticed(string end, string? difference)
    {
        var seed = Read("""["case|joined"]""");

        Assert.Equal(difference is null ? [] : [$"demo/01-text: {difference}"], SeedCheck.Ends(seed, [end], Replayed.Never));
    }

    [Fact]
    public void A_lost_element_is_noticed() =>
        Assert.Equal(["demo/01-text: came to 1 ends (case), expected case, joined"],
            SeedCheck.Ends(Read("""["case","joined"]"""), ["case"], Replayed.Never));

    [Fact]
    public void What_should_have_been_stored_and_was_not_is_noticed() =>
        Assert.Equal(["demo/01-text: was not stored, expected case"], SeedCheck.Ends(Read("""["case"]"""), null, Replayed.Never));

    [Theory]
    [InlineData("[]")]
    [InlineData("""["refused:signature-wrong|quarantined:signature-wrong"]""")]
    public void A_handshake_and_a_refusal_need_not_be_stored(string ends) => Assert.Empty(SeedCheck.Ends(Read(ends), null, Replayed.Never));

    [Theory]
    [InlineData(Replayed.ToItsEnd, "duplicate", true)]
    [InlineData(Replayed.ToItsEnd, "case", false)]
    [InlineData(Replayed.Perhaps, "duplicate", true)]
    [InlineData(Replayed.Perhaps, "case", true)]
    [InlineData(Replayed.Never, "duplicate", false)]
    public void A_second_replay_changes_nothing(Replayed before, string end, bool right) =>
        Assert.Equal(right, !SeedCheck.Ends(Read("""["case|joined","ignored:read"]"""), [end, "ignored:read"], before).Any());

    // The demo's second run into a folder ended with "2 differences": Twilio and Vonage tell once more that a message of ours was
    // delivered.
    [Theory]
    [InlineData("updated", true)]
    [InlineData("ignored:delivery-status", true)]
    [InlineData("duplicate", false)]
    public void The_state_of_a_message_of_ours_is_no_contact_and_may_be_told_again(string end, bool right) =>
        Assert.Equal(right, !SeedCheck.Ends(Read("""["ignored:delivery-status|updated"]"""), [end], Replayed.ToItsEnd).Any());

    private SeedFile Read(string ends, string answer = """{"status":200}""")
    {
        _scratch.WriteSeed("demo/01-text", ends, answer);
        return SeedFile.ReadAll(_scratch.Repository.Seeds).Single();
    }
}
