using System.Globalization;
using System.Text.Json;
using Serverless.Platform.Json;

namespace Serverless.Channels.Vonage;

/// <content>Reconciliation: incoming calls, oldest first. https://developer.vonage.com/en/api/voice#getCalls</content>
public sealed partial class VonageChannel : IReconciles
{
    private const int PageSize = 100;

    /// <summary>A call younger than this is left to its own callbacks.</summary>
    private static readonly TimeSpan Settled = TimeSpan.FromMinutes(10);

    public IReadOnlyList<ReconciliationSource> Sources =>
        _options.CurrentValue is { Enabled: true, LookMinutes: > 0 and var minutes } && _api.HasApplication
        ? [new("calls", TimeSpan.FromMinutes(minutes))] : [];

    public IReadOnlyList<string> Blind { get; } =
    [
        "Messages cannot be reconciled: Vonage lists them in its Reports API only, a product at extra cost. It repeats a callback for 24 hours.",
        "Recordings, transcriptions and outgoing calls are not reconciled; a call that is found shows whether a person was reached.",
    ];

    public async Task<ReconciliationResult> ReadAsync(string source, ReconciliationStart from, CancellationToken ct)
    {
        var now = _time.GetUtcNow();
        var place = Begin(from, now - Settled);
        if (place.End <= place.Start) return new ReconciliationResult.Page([], Cursor(place), More: false);
        var path = $"/v1/calls?date_start={Text(place.Start)}&date_end={Text(place.End)}&order=asc&page_size={PageSize}&record_index={place.Index}";
        var answer = await _api.ApplicationAsync(HttpMethod.Get, path, null, ct);
        switch (answer)
        {
            case null or { Status: 401 or 403 }:
                return new ReconciliationResult.Later("refused");
            case { Status: 429 }:
                return new ReconciliationResult.Later("rate-limited", answer.RetryAfter);
            case { Status: 400 or 422 } when from.Cursor is not null:
                return new ReconciliationResult.Restart();
            case { Succeeded: false }:
                return new ReconciliationResult.Later("unreachable", answer.RetryAfter);
        }

        try
        {
            using var document = JsonDocument.Parse(answer.Body);
            return ReadPage(document.RootElement, place);
        }
        catch (Exception error) when (error is JsonException or InvalidOperationException)
        {
            return new ReconciliationResult.Later("unreadable");
        }
    }

    private static ReconciliationResult.Page ReadPage(JsonElement root, LookPlace place)
    {
        var calls = root.Get("_embedded"u8).Get("calls"u8);
        List<ProviderRecord> held = [];
        var read = 0;
        foreach (var call in calls.Items())
        {
            read++;
            if (call.Get("direction"u8).Is("inbound"u8) && call.Get("conversation_uuid"u8).AsId() is { } conversation)
                held.Add(new("call", Wrapped(call, calls, conversation)));
        }

        var more = read > 0 && root.Get("count"u8).AsId() is { } count
            && int.TryParse(count, NumberStyles.None, CultureInfo.InvariantCulture, out var all) && place.Index + read < all;
        return new(held, Cursor(more ? place with { Index = place.Index + read } : new(place.End, place.End, 0)), more);
    }

    // The legs that rang our people belong to the conversation of the call; they state whether a person was reached.
    private static byte[] Wrapped(JsonElement call, JsonElement calls, string conversation)
    {
        using var bytes = new MemoryStream(1024);
        using (var json = PlainJson.Writer(bytes))
        {
            json.WriteStartObject();
            json.WritePropertyName("call"u8);
            call.WriteTo(json);
            json.WriteStartArray("legs"u8);
            foreach (var leg in calls.Items())
            {
                if (leg.Get("direction"u8).Is("outbound"u8) && leg.Get("conversation_uuid"u8).AsId() == conversation) leg.WriteTo(json);
            }

            json.WriteEndArray();
            json.WriteEndObject();
        }

        return bytes.ToArray();
    }

    // A further page is requested with the exact times of the first one; otherwise its numbers would shift.
    private static LookPlace Begin(ReconciliationStart from, DateTimeOffset until) =>
        from.Cursor?.Split('|') is [var start, var end, var index] && Time(start) is { } s && Time(end) is { } e
        && int.TryParse(index, NumberStyles.None, CultureInfo.InvariantCulture, out var i)
            ? new(s, i > 0 ? e : until, i)
            : new(from.Since, until, 0);

    private static DateTimeOffset? Time(string text) =>
        DateTimeOffset.TryParseExact(text, "yyyy-MM-dd'T'HH:mm:ss'Z'", CultureInfo.InvariantCulture,
            DateTimeStyles.AssumeUniversal | DateTimeStyles.AdjustToUniversal, out var time) ? time : null;

    private static string Text(DateTimeOffset time) => time.UtcDateTime.ToString("yyyy-MM-dd'T'HH:mm:ss'Z'", CultureInfo.InvariantCulture);

    private static string Cursor(LookPlace place) => $"{Text(place.Start)}|{Text(place.End)}|{place.Index}";

    /// <summary>How far a look got.</summary>
    /// <param name="Start">Calls that began before are through.</param>
    /// <param name="End">Where this look ends.</param>
    /// <param name="Index">The next page's first call.</param>
    [System.Runtime.InteropServices.StructLayout(System.Runtime.InteropServices.LayoutKind.Auto)]
    private readonly record struct LookPlace(DateTimeOffset Start, DateTimeOffset End, int Index);
}
