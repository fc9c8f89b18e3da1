using System.Globalization;
using System.Net;
using System.Text.Json;

namespace Serverless.Local.Run;

/// <summary>What the app tells about itself by HTTP, read with its function key.</summary>
internal sealed class AppApi(HttpClient http, Uri frontDoor, string functionKey)
{
    /// <summary>Null while the app does not know the delivery or cannot answer.</summary>
    public async Task<DeliveryLine?> DeliveryAsync(string channel, string id, CancellationToken ct)
    {
        using var document = await GetAsync($"api/operations/deliveries/{Uri.EscapeDataString(channel)}/{Uri.EscapeDataString(id)}", ct);
        if (document is null) return null;
        var root = document.RootElement;
        var end = Text(root, "end") ?? "open";
        var ends = root.TryGetProperty("ends", out var list) && list.ValueKind == JsonValueKind.Array
            ? list.EnumerateArray().Select(e => e.GetString() ?? "").ToList() : [];
        // What failed its check was never taken apart: the delivery's own end stands for its elements.
        if (ends.Count == 0 && end is ("quarantined" or "refused")) ends = [$"{end}:{Text(root, "reason")}"];
        return new DeliveryLine(end, ends);
    }

    /// <param name="hours">How far to look back.</param>
    /// <returns>Null while the app cannot answer.</returns>
    public async Task<RunSummary?> SummaryAsync(int hours, CancellationToken ct)
    {
        using var document = await GetAsync($"api/operations/summary?hours={hours.ToString(CultureInfo.InvariantCulture)}", ct);
        return document is null ? null : RunSummary.From(document.RootElement);
    }

    /// <summary>Health, whatever status it is answered with; null while the app cannot answer.</summary>
    public async Task<Health?> HealthAsync(CancellationToken ct)
    {
        using var document = await GetAsync("api/health", ct, status => status is HttpStatusCode.OK or HttpStatusCode.ServiceUnavailable);
        return document is null ? null : Health.From(document.RootElement);
    }

    /// <summary>Every case, following the continuation.</summary>
    public async Task<IReadOnlyList<CaseLine>> CasesAsync(CancellationToken ct)
    {
        var cases = new List<CaseLine>();
        for (string? continuation = null; ;)
        {
            using var document = await GetAsync("api/cases?top=50"
                + (continuation is null ? "" : $"&continuation={Uri.EscapeDataString(continuation)}"), ct);
            if (document is null) return cases;
            cases.AddRange(document.RootElement.GetProperty("cases").EnumerateArray().Select(CaseLine.From));
            continuation = Text(document.RootElement, "continuation");
            if (string.IsNullOrEmpty(continuation)) return cases;
        }
    }

    /// <summary>The texts to the customer that a case holds, oldest first.</summary>
    /// <param name="number">Of the case.</param>
    public async Task<IReadOnlyList<ReplyLine>> RepliesAsync(string number, CancellationToken ct)
    {
        using var document = await GetAsync($"api/cases/{number}", ct);
        if (document is null) return [];
        var channels = document.RootElement.GetProperty("contacts").EnumerateArray()
            .ToDictionary(c => Text(c, "id") ?? "", c => Text(c.GetProperty("contact"), "channel") ?? "", StringComparer.Ordinal);
        return [.. document.RootElement.GetProperty("replies").EnumerateArray().Select(r => new ReplyLine(
            number, channels.GetValueOrDefault(Text(r, "to") ?? "", ""), r.TryGetProperty("automatic", out var automatic)
            && automatic.GetBoolean(), Text(r, "state") ?? "", Text(r, "reason") ?? ""))];
    }

    /// <summary>Answers the customer of a case, as a person does by the API.</summary>
    /// <returns>202 when the answer was taken; 0 when the app cannot be reached.</returns>
    public async Task<int> ReplyAsync(string number, string text, CancellationToken ct)
    {
        using var request = new HttpRequestMessage(HttpMethod.Post,
            new Uri(frontDoor, $"api/cases/{number}/replies")) { Content = System.Net.Http.Json.JsonContent.Create(new { text }) };
        request.Headers.TryAddWithoutValidation("x-functions-key", functionKey);
        try
        {
            using var response = await http.SendAsync(request, ct);
            return (int)response.StatusCode;
        }
        catch (HttpRequestException)
        {
            return 0;
        }
    }

    internal static string? Text(JsonElement element, string name) =>
        element.TryGetProperty(name, out var value) && value.ValueKind == JsonValueKind.String ? value.GetString() : null;

    private async Task<JsonDocument?> GetAsync(string path, CancellationToken ct, Func<HttpStatusCode, bool>? isAnswer = null)
    {
        using var request = new HttpRequestMessage(HttpMethod.Get, new Uri(frontDoor, path));
        request.Headers.TryAddWithoutValidation("x-functions-key", functionKey);
        try
        {
            using var response = await http.SendAsync(request, ct);
            return isAnswer?.Invoke(response.StatusCode) ?? response.StatusCode == HttpStatusCode.OK
                ? await JsonDocument.ParseAsync(await response.Content.ReadAsStreamAsync(ct), cancellationToken: ct) : null;
        }
        catch (Exception e) when (e is HttpRequestException or JsonException)
        {
            return null;
        }
    }
}

/// <summary>How a delivery ended.</summary>
/// <param name="End"><c>open</c> while it has not.</param>
/// <param name="Ends">One per element, in order.</param>
internal sealed record DeliveryLine(string End, IReadOnlyList<string> Ends)
{
    public bool IsOpen => End == "open";
}

/// <summary>One row of the table of cases.</summary>
internal sealed record CaseLine(string Number, string State, string Owner, string Need, string Channels, string DueAt, long Contacts)
{
    public static CaseLine From(JsonElement json) => new(
        AppApi.Text(json, "number") ?? "", AppApi.Text(json, "state") ?? "", AppApi.Text(json, "owner")
        ?? "(none)", AppApi.Text(json, "need") ?? "",
        json.TryGetProperty("channels", out var channels) ? string.Join(", ", channels.EnumerateArray().Select(c => c.GetString())) : "",
        AppApi.Text(json, "dueAt") ?? "", json.TryGetProperty("contacts", out var contacts) ? contacts.GetInt64() : 0);
}

/// <summary>One text to a customer.</summary>
/// <param name="Number">Of its case.</param>
/// <param name="Automatic">True for a receipt.</param>
/// <param name="State">E.g. <c>sent</c>.</param>
/// <param name="Reason">Empty when there is none.</param>
internal sealed record ReplyLine(string Number, string Channel, bool Automatic, string State, string Reason)
{
    public bool IsOnItsWay => State is "waiting" or "sending";

    public bool IsOut => State is "sent" or "delivered" or "read";
}
