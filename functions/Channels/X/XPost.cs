using Serverless.Contacts;

namespace Serverless.Channels.X;

/// <summary>A public post, whichever of X's two forms it came in, and what becomes of it.</summary>
internal sealed class XPost
{
    public required string Id { get; init; }

    /// <summary>Id of the first version; the same as <see cref="Id"/> unless it was edited.
    /// https://docs.x.com/x-api/fundamentals/edit-posts</summary>
    public required string FirstId { get; init; }

    public required string? Author { get; init; }

    public string? AuthorName { get; init; }

    public string? AuthorHandle { get; init; }

    public string? Text { get; init; }

    public string? Language { get; init; }

    public DateTimeOffset At { get; init; }

    public string? RepliesTo { get; init; }

    public string? RepliesToUser { get; init; }

    public bool IsRepost { get; init; }

    public string? Quotes { get; init; }

    /// <summary>Whether it names our account, answers it or quotes it.</summary>
    public bool IsToUs { get; init; }

    public string? Conversation { get; init; }

    public List<Attachment>? Media { get; init; }

    /// <summary>
    /// A post of another account that mentions, answers or quotes ours is a contact; a post of ours counts as an answer where it answers
    /// another account (P16). A repost holds no word of the person who made it.
    /// </summary>
    public Parsed Read(XSender teller)
    {
        if (IsRepost) return new Parsed.Ignored("repost");
        if (Author is null) return new Parsed.Ignored("author-unknown");
        if (!teller.IsUs(Author))
            return IsToUs ? Event(teller, Author, AuthorName, Direction.Inbound) : new Parsed.Ignored("not-addressed");
        return RepliesToUser is null || teller.IsUs(RepliesToUser)
            ? new Parsed.Ignored("own-post") : Event(teller, RepliesToUser, null, Direction.Outbound);
    }

    private Parsed.Found Event(XSender teller, string customer, string? name, Direction direction)
    {
        var edited = FirstId != Id;
        return new(new(Id, edited ? ContactChange.Edited : ContactChange.Received, new()
        {
            Channel = XChannel.ChannelName,
            Network = XChannel.ChannelName,
            Account = teller.Account,
            ExternalId = FirstId,
            Kind = RepliesTo is null ? ContactKind.Post : ContactKind.Comment,
            Direction = direction,
            Place = Place.Public,
            Entry = RepliesTo ?? Quotes ?? teller.Account,
            ThreadKey = ThreadOf(teller.Account, customer),
            Parties = [XSender.Person(customer, name)],
            OccurredAt = At,
            ReceivedAt = teller.ReceivedAt,
            Text = Text,
            // X guesses the language; und, zxx and q.. mean "undetermined".
            Language = Language is null or "und" or "zxx" || Language.StartsWith('q') ? null : Language,
            Attachments = Media ?? [],
            Reply = direction is Direction.Inbound ? new(Id) : null,
            Extras = Extras(direction),
        }));
    }

    /// <summary>What one person writes in public to one account of ours is one conversation: others who write under the same post never
    /// share a case (P10).</summary>
    public static string ThreadOf(string account, string customer) => $"post:{account}:{customer}";

    private Dictionary<string, string>? Extras(Direction direction)
    {
        Dictionary<string, string>? extras = null;
        void Add(string name, string? value)
        {
            if (value is not null) (extras ??= new(StringComparer.Ordinal))[name] = value;
        }

        if (direction is Direction.Inbound) Add("username", AuthorHandle);
        Add("conversation_id", Conversation);
        Add("quoted", Quotes);
        return extras;
    }
}
