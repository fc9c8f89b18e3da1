using System.Text;
using Serverless.Cases;
using Serverless.Contacts;

namespace Serverless.Notifications;

/// <summary>
/// Similarity of cases that form one incident: same words, comments under the same post, same product, same cause. Ordinary traffic
/// has none of these in common: the same network, owner or need is no similarity.
/// </summary>
/// <param name="Kind"><c>text</c>, <c>post</c>, <c>product</c> or <c>cause</c>.</param>
/// <param name="Key">Equal for similar cases. Personal: only its hash is stored.</param>
public sealed record CaseSimilarity(string Kind, string Key)
{
    // "Guten Tag" and "Hallo zusammen" are no incident, "Die Heizung ist aus" is.
    private const int LeastWords = 3;
    private const int LeastLetters = 10;
    private const int LongestText = 4_000;

    /// <summary>Of a notice; none when it is about no contact of the customer, or that has nothing to be alike in.</summary>
    /// <param name="notice">The notification.</param>
    /// <param name="contact">The contact it is about; null when there is none.</param>
    public static IReadOnlyList<CaseSimilarity> Of(Notification notice, Contact? contact)
    {
        List<CaseSimilarity> all = [];
        var facts = notice.Facts;
        if (notice.Type == CaseEvent.ReplyFailed)
        {
            // The provider's or the settings' fault: one cause, however many customers wait.
            if (facts.Reply?.Reason is { Length: > 0 } reason) all.Add(new("cause", $"reply\n{facts.Channel}\n{reason}"));
            return all;
        }

        if (contact is not { Direction: Direction.Inbound }) return all;
        var place = $"{contact.Channel}\n{contact.Account}";
        if (contact.Kind == ContactKind.Placeholder)
        {
            all.Add(new("cause", $"unread\n{place}\n{Extra(contact, "type")}"));
            return all;
        }

        if (Words(contact.Text) is { } words) all.Add(new("text", words));
        if (PostOf(contact) is { } post) all.Add(new("post", $"{contact.Channel}\n{contact.Network}\n{post}"));
        if ((Extra(contact, "product") ?? Extra(contact, "referral.product.id")) is { } product) all.Add(new("product", product));
        if (Extra(contact, "device.fault") is { } fault) all.Add(new("cause", $"fault\n{Extra(contact, "device.model")}\n{fault}"));
        // Of a call, it is a code of the telephone network.
        if (contact.Call is null && Extra(contact, "cause") is { } cause) all.Add(new("cause", $"cause\n{cause}"));
        return all;
    }

    // A comment names its post; in a forum the parent is the category, which is no post.
    private static string? PostOf(Contact contact) =>
        contact is { Kind: ContactKind.Comment, Place: Place.Public, Entry: { } post } && post != contact.Account
            && contact.Channel != "discourse"
            ? post
            : null;

    private static string? Extra(Contact contact, string name) =>
        contact.Extras?.GetValueOrDefault(name) is { Length: > 0 } value ? value : null;

    /// <summary>Letters and digits in lower case with single spaces; null when these are too few to mean anything.</summary>
    private static string? Words(string? text)
    {
        if (text is null) return null;
        var words = new StringBuilder();
        var (count, letters, inWord) = (0, 0, false);
        foreach (var rune in text.AsSpan(0, Math.Min(text.Length, LongestText)).EnumerateRunes())
        {
            if (!Rune.IsLetterOrDigit(rune))
            {
                inWord = false;
                continue;
            }

            if (!inWord)
            {
                if (count > 0) words.Append(' ');
                count++;
            }

            inWord = true;
            letters++;
            words.Append(Rune.ToLowerInvariant(rune));
        }

        return count >= LeastWords && letters >= LeastLetters ? words.ToString() : null;
    }
}
