using System.Net;
using Serverless.Tests.Harness;
using Xunit;

namespace Serverless.Tests.Journeys;

/// <summary>Bodies at and beyond the bounds: of a row, of what WhatsApp sends, of what we take.</summary>
public sealed class When_a_body_is_large(AzuriteFixture azurite) : IClassFixture<AzuriteFixture>
{
    private const int RowLimit = (900 - 64) * 1024;

    private static MetaSaid Said(TestApp world, string id = "wamid.1") => new(id, "493023125017", "", world.Time.GetUtcNow());

    [Fact]
    public async Task Three_megabytes_reach_their_case_with_every_character()
    {
        await using var world = await TestApp.StartAsync(azurite);
        var text = string.Concat(Enumerable.Range(0, 119_000).Select(i => $"Zeile {i % 1000} ü🚚\n"));
        var body = MetaCall.Messages(Said(world) with { Text = text });
        Assert.InRange(body.Length, 3_000_000, 3 * 1024 * 1024);
        var delivery = await world.AcceptAsync(body);
        Assert.Equal(0, await world.DrainAsync());
        Assert.Equal("ended: case", await world.EndOfAsync(delivery));
        Assert.Equal(text, Assert.Single((await world.OnlyCaseAsync()).Texts()));
    }

    [Theory]
    [InlineData(RowLimit, 2)]
    [InlineData(RowLimit + 1, 3)]
    public async Task The_largest_body_of_a_row_costs_two_calls_and_one_byte_more_costs_three(int bytes, int calls)
    {
        await using var world = await TestApp.StartAsync(azurite);
        await world.AcceptAsync(MetaCall.MessageOf(RowLimit + 1, Said(world)));
        var before = world.Calls.Storage;
        var body = MetaCall.MessageOf(bytes, Said(world, "wamid.2"));
        Assert.Equal(bytes, body.Length);
        var delivery = await world.AcceptAsync(body);
        Assert.Equal(calls, world.Calls.Storage - before);

        Assert.Equal(0, await world.DrainAsync());
        Assert.StartsWith("ended: ", await world.EndOfAsync(delivery), StringComparison.Ordinal);
        var longest = (await world.OnlyCaseAsync()).Texts().Select(t => t!.Length).ToList();
        Assert.Equal(2, longest.Count);
        Assert.All(longest, length => Assert.InRange(length, RowLimit - 500, RowLimit));
    }

    [Fact]
    public async Task Beyond_the_limit_the_answer_names_the_setting()
    {
        const int Limit = 64 * 1024;
        await using var world = await TestApp.StartAsync(azurite, ("Receive__MaxBodyBytes", "65536"));
        await world.AcceptAsync(MetaCall.MessageOf(Limit, Said(world)));
        var tooLarge = MetaCall.MessageOf(Limit + 1, Said(world, "wamid.2"));
        using var told = await world.SendMetaAsync(tooLarge);
        using var chunked = await world.SendChunkedAsync(tooLarge);
        foreach (var answer in new[] { told, chunked })
        {
            Assert.Equal(HttpStatusCode.RequestEntityTooLarge, answer.StatusCode);
            Assert.Contains("Receive__MaxBodyBytes", await answer.TextAsync(), StringComparison.Ordinal);
        }

        using var fits = await world.SendChunkedAsync(MetaCall.MessageOf(Limit, Said(world, "wamid.3")));
        Assert.Equal(HttpStatusCode.OK, fits.StatusCode);
        Assert.Equal(2, (await world.SummaryAsync()).GetProperty("deliveries").GetProperty("total").GetInt32());
    }
}
