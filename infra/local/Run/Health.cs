using System.Text.Json;

namespace Serverless.Local.Run;

/// <summary>What <c>api/health</c> says.</summary>
/// <param name="Status">Of the whole.</param>
/// <param name="Troubled">Parts that are not well, each with its sentences.</param>
internal sealed record Health(string Status, IReadOnlyList<(string Part, string Status, IReadOnlyList<string> Says)> Troubled)
{
    public static Health From(JsonElement json) => new(
        AppApi.Text(json, "status") ?? "unknown",
        [
            .. json.TryGetProperty("parts", out var parts) && parts.ValueKind == JsonValueKind.Object
                ? parts.EnumerateObject().Select(p => (p.Name, AppApi.Text(p.Value, "status") ?? "", Sentences(p.Value)))
                    .Where(p => p.Item2 is not ("green" or "off" or "ok" or "healthy"))
                : [],
        ]);

    // "says" today, "messages" once the API has its new words.
    private static IReadOnlyList<string> Sentences(JsonElement part) =>
        part.TryGetProperty("says", out var says) || part.TryGetProperty("messages", out says)
            ? [.. says.EnumerateArray().Select(s => s.GetString() ?? "")] : [];
}

/// <summary>Calls of one channel in a replay, and the outcomes of their elements.</summary>
internal sealed record ChannelLine(string Channel, int Calls, int Cases, int Joined, int Outbound, int Duplicates, int Ignored, int Refused)
{
    /// <param name="ends">One word an element, e.g. <c>ignored:read</c>.</param>
    /// <param name="refused">Calls answered with an error.</param>
    public static ChannelLine Of(string channel, int calls, int refused, IReadOnlyCollection<string> ends) => new(
        channel, calls, ends.Count(e => e == "case"), ends.Count(e => e is "joined" or "updated"), ends.Count(e => e == "outbound"),
            ends.Count(e => e == "duplicate"),
        ends.Count(e => e.StartsWith("ignored", StringComparison.Ordinal)), refused);
}
