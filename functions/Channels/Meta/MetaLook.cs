using System.Globalization;

namespace Serverless.Channels.Meta;

/// <content>Asks for what was written under our posts and media, and for direct messages; newest first, as Meta lists them.</content>
/// <remarks>
/// https://developers.facebook.com/docs/graph-api/reference/page/feed,
/// https://developers.facebook.com/docs/instagram-platform/instagram-graph-api/reference/ig-media/comments,
/// https://developers.facebook.com/docs/messenger-platform/conversations
/// </remarks>
public sealed partial class MetaChannel : IReconciles
{
    private const string FeedFields =
        "id,from,message,created_time,comments.limit(100).order(reverse_chronological).filter(stream){id,from,message,created_time,parent{id}}";
    private const string MediaFields = "id,timestamp,comments.limit(50){id,text,timestamp,from,replies.limit(50){id,text,timestamp,from}}";
    private const string TalkFields =
        "updated_time,messages.limit(25){id,created_time,from,to,message,attachments.limit(10){mime_type,name,image_data,video_data,file_url}}";

    // A comment of today under a post of last week is found; one under an older post is not.
    private static readonly TimeSpan Reach = TimeSpan.FromDays(30);

    // The next run reads this start time again: Meta's own lists lag.
    private static readonly TimeSpan Overlap = TimeSpan.FromHours(1);

    public IReadOnlyList<ReconciliationSource> Sources
    {
        get
        {
            var current = options.CurrentValue;
            if (!current.Enabled || current.LookMinutes == 0) return [];
            var every = TimeSpan.FromMinutes(current.LookMinutes);
            return [.. current.Accounts.Where(a => current.TokensOf(a.Key).Count > 0)
                .SelectMany(a => ListsOf(a.Value.Kind), (a, list) => new ReconciliationSource($"{list} {a.Key}", every))];
        }
    }

    public IReadOnlyList<string> Blind { get; } =
    [
        "WhatsApp: the Cloud API keeps no messages that could be asked for; Meta calls again for seven days.",
        "Comments under posts and media older than 30 days, beyond the newest 100 of a post or 50 of a medium, and messages beyond the newest 25 of a conversation are not reconciled.",
        "Mentions on Instagram, visitors' ratings and comments during a broadcast or on an advertisement: Meta lists none; it calls again for 36 hours.",
    ];

    public async Task<ReconciliationResult> ReadAsync(string source, ReconciliationStart from, CancellationToken ct)
    {
        if (source.Split(' ') is not [var list, var account]) return new ReconciliationResult.Restart();
        var round = LookRound.Of(from, time.GetUtcNow());
        var path = list switch
        {
            "feed" => $"{Uri.EscapeDataString(account)}/feed?since={(time.GetUtcNow() - Reach).ToUnixTimeSeconds()}&fields={Uri.EscapeDataString(FeedFields)}",
            "media" => $"{Uri.EscapeDataString(account)}/media?fields={Uri.EscapeDataString(MediaFields)}",
            "messenger" => $"{Uri.EscapeDataString(account)}/conversations?platform=messenger&fields={Uri.EscapeDataString(TalkFields)}",
            // The token is that of the page the account belongs to, or the account's own.
            _ => $"me/conversations?platform=instagram&fields={Uri.EscapeDataString(TalkFields)}",
        };
        path += round.After is null ? "&limit=25" : $"&limit=25&after={Uri.EscapeDataString(round.After)}";
        using var answer = await MetaCalls.SendAsync(calls, options.CurrentValue, account, HttpMethod.Get, path, null, ct);
        if (answer.Error == 100 && round.After is not null) return new ReconciliationResult.Restart();
        if (!answer.Succeeded) return new ReconciliationResult.Later(answer.Reason, answer.Raw.RetryAfter);

        List<ProviderRecord> held = [];
        var over = false;
        foreach (var item in answer.Json.Get("data"u8).Items())
        {
            held.AddRange(list switch
            {
                "feed" => MetaRecords.OfPost(account, item, round.Since),
                "media" => MetaRecords.OfMedium(account, item, round.Since),
                _ => MetaRecords.OfConversation(list == "messenger" ? "page" : "instagram", account, item, round.Since),
            });
            over = list switch
            {
                "feed" => false,
                "media" => MetaRecords.TimeOf(item, "timestamp"u8) < time.GetUtcNow() - Reach,
                _ => MetaRecords.TimeOf(item, "updated_time"u8) < round.Since,
            };
        }

        var paging = answer.Json.Get("paging"u8);
        var next = !over && paging.Has("next"u8) ? paging.Get("cursors"u8).Get("after"u8).AsText() : null;
        return new ReconciliationResult.Page(held, round.Cursor(next), next is not null);
    }

    private static string[] ListsOf(MetaAccountKind? kind) => kind switch
    {
        MetaAccountKind.Page => ["feed", "messenger"],
        MetaAccountKind.Instagram or MetaAccountKind.InstagramLogin => ["media", "direct"],
        _ => [],
    };

    // One walk through a list: items older than Since were read by the run before, and the next one begins at Next.
    private readonly record struct LookRound(DateTimeOffset Since, DateTimeOffset Next, string? After)
    {
        public static LookRound Of(ReconciliationStart from, DateTimeOffset now)
        {
            var oldest = from.Since > now - Reach ? from.Since : now - Reach;
            return from.Cursor?.Split(' ', 3) switch
            {
                [var since, var next, var after] => new(Time(since), Time(next), after),
                [var since] when since.Length > 0 => new(Time(since) is var last && last > oldest ? last : oldest, now - Overlap, null),
                _ => new(oldest, now - Overlap, null),
            };
        }

        public string Cursor(string? after) => after is null
            ? Next.ToUnixTimeSeconds().ToString(CultureInfo.InvariantCulture)
            : string.Create(CultureInfo.InvariantCulture, $"{Since.ToUnixTimeSeconds()} {Next.ToUnixTimeSeconds()} {after}");

        private static DateTimeOffset Time(string seconds) =>
            long.TryParse(seconds, NumberStyles.None, CultureInfo.InvariantCulture, out var value)
            ? DateTimeOffset.FromUnixTimeSeconds(value) : default;
    }
}
