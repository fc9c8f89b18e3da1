using System.Text;
using System.Text.Json;
using Serverless.Tests.Harness;
using Xunit;

namespace Serverless.Tests.Journeys;

/// <summary>Somebody reads every log line and every message on the bus after all seeds were worked: nothing personal is there, and no
/// secret (P12, P14).</summary>
public sealed class When_logs_and_bus_are_read(AzuriteFixture azurite) : IClassFixture<AzuriteFixture>
{
    private static readonly string[] Personal = ["text", "value", "name", "address", "reference", "answerer", "entry", "threadKey",
        "username"];
    private static readonly string[] Secret = ["Secret", "Token"];

    [Fact]
    public async Task Nothing_personal_is_in_them_and_no_secret()
    {
        await using var world = await TestApp.StartAsync(azurite, TestApp.EveryChannel);
        var seeds = Seed.Channels.SelectMany(Seed.Of).ToList();
        foreach (var seed in seeds)
        {
            if (seed.At > world.Time.GetUtcNow()) world.Time.Set(seed.At);
            using (await world.SendAsync(seed)) await world.DrainAsync(bus: false);
        }

        foreach (var file in await world.CasesAsync()) await world.CloseAsync(file.CaseId());
        await world.TickAsync();
        var bus = world.Broker.Active("case-events", "everything")
            .Select(m => $"{Encoding.UTF8.GetString(m.Body)} {string.Join(' ', m.Properties.Values)}").ToList();
        await world.DrainAsync();

        Assert.True(world.Log.Lines.Count > seeds.Count && bus.Count > 20);
        var forbidden = seeds.SelectMany(s => s.Contacts).SelectMany(PersonalIn).Concat(Secrets()).Where(word => word.Length >= 5)
            .Except(OurNames()).Distinct().ToList();
        Assert.True(forbidden.Count > 60);
        Assert.Empty(forbidden.SelectMany(word => world.Log.Lines.Concat(bus).Where(line => Holds(line, word))
            .Select(line => $"'{word}' in: {line}")));
    }

    // The name of a bot or site is ours: it is part of a setting's name.
    private static IEnumerable<string> OurNames() => TestApp.DefaultSettings().Keys.SelectMany(k => k.Split("__"));

    private static bool Holds(string line, string word) =>
        line.Contains(word, StringComparison.OrdinalIgnoreCase)
        || line.Contains(Uri.EscapeDataString(word), StringComparison.OrdinalIgnoreCase);

    private static IEnumerable<string> Secrets() =>
        TestApp.DefaultSettings().Where(s => Secret.Any(end => s.Key.EndsWith(end, StringComparison.Ordinal))).Select(s => s.Value!);

    // A text counts by its lines and sentences: a log line that holds a piece of it holds too much.
    private static IEnumerable<string> PersonalIn(JsonElement value) => value.ValueKind switch
    {
        JsonValueKind.Array => value.EnumerateArray().SelectMany(PersonalIn),
        JsonValueKind.Object => value.EnumerateObject().SelectMany(p =>
            p.Value.ValueKind != JsonValueKind.String || !Personal.Contains(p.Name) ? PersonalIn(p.Value)
            : p.Name == "text" ? p.Value.GetString()!.Split('\n', '.', '?', '!').Select(t => t.Trim()) : [p.Value.GetString()!]),
        _ => [],
    };
}
