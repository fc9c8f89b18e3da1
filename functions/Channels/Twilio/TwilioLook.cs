using System.Globalization;
using System.Text;

namespace Serverless.Channels.Twilio;

/// <content>Asks what calls and messages Twilio holds, newest first as it lists them.</content>
/// <remarks>https://www.twilio.com/docs/voice/api/call-resource, https://www.twilio.com/docs/messaging/api/message-resource,
/// https://www.twilio.com/docs/usage/twilios-response#pagination</remarks>
public sealed partial class TwilioChannel : IReconciles
{
    private const int PageSize = 100;

    public IReadOnlyList<ReconciliationSource> Sources
    {
        get
        {
            var current = options.CurrentValue;
            if (!current.Enabled || current.LookMinutes == 0 || string.IsNullOrEmpty(current.AccountSid)) return [];
            var every = TimeSpan.FromMinutes(current.LookMinutes);
            return [.. current.KnownAccounts.SelectMany(account =>
                new[] { new ReconciliationSource($"calls {account}", every), new ReconciliationSource($"messages {account}", every) })];
        }
    }

    public IReadOnlyList<string> Blind { get; } =
    [
        "Twilio: whether a call that is found late left a message is not looked up; it shows as missed or answered.",
    ];

    public async Task<ReconciliationResult> ReadAsync(string source, ReconciliationStart from, CancellationToken ct)
    {
        if (source.Split(' ') is not [var list and ("calls" or "messages"), var account]) return new ReconciliationResult.Restart();
        // A page of a list continues where it stopped; a new run begins a day before the last one, since a call is listed under the day
        // it began.
        var (page, next) = Cursor.Of(from.Cursor) is { } cursor ? (cursor.Page, cursor.Day) : (null, Day(from.Since));
        page ??= FirstPage(list, account, next);
        var began = from.Cursor is null || Cursor.Of(from.Cursor)?.Page is null ? Day(time.GetUtcNow().AddDays(-1)) : next;
        var answer = await TwilioCalls.SendAsync(calls, options.CurrentValue, account, HttpMethod.Get, page, null, ct);
        if (answer.Status is 400 or 404 && from.Cursor is not null) return new ReconciliationResult.Restart();
        if (!answer.Succeeded) return new ReconciliationResult.Later(TwilioCalls.Reason(answer), answer.RetryAfter);
        using var json = JsonOf(answer);
        if (json is null || !json.RootElement.TryGetProperty(list, out var items)) return new ReconciliationResult.Later("unreadable");
        List<ProviderRecord> held = [];
        foreach (var item in items.EnumerateArray())
            if (TwilioRecords.TimeOf(item) >= from.Since)
                held.Add(new ProviderRecord(list == "calls" ? "call" : "message", Encoding.UTF8.GetBytes(item.GetRawText())));
        var more = json.RootElement.TryGetProperty("next_page_uri", out var uri) && uri.GetString() is { Length: > 0 } following
            && following.StartsWith("/2010-04-01/", StringComparison.Ordinal) ? following : null;
        return new ReconciliationResult.Page(held, new Cursor(more, began).ToString(), more is not null);
    }

    private static string FirstPage(string list, string account, string day) =>
        $"/2010-04-01/Accounts/{Uri.EscapeDataString(account)}/{(list == "calls" ? "Calls" : "Messages")}.json?{(list == "calls" ? "StartTime" : "DateSent")}%3E={day}&PageSize={PageSize}";

    private static string Day(DateTimeOffset at) => at.UtcDateTime.ToString("yyyy-MM-dd", CultureInfo.InvariantCulture);

    /// <summary>Where a look stopped.</summary>
    /// <param name="Page">Path and query of the page to go on with; null once the list was read to its end.</param>
    /// <param name="Day">From which day the next list is asked.</param>
    private sealed record Cursor(string? Page, string Day)
    {
        public static Cursor? Of(string? text) =>
            text?.Split('\n') is [var day, var page] ? new Cursor(page.Length == 0 ? null : page, day) : null;

        public override string ToString() => $"{Day}\n{Page}";
    }
}
