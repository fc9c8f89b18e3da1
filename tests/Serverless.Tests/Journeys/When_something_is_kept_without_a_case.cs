using System.Net;
using System.Text.Json;
using Microsoft.Extensions.DependencyInjection;
using Serverless.Channels;
using Serverless.Contacts;
using Serverless.Tests.Harness;
using Xunit;

namespace Serverless.Tests.Journeys;

/// <summary>
/// Every genuine item has an end that somebody sees: what can be filed in no way is red in health, listed, and can be worked again.
/// </summary>
public sealed class When_something_is_kept_without_a_case(AzuriteFixture azurite) : IClassFixture<AzuriteFixture>, IAsyncLifetime
{
    private SampleApi _api = null!;

    public async Task InitializeAsync() => _api = await SampleApi.StartAsync();

    public async Task DisposeAsync() => await _api.DisposeAsync();

    [Fact]
    public async Task Health_is_red_until_it_was_worked_again()
    {
        await using var world = await azurite.SampleWorldAsync(_api);
        var delivery = await KeptAsync(world);
        var (status, says) = await world.HealthAsync("deliveries");
        Assert.Equal("red", status);
        Assert.Contains("Deliveries with items that could not be added to a case: 1.", says, StringComparison.Ordinal);
        var listed = Assert.Single((await ListAsync(world, "?channel=sample")));
        Assert.Equal((delivery, "rate-limited"), (listed.GetProperty("id").GetString(), listed.GetProperty("why").GetString()));
        Assert.Empty(await ListAsync(world, "?channel=meta"));

        // It stays on the list until it has a better end; who asks once more finds it being worked.
        Assert.Equal((1, 0), await StepAsync(world, "resubmit", $$"""{"channel":"sample","delivery":"{{delivery}}","by":"Anna"}"""));
        Assert.Equal((0, 1), await StepAsync(world, "resubmit", """{"channel":"sample","all":true}"""));
        (_api.Trouble, _api.Documents["mail/1"]) = (null, SampleChannel.Element("m1", world.Time.GetUtcNow()).ToJsonString());
        await world.DrainAsync();
        Assert.Equal("ended: case", await world.EndOfAsync(delivery, "sample"));
        Assert.Empty(await ListAsync(world));
        Assert.Equal("green", (await world.HealthAsync("deliveries")).Status);
        var action = (await world.GetAsync("/api/operations/actions")).GetProperty("actions").EnumerateArray()
            .Single(a => a.TryGetProperty("by", out _));
        Assert.Equal(("resubmit", "Anna"), (action.GetProperty("what").GetString(), action.GetProperty("by").GetString()));
    }

    [Fact]
    public async Task Somebody_who_looked_at_it_can_take_it_off_the_list()
    {
        await using var world = await azurite.SampleWorldAsync(_api);
        var delivery = await KeptAsync(world);
        Assert.Equal((1, 0), await StepAsync(world, "dismiss", """{"channel":"sample","all":true}"""));
        Assert.Empty(await ListAsync(world));
        Assert.Equal("green", (await world.HealthAsync("deliveries")).Status);
        Assert.Equal("kept: kept:rate-limited", await world.EndOfAsync(delivery, "sample"));
        using var again = await world.RawAsync(HttpMethod.Post, "/api/operations/kept-deliveries/dismiss",
            $$"""{"channel":"sample","delivery":"{{delivery}}"}""");
        Assert.Equal(HttpStatusCode.NotFound, again.StatusCode);
    }

    [Fact]
    public async Task What_was_tried_too_often_is_listed_and_a_row_too_many_is_swept()
    {
        await using var world = await azurite.SampleWorldAsync(_api, ("Receive__RequeueTries", "1"));
        var delivery = await world.SampleAsync(SampleChannel.Body(SampleChannel.Element("m1", world.Time.GetUtcNow())));
        for (var tick = 0; tick < 3; tick++)
        {
            world.Time.Advance(TimeSpan.FromHours(1));
            Assert.True(await world.TickAsync());
        }

        Assert.Equal("kept: kept:too-many-tries", await world.EndOfAsync(delivery, "sample"));
        Assert.Equal("too-many-tries", Assert.Single(await ListAsync(world)).GetProperty("why").GetString());
        // Whoever worked it died before it took the row away.
        await world.ForgetEndAsync(delivery, "sample");
        await world.DrainAsync();
        Assert.Equal("ended: case", await world.EndOfAsync(delivery, "sample"));
        await world.Services.GetRequiredService<Serverless.Processing.KeptDeliveries>()
            .ListAsync(new Serverless.Intake.DeliveryKey("sample", delivery), "too-many-tries", CancellationToken.None);
        Assert.Single(await ListAsync(world));
        Assert.True(await world.TickAsync());
        Assert.Empty(await ListAsync(world));
    }

