using System.Net;
using System.Text.Json;
using Serverless.Channels;
using Serverless.Needs;
using Serverless.Outbox;
using Serverless.Platform.OutboundHttp;

namespace Serverless.Notifications.Subscriptions;

/// <summary>
/// Parses and validates a subscription, and explains errors in a sentence: a filter that nothing can match would silently send nothing.
/// </summary>
public sealed class SubscriptionForm(EventCatalogue catalogue, ChannelDirectory channels, GuardedHttp http)
{
    private const int LongestUrl = 2000;
    private const int MostEntries = 50;
    private const int LongestEntry = 100;

    /// <summary>The fields of <paramref name="body"/> laid over a subscription; one that is null goes back to its default.</summary>
    /// <returns>The subscription as it would be, or the sentence.</returns>
    public (Subscription? Wanted, string? Problem) Fill(Subscription subscription, JsonElement body)
    {
        if (body.ValueKind != JsonValueKind.Object) return (null, "Send a JSON object.");
        var wanted = subscription;
        foreach (var field in body.EnumerateObject())
        {
            string? problem;
            if (field.NameEquals("name")) continue;
            if (field.NameEquals("url"))
            {
                problem = UrlProblem(field.Value, http.LoopbackToo);
                if (problem is null) wanted = wanted with { Url = field.Value.GetString() };
            }
            else
            {
                (var list, problem) = ListOf(field);
                problem ??= WordsProblem(field.Name, list);
                if (problem is null)
                {
                    var all = list.Length == 0 ? "*" : list;
                    wanted = field.Name switch
                    {
                        "types" => wanted with { Types = all },
                        "channels" => wanted with { Channels = all },
                        "needs" => wanted with { Needs = all },
                        "owes" => wanted with { Owes = all },
                        "owners" => wanted with { Owners = all },
                        "networks" => wanted with { Networks = all },
                        _ => wanted with { Include = list },
                    };
                }
            }

            if (problem is not null) return (null, problem);
        }

        return wanted.Url is null ? (null, "url is missing: the https address that receives the events.") : (wanted, null);
    }

    private static string? UrlProblem(JsonElement value, bool loopbackToo)
    {
        const string Must = "url must be a public https address of at most 2000 characters, without user and fragment.";
        if (value.ValueKind != JsonValueKind.String || value.GetString() is not { Length: <= LongestUrl } text
            || !Uri.TryCreate(text, UriKind.Absolute, out var url)) return Must;
        if (!GuardedClient.MayCall(url, loopbackToo) || url.Fragment.Length > 0) return Must;
        // A name is judged when it is connected to, since it may change its mind.
        var isInside = IPAddress.TryParse(url.Host.Trim('[', ']'), out var address) ? !PublicAddress.Is(address)
            && !(loopbackToo && IPAddress.IsLoopback(address)) : !loopbackToo && IsThisMachine(url.IdnHost.TrimEnd('.'));
        return isInside ? Must : null;
    }

    // https://www.rfc-editor.org/rfc/rfc6761#section-6.3
    private static bool IsThisMachine(string host) =>
        host.Equals("localhost", StringComparison.OrdinalIgnoreCase) || host.EndsWith(".localhost", StringComparison.OrdinalIgnoreCase);

    // Owners and networks are free names of settings and channels.
    private string? WordsProblem(string field, string list)
    {
        var (known, where) = field switch
        {
            "types" => (catalogue.Kinds.Select(k => k.Type),
                "a type of api/schema/catalogue, or a prefix with *, such as serverless.case.*"),
            "channels" => (channels.All.Select(c => c.Name), $"one of {string.Join(", ", channels.All.Select(c => c.Name))}"),
            "needs" => (NeedKinds.All, $"one of {string.Join(", ", NeedKinds.All)}"),
            "owes" => (OwesKinds.All, $"one of {string.Join(", ", OwesKinds.All)}"),
            "include" => (Subscription.PersonalFields, $"one of {string.Join(", ", Subscription.PersonalFields)}"),
            _ => (null, ""),
        };
        var strange = known is null
            ? null : Array.Find(Subscription.Parts(list), entry => field == "include"
                ? !known.Contains(entry, StringComparer.Ordinal) : !known.Any(word => NameList.Holds(entry, word)));
        return strange is null ? null : $"{field} contains {strange}, which is unknown. An entry is {where}.";
    }

    private static (string List, string? Problem) ListOf(JsonProperty field)
    {
        if (field.Name is not ("types" or "channels" or "needs" or "owes" or "owners" or "networks" or "include"))
            return ("", "Known fields: name, url, types, channels, needs, owes, owners, networks, include.");
        var must = $"{field.Name} must be a list of at most {MostEntries} texts of 1 to {LongestEntry} characters without commas.";
        if (field.Value.ValueKind == JsonValueKind.Null) return ("", null);
        if (field.Value.ValueKind != JsonValueKind.Array || field.Value.GetArrayLength() > MostEntries) return ("", must);
        List<string> entries = [];
        foreach (var entry in field.Value.EnumerateArray())
        {
            if (entry.ValueKind != JsonValueKind.String || entry.GetString()!.Trim() is not { Length: > 0 and <= LongestEntry } text
                || text.Any(c => c == ',' || char.IsControl(c))) return ("", must);
            entries.Add(text);
        }

        return (string.Join(',', entries), null);
    }
}
