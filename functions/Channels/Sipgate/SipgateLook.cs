using System.Globalization;
using System.Text;
using System.Text.Json;
using Serverless.Contacts;

namespace Serverless.Channels.Sipgate;

/// <content>
/// Reconciliation: sipgate's call history lists every call, and items without a push: voicemails and SMS received. The field names are
/// those of sipgate's SDK. https://github.com/sipgate-io/sipgateio-node/blob/master/lib/history/history.types.ts
/// </content>
public sealed partial class SipgateChannel : IReconciles, IReadsAttachments
{
    private const int PageSize = 50;

    /// <summary>
    /// An entry is listed at the time its call began and may appear when it ended: each run begins a little before the newest known one.
    /// </summary>
    private static readonly TimeSpan Overlap = TimeSpan.FromHours(2);

    public IReadOnlyList<ReconciliationSource> Sources => options.CurrentValue is { Enabled: true, HasToken: true } current
        ? [new ReconciliationSource("history", TimeSpan.FromMinutes(current.LookAgainMinutes))] : [];

    public IReadOnlyList<string> Blind =>
        options.CurrentValue.HasToken
            ? ["sipgate's call history does not say how calls belong together: a missed push of a transferred call is found only if the first call was missed, too."]
            : ["sipgate's call history cannot be asked: Channels__Sipgate__TokenId and Channels__Sipgate__Token are not set."];

    public async Task<ReconciliationResult> ReadAsync(string source, ReconciliationStart from, CancellationToken ct)
    {
        var current = options.CurrentValue;
        var place = Place.Parse(from.Cursor) ?? new Place(from.Since, 0, from.Since);
        var query = string.Create(CultureInfo.InvariantCulture,
            $"history?types=CALL&types=VOICEMAIL&types=SMS&from={place.From.UtcDateTime:yyyy-MM-ddTHH:mm:ssZ}&limit={PageSize}&offset={place.Offset}");
        var answer = await SipgateApi.SendAsync(calls, current, HttpMethod.Get, query, null, ct);
        switch (answer.Status)
        {
            case 401 or 403:
                return new ReconciliationResult.Later("refused");
            case 429:
                return new ReconciliationResult.Later("rate-limited", answer.RetryAfter);
            case not 200:
                return new ReconciliationResult.Later("unreachable", answer.RetryAfter);
            default:
                return answer.TooLarge || Page(answer.Body, place, from.Since) is not { } page
                    ? new ReconciliationResult.Later("unreadable") : page;
        }
    }

    /// <summary>Recordings of voicemails lie behind an address of sipgate.</summary>
    public async Task<OpenedAttachment> OpenAsync(Contact contact, Attachment attachment, CancellationToken ct)
    {
        var current = options.CurrentValue;
        if (!Uri.TryCreate(attachment.Reference, UriKind.Absolute, out var url)) return new OpenedAttachment.Gone("not-an-address");
        using var request = new HttpRequestMessage(HttpMethod.Get, url);
        if (current.HasToken && SipgateApi.IsOwn(url, current)) request.Headers.Authorization = SipgateApi.Authorization(current);
        var response = await calls.OpenAsync(request, ct);
        if (response is null) return new OpenedAttachment.Later("unreachable");
        if (response.IsSuccessStatusCode)
            return new OpenedAttachment.Content(await response.Content.ReadAsStreamAsync(ct),
                response.Content.Headers.ContentType?.MediaType);
        using (response)
        {
            return (int)response.StatusCode is 404 or 410
                ? new OpenedAttachment.Gone("gone-at-provider") : new OpenedAttachment.Later("refused", calls.RetryAfter(response));
        }
    }

    private static ReconciliationResult.Page? Page(ReadOnlyMemory<byte> body, Place place, DateTimeOffset since)
    {
        try
        {
            using var json = JsonDocument.Parse(body);
            if (!json.RootElement.TryGetProperty("items", out var items) || items.ValueKind != JsonValueKind.Array) return null;
            var entries = items.EnumerateArray().Where(i => i.ValueKind == JsonValueKind.Object).Select(SipgateHistory.Entry.Of).ToList();
            var newest = place.Newest;
            List<ProviderRecord> held = [];
            // Oldest first, regardless of the order of the response.
            foreach (var entry in entries.OrderBy(e => e.Created))
            {
                if (entry.Created > newest) newest = entry.Created.Value;
                if (entry.Created is null || entry.Created < since || entry.Kind is null || entries.Exists(entry.IsLegOf)) continue;
                held.Add(new ProviderRecord(entry.Kind, Encoding.UTF8.GetBytes(entry.Json.GetRawText())));
            }

            if (items.GetArrayLength() >= PageSize)
                return new ReconciliationResult.Page(held, new Place(place.From, place.Offset + PageSize, newest).ToString(), More: true);
            var next = newest - Overlap;
            return new ReconciliationResult.Page(held, new Place(next > since ? next : since, 0, newest).ToString(), More: false);
        }
        catch (JsonException)
        {
            return null;
        }
    }

    /// <summary>Position of a run: start time, offset, newest entry so far.</summary>
    private sealed record Place(DateTimeOffset From, int Offset, DateTimeOffset Newest)
    {
        public static Place? Parse(string? cursor) =>
            cursor?.Split(' ') is [var from, var offset, var newest]
            && DateTimeOffset.TryParse(from, CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal, out var asked)
            && int.TryParse(offset, NumberStyles.None, CultureInfo.InvariantCulture, out var behind)
            && DateTimeOffset.TryParse(newest, CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal, out var last)
                ? new Place(asked, behind, last)
                : null;

        public override string ToString() => string.Create(CultureInfo.InvariantCulture, $"{From:O} {Offset} {Newest:O}");
    }
}