    [Theory]
    [InlineData("{}")]
    [InlineData("""{"channel":"sample"}""")]
    [InlineData("""{"channel":"sample","all":true,"delivery":"00000000000000000000000000000000"}""")]
    [InlineData("""{"channel":"nobody","all":true}""")]
    [InlineData("""{"channel":"sample","delivery":"x"}""")]
    [InlineData("""{"channel":"sample","all":"yes"}""")]
    [InlineData("""{"channel":7,"all":true}""")]
    [InlineData("[]")]
    public void A_request_that_is_none_is_refused(string body)
    {
        var channels =
            new ChannelDirectory([new LearningChannel(Seed.Configuration([])), new SampleChannel(null!, Seed.Configuration([]))]);
        Assert.Null(Serverless.Operations.Review.KeptRequest.Parse(System.Text.Encoding.UTF8.GetBytes(body), channels));
    }

    [Fact]
    public async Task A_slip_after_reading_files_a_placeholder_that_somebody_sees()
    {
        await using var world = await TestApp.StartAsync(azurite, services => services.AddSingleton<IChannel, SlippingChannel>());
        using var answer = await world.SendAsync("POST", "/api/hooks/slipping", [], [1, 2, 3]);
        Assert.Equal(HttpStatusCode.OK, answer.StatusCode);
        var delivery = answer.Headers.GetValues("X-Delivery-Id").Single();
        Assert.Equal(0, await world.DrainAsync());
        Assert.Equal("kept: case, case, case", await world.EndOfAsync(delivery, "slipping"));
        var cases = await world.CasesAsync();
        Assert.Equal(["message", "placeholder", "placeholder"],
            cases.Select(c => c.GetProperty("contacts")[0].GetProperty("contact").GetProperty("kind").GetString()).Order());
        Assert.Empty(await ListAsync(world));
    }

    // A mailbox that is out of reach for seven days.
    private async Task<string> KeptAsync(TestApp world)
    {
        (_api.Trouble, _api.RetryAfter) = (429, 24 * 60 * 60);
        var delivery = await world.SampleAsync(SampleChannel.Body(SampleChannel.Thin("mail/1")));
        await world.DrainAsync();
        for (var day = 1; day <= 7; day++) await world.NextTryAsync("sample", delivery);
        Assert.Equal("kept: kept:rate-limited", await world.EndOfAsync(delivery, "sample"));
        return delivery;
    }

    private static async Task<List<JsonElement>> ListAsync(TestApp world, string query = "") =>
        [.. (await world.GetAsync($"/api/operations/kept-deliveries{query}")).GetProperty("deliveries").EnumerateArray()];

    private static async Task<(int Done, int Already)> StepAsync(TestApp world, string step, string body)
    {
        using var answer = await world.RawAsync(HttpMethod.Post, $"/api/operations/kept-deliveries/{step}", body);
        Assert.Equal(HttpStatusCode.OK, answer.StatusCode);
        using var json = JsonDocument.Parse(await answer.Content.ReadAsStringAsync());
        return (json.RootElement.GetProperty("done").GetInt32(), json.RootElement.GetProperty("already").GetInt32());
    }

    /// <summary>
    /// Reads three elements: one without an id, which no case can be found for; one that is fine; one that holds nothing at all.
    /// </summary>
    private sealed class SlippingChannel : IChannel
    {
        public string Name => "slipping";

        public ChannelSettings Settings => new(true, VerificationMode.Auto, false, "slipping");

        public IReadOnlyList<string> KeptHeaders => [];

        public IEnumerable<string> Problems() => [];

        public VerificationResult Verify(Delivery delivery) => new VerificationResult.Valid();

        public WebhookResponse Respond(Delivery delivery, Acceptance acceptance) => WebhookResponse.Empty(200);

        public IEnumerable<DeliveryItem> Read(Delivery delivery) =>
        [
            new("[0]", () => Found(delivery, null!, "Hallo")),
            new("[1]", () => Found(delivery, "m1", "Hallo")),
            new("[2]", () => new Parsed.Found(null!)),
        ];

        private static Parsed.Found Found(Delivery delivery, string id, string text) =>
            new Parsed.Found(new ContactEvent($"{id}:received", ContactChange.Received, new Contact
        {
            Channel = "slipping",
            Network = "letters",
            Account = "desk",
            ExternalId = id,
            Kind = ContactKind.Message,
            OccurredAt = delivery.ReceivedAt,
            ReceivedAt = delivery.ReceivedAt,
            Text = text,
        }));
    }
}
