using System.Text.Json;

namespace Serverless.Local.Run;

/// <summary>The app's counts over its deliveries, cases and notices.</summary>
/// <param name="Deliveries">By what became of the call: <c>total</c>, <c>accepted</c>, <c>quarantined</c>, <c>refused</c>.</param>
/// <param name="Ends">Elements by end.</param>
/// <param name="Unaccounted">Deliveries without an end that nothing will give one.</param>
/// <param name="Notices">By route, then by outcome.</param>
internal sealed record RunSummary(
    IReadOnlyDictionary<string, long> Deliveries, IReadOnlyDictionary<string, long> Ends, long Unaccounted, long Contacts, long Duplicates,
    long Cases,
    IReadOnlyDictionary<string, IReadOnlyDictionary<string, long>> Notices, long OutboxPending, long StorageCalls, long BusCalls)
{
    /// <summary>Notices that are being sent, or wait for another try.</summary>
    public long NoticesWaiting =>
        Notices.Values.Sum(outcomes => outcomes.GetValueOrDefault("waiting") + outcomes.GetValueOrDefault("sending"));

    /// <summary>Changes when anything moved.</summary>
    public long Progress =>
        Ends.Values.Sum()
        + (31 * Notices.Values.Sum(outcomes =>
            outcomes.GetValueOrDefault("delivered") + outcomes.GetValueOrDefault("failed"))) - OutboxPending;

    public static RunSummary From(JsonElement json) => new(
        Counts(json, "deliveries"), Counts(json, "ends"), Number(json, "unaccounted"), Number(json, "contacts"), Number(json, "duplicates"),
        Number(json, "cases"),
        json.TryGetProperty("notices", out var notices)
        ? notices.EnumerateObject()
        .ToDictionary(r => r.Name, r => (IReadOnlyDictionary<string, long>)Counts(r.Value), StringComparer.Ordinal) : [],
        Number(json, "outboxPending"), Counts(json, "calls").GetValueOrDefault("storage"), Counts(json, "calls").GetValueOrDefault("bus"));

    private static long Number(JsonElement json, string name) => json.TryGetProperty(name, out var value) ? value.GetInt64() : 0;

    private static Dictionary<string, long> Counts(JsonElement json, string name) =>
        json.TryGetProperty(name, out var counts) ? Counts(counts) : [];

    private static Dictionary<string, long> Counts(JsonElement json) =>
        json.EnumerateObject().Where(p => p.Value.ValueKind == JsonValueKind.Number)
        .ToDictionary(p => p.Name, p => p.Value.GetInt64(), StringComparer.Ordinal);
}
