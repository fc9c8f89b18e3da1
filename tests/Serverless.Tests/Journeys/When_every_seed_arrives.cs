using System.Net;
using System.Text.Json;
using Serverless.Tests.Harness;
using Xunit;

namespace Serverless.Tests.Journeys;

/// <summary>All seeds of all channels, one after another, through the front door and the whole way.</summary>
public sealed class When_every_seed_arrives(AzuriteFixture azurite) : IClassFixture<AzuriteFixture>
{
    private static IEnumerable<Seed> Seeds => Seed.Channels.SelectMany(Seed.Of);

    [Fact]
    public async Task Each_gets_its_answer_and_its_end()
    {
        await using var world = await TestApp.StartAsync(azurite, TestApp.EveryChannel);
        List<(Seed Seed, string? Delivery)> sent = [];
        foreach (var seed in Seeds)
        {
            if (seed.At > world.Time.GetUtcNow()) world.Time.Set(seed.At);
            using var answer = await world.SendAsync(seed);
            Assert.True((HttpStatusCode)seed.Answer.Status == answer.StatusCode, $"{seed.Name}: {answer.StatusCode}");
            if (seed.Answer.Body is { } body) Assert.Equal(body, await answer.Content.ReadAsStringAsync());
            if (seed.Answer.ContentType is { } type) Assert.Equal(type, answer.Content.Headers.ContentType?.ToString());
            sent.Add((seed, answer.Headers.TryGetValues("X-Delivery-Id", out var ids) ? ids.Single() : null));
            await world.DrainAsync();
        }

        Assert.Equal(0, await world.DrainAsync());
        foreach (var (seed, delivery) in sent.Where(s => !s.Seed.IsHandshake))
        {
            var report = await world.GetAsync($"/api/operations/deliveries/{seed.Name.Split('/')[0]}/{delivery}");
            var ends = report.GetProperty("ends").EnumerateArray().Select(e => e.GetString()!).ToList();
            if (seed.RefusedFor is not null) ends = [$"{report.GetProperty("end").GetString()}:{report.GetProperty("reason").GetString()}"];
            Assert.True(seed.Ends.Count == ends.Count
                && seed.Ends.Zip(ends).All(p => p.First.Split('|').Contains(p.Second)),
                $"{seed.Name}: {string.Join(',', ends)} instead of {string.Join(',', seed.Ends)}");
        }

        var summary = await world.SummaryAsync();
        Assert.Equal(0, summary.GetProperty("unaccounted").GetInt32());
        var cases = await world.CasesAsync();
        Assert.Equal(summary.GetProperty("cases").GetInt32(), cases.Count);

        // Worked at the times they name: whoever was spoken with last is owed nothing.
        var spokenWith = cases.Where(c => c.GetProperty("contacts").EnumerateArray().All(IsAnsweredCall)).ToList();
        Assert.True(spokenWith.Count >= 4, $"{spokenWith.Count}");
        Assert.All(spokenWith, c => Assert.Equal(("call", "", ""), (c.Head("owes"), c.Head("waitingSince"), c.Head("dueAt"))));
    }

    private static bool IsAnsweredCall(JsonElement filed)
    {
        var contact = filed.GetProperty("contact");
        return contact.TryGetProperty("call", out var call) && call.GetProperty("outcome").GetString() == "answered";
    }
}
