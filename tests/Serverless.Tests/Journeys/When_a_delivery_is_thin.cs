using System.Text.Json.Nodes;
using Microsoft.Extensions.DependencyInjection;
using Serverless.Intake;
using Serverless.Tests.Harness;
using Xunit;

namespace Serverless.Tests.Journeys;

/// <summary>A delivery only points at what happened; the document is fetched, kept and read, now or in three days.</summary>
public sealed class When_a_delivery_is_thin(AzuriteFixture azurite) : IAsyncLifetime, IClassFixture<AzuriteFixture>
{
    private SampleApi _api = null!;
    private TestApp _world = null!;

    public async Task InitializeAsync()
    {
        _api = await SampleApi.StartAsync();
        _world = await azurite.SampleWorldAsync(_api);
    }

    public async Task DisposeAsync()
    {
        await _world.DisposeAsync();
        await _api.DisposeAsync();
    }

    private DateTimeOffset Now => _world.Time.GetUtcNow();

    private Task<string> EndAsync(string delivery) => _world.EndOfAsync(delivery, "sample");

    private Task<bool> WorkAsync(string delivery) => _world.WorkAsync(delivery, "sample");

    private Task<int> NextTryAsync(string delivery) => _world.NextTryAsync("sample", delivery);

    [Fact]
    public async Task It_becomes_the_case_of_its_document_and_a_repetition_asks_nobody()
    {
        _api.Documents["mail/1"] = SampleChannel.Element("m1", Now).ToJsonString();
        var delivery = await _world.SampleAsync(SampleChannel.Body(SampleChannel.Thin("mail/1")));
        Assert.Equal(0, await _world.DrainAsync());
        Assert.Equal("ended: case", await EndAsync(delivery));
        Assert.Equal("This is m1.", (await _world.OnlyCaseAsync()).GetProperty("contacts")[0].GetProperty("contact").GetProperty("text")
            .GetString());

        _api.Documents["mail/1"] = SampleChannel.Element("m1, changed since", Now).ToJsonString();
        await _world.ForgetEndAsync(delivery, "sample");
        Assert.True(await WorkAsync(delivery));
        Assert.Equal("ended: case", await EndAsync(delivery));
        Assert.Single(_api.Calls);
        await _world.OnlyCaseAsync();
    }

    [Fact]
    public async Task What_is_gone_is_ignored_and_what_cannot_be_read_is_kept_and_visible()
    {
        _api.Documents["mail/gone"] = null;
        _api.Documents["mail/broken"] = "no JSON";
        _api.Documents["mail/nested"] = SampleChannel.Thin("mail/gone").ToJsonString();
        var delivery =
            await _world.SampleAsync(SampleChannel.Body(SampleChannel.Thin("mail/gone"), SampleChannel.Thin("mail/broken"),
                SampleChannel.Thin("mail/nested"), SampleChannel.Element("m1", Now)));
        Assert.Equal(0, await _world.DrainAsync());
        Assert.Equal("kept: ignored:gone-at-provider, case, kept:nested-thin, case", await EndAsync(delivery));
        Assert.Contains(await _world.CasesAsync(), c =>
            c.GetProperty("contacts")[0].GetProperty("contact").GetProperty("kind").GetString() == "placeholder");
    }

    [Fact]
    public async Task After_seven_days_it_is_kept_for_its_reason()
    {
        (_api.Trouble, _api.RetryAfter) = (429, 24 * 60 * 60);
        var delivery = await _world.SampleAsync(SampleChannel.Body(SampleChannel.Thin("mail/1")));
        await _world.DrainAsync();
        for (var day = 1; day <= 6; day++)
        {
            Assert.InRange(await NextTryAsync(delivery), 24 * 60 * 60 - 10, 24 * 60 * 60);
            Assert.Equal("open", await EndAsync(delivery));
        }

        await NextTryAsync(delivery);
        Assert.Equal("kept: kept:rate-limited", await EndAsync(delivery));
        Assert.Equal(8, _api.Calls.Count);
    }

    [Fact]
    public async Task A_pointer_that_comes_too_early_asks_nobody_and_one_that_is_lost_is_queued_by_Tick()
    {
        using var queue = new InboundDriver(_world);
        (_api.Trouble, _api.RetryAfter) = (429, 3600);
        var delivery = await _world.SampleAsync(SampleChannel.Body(SampleChannel.Thin("mail/1")));
        await _world.DrainAsync();
        _world.Time.Advance(TimeSpan.FromMinutes(30));
        var before = _world.Calls.Storage;
        Assert.True(await WorkAsync(delivery));
        Assert.Equal(1, _world.Calls.Storage - before);
        Assert.Single(_api.Calls);

        var queued = await queue.CountAsync();
        _world.Time.Advance(TimeSpan.FromMinutes(44));
        Assert.True(await _world.TickAsync());
        Assert.Equal(queued, await queue.CountAsync());
        _world.Time.Advance(TimeSpan.FromMinutes(2));
        Assert.True(await _world.TickAsync());
        Assert.Equal(queued + 1, await queue.CountAsync());
        Assert.Equal(0, (await _world.SummaryAsync()).GetProperty("unaccounted").GetInt32());
    }

    [Fact]
    public async Task A_call_that_needs_a_key_is_judged_once_the_key_can_be_had()
    {
        _api.Trouble = 500;
        var genuine = await _world.SampleAsync(SampleChannel.Body(SampleChannel.Element("m1", Now)), "rare");
        await _world.DrainAsync();
        Assert.Equal("open", await EndAsync(genuine));
        Assert.Empty(await _world.CasesAsync());

        (_api.Trouble, _api.Documents["keys"]) = (null, "good rare");
        var forged = await _world.SampleAsync(SampleChannel.Body(SampleChannel.Element("m2", Now)), "never-heard-of");
        await _world.DrainAsync();
        await NextTryAsync(genuine);
        Assert.Equal("ended: case", await EndAsync(genuine));
        Assert.Equal("quarantined", await EndAsync(forged));
        await _world.OnlyCaseAsync();
    }

    [Fact]
    public async Task A_call_that_could_never_be_judged_enters_no_case()
    {
        (_api.Trouble, _api.RetryAfter) = (500, 24 * 60 * 60);
        var delivery = await _world.SampleAsync(SampleChannel.Body(SampleChannel.Element("m1", Now)), "rare");
        await _world.DrainAsync();
        for (var day = 1; day <= 7; day++) await NextTryAsync(delivery);
        Assert.Equal("quarantined", await EndAsync(delivery));
        Assert.Empty(await _world.CasesAsync());
    }

    [Fact]
    public async Task What_the_provider_says_of_a_subscription_marks_the_channel()
    {
        var attention = _world.Services.GetRequiredService<SubscriptionAlerts>();
        Assert.Null(await attention.LastAsync("sample", CancellationToken.None));
        var at = Now;
        var delivery = await _world.SampleAsync(SampleChannel.Body(new JsonObject { ["attention"] = "subscription-removed" }));
        await _world.DrainAsync();
        Assert.Equal("ended: ignored:subscription-removed", await EndAsync(delivery));
        Assert.Equal(new SubscriptionAlerts.Mark(at, "subscription-removed"), await attention.LastAsync("sample", CancellationToken.None));
        Assert.Null(await attention.LastAsync("meta", CancellationToken.None));
    }
}
