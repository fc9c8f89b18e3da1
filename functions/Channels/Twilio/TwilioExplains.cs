namespace Serverless.Channels.Twilio;

/// <content>Reasons for an invalid signature: Twilio signs the configured address, so a single different slash invalidates it.
/// https://www.twilio.com/docs/usage/webhooks/webhooks-security</content>
public sealed partial class TwilioChannel : IExplainsFailures
{
    private const int LongestHost = 253;

    public IEnumerable<FailureHint> Explain(Delivery delivery)
    {
        if (Verify(delivery) is not VerificationResult.Invalid { Reason: VerificationReasons.SignatureWrong }
            || TwilioForm.Of(delivery) is not { } form) yield break;
        var signature = delivery.Header("x-twilio-signature")!;
        var current = options.CurrentValue;
        var tokens = current.TokensOf(form["AccountSid"u8]);
        var urlOnly = TwilioForm.IsQueryOnly(delivery) || delivery.PathAndQuery.Contains("bodySHA256=", StringComparison.Ordinal);
        var parameters = urlOnly ? [] : form.SignedPart().ToArray();
        foreach (var address in Addresses(delivery).Distinct(StringComparer.Ordinal))
        {
            if (address == PublicAddress + delivery.PathAndQuery || !TwilioSignature.Holds(tokens, signature, address, parameters))
                continue;
            yield return new FailureHint("other-url",
                $"Twilio signed the address {WithoutQuery(address)}; here it is {PublicAddress}{WithoutQuery(delivery.PathAndQuery)}. Change the address at Twilio, or Hooks__PublicBaseUrl.");
            yield break;
        }

        if (PublicAddress is not { } ours) yield break;
        foreach (var (name, sid) in current.Accounts.Keys.Select(sid => ($"Channels__Twilio__Accounts__{sid}__AuthToken", (string?)sid))
            .Prepend(("Channels__Twilio__AuthToken", null)))
        {
            var pair = current.TokensOf(sid);
            var trimmed = new Serverless.Platform.Signatures.SecretPair(pair.Current?.Trim(), pair.Previous?.Trim());
            if (!TwilioSignature.Holds(trimmed, signature, ours + delivery.PathAndQuery, parameters)) continue;
            yield return trimmed == pair
                ? new FailureHint("other-account", $"The call is signed with the token in {name}, but belongs to another account.")
                : new FailureHint("blank-in-setting", $"The signature is valid without the whitespace around the value of {name}.");
        }
    }

    // Where else the same call may have been meant for: the hosts it says it was sent to, with either scheme, with and without our path
    // prefix and a slash at the end.
    private IEnumerable<string> Addresses(Delivery delivery)
    {
        var path = delivery.PathAndQuery;
        var query = path.IndexOf('?', StringComparison.Ordinal);
        var (bare, behind) = query < 0 ? (path, "") : (path[..query], path[query..]);
        string[] paths = [path, (bare.EndsWith('/') ? bare.TrimEnd('/') : bare + "/") + behind, bare];
        return Bases(delivery).SelectMany(at => paths.Select(p => at + p));
    }

    private IEnumerable<string> Bases(Delivery delivery)
    {
        List<string> hosts = [];
        // The caller's own: the worker SDK puts it in the place of the host's (UseForwardedHeaders). A stranger wrote it: it is tried and
        // shown, nothing is called.
        if (delivery.Header("host") is { Length: > 0 and <= LongestHost } host
            && Uri.CheckHostName(host.Split(':')[0]) != UriHostNameType.Unknown)
            hosts.Add(host);

        if (Uri.TryCreate(PublicAddress, UriKind.Absolute, out var ours))
        {
            hosts.Add(ours.Authority);
            hosts.Add(ours.Authority.StartsWith("www.", StringComparison.Ordinal) ? ours.Authority[4..] : "www." + ours.Authority);
            yield return $"https://{ours.Authority}{ours.AbsolutePath.TrimEnd('/')}";
            yield return $"http://{ours.Authority}{ours.AbsolutePath.TrimEnd('/')}";
        }

        foreach (var other in hosts)
        {
            yield return "https://" + other;
            yield return "http://" + other;
        }
    }

    private static string WithoutQuery(string url) => url.IndexOf('?', StringComparison.Ordinal) is >= 0 and var query ? url[..query] : url;
}
