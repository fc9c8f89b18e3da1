using System.Text.Json;
using Serverless.Platform.Signatures;

namespace Serverless.Channels.Email;

/// <summary>
/// Judges a POST of notifications. A basic one carries no signature: it is proven by the <c>clientState</c> that only Graph and we know,
/// and by the message that is then fetched
/// with our own token. A rich one also carries tokens of Entra ID, and a single bad one makes the whole POST suspicious.
/// </summary>
/// <remarks>https://learn.microsoft.com/en-us/graph/change-notifications-with-resource-data#validating-the-authenticity-of-notifications</remarks>
internal static class NotificationCheck
{
    /// <summary>The application that sends Graph's change notifications; any other application's token is as worthless as none.</summary>
    private const string GraphNotifier = "0bf30f3b-4a52-48df-9a82-234910c4a086";

    // One for each pair of application and tenant.
    public const int MaxTokens = 20;

    public static VerificationResult Judge(Delivery delivery, EmailOptions options, EntraKeys keys)
    {
        if (options.ClientStates.IsMissing) return new VerificationResult.Invalid(VerificationReasons.NoSecret);
        try
        {
            using var json = JsonDocument.Parse(delivery.Body);
            var states = States(json.RootElement, options, out var rich);
            if (states is { } bad) return bad;
            var tokens = json.RootElement.Get("validationTokens"u8);
            return rich || tokens.Items().Any() ? Tokens(tokens, delivery, options, keys) : new VerificationResult.Valid();
        }
        catch (Exception error) when (error is JsonException or InvalidOperationException)
        {
            return new VerificationResult.Invalid(VerificationReasons.SignatureMalformed);
        }
    }

    /// <summary>Expected issuer and audience of a token.</summary>
    public static EntraRules Rules(EmailOptions options) =>
        new([options.AppId ?? ""], GraphNotifier, string.IsNullOrEmpty(options.TenantId) ? [] : [options.TenantId]);

    /// <summary>
    /// Null when at least one item has a valid client state. The others are skipped when they are parsed, each for itself (P4).
    /// </summary>
    private static VerificationResult.Invalid? States(JsonElement root, EmailOptions options, out bool rich)
    {
        rich = false;
        var (known, given, count) = (false, false, 0);
        foreach (var item in root.Get("value"u8).Items())
        {
            if (++count > GraphNotifications.MaxItems) return new VerificationResult.Invalid(VerificationReasons.SignatureMalformed);
            rich |= item.Has("encryptedContent"u8);
            var state = item.Text("clientState"u8);
            given |= state is not null;
            known |= ClientStates.Find(options, state) is not null;
        }

        if (known) return null;
        return new VerificationResult.Invalid(given ? VerificationReasons.SignatureWrong : VerificationReasons.SignatureMissing);
    }

    private static VerificationResult Tokens(JsonElement tokens, Delivery delivery, EmailOptions options, EntraKeys keys)
    {
        if (string.IsNullOrEmpty(options.AppId)) return new VerificationResult.Invalid(VerificationReasons.NoSecret);
        var rules = Rules(options);
        var (count, unknown) = (0, false);
        foreach (var token in tokens.Items())
        {
            // As of its arrival: judged later, released from quarantine or replayed, a token has long expired.
            var proof = ++count > MaxTokens ? EntraProof.Malformed : EntraToken.Verify(token.AsText(), rules, keys, delivery.ReceivedAt);
            if (proof == EntraProof.KeyUnknown) unknown = true;
            else if (proof != EntraProof.Genuine) return new VerificationResult.Invalid(ReasonFor(proof));
        }

        if (count == 0) return new VerificationResult.Invalid(VerificationReasons.SignatureMissing);
        return unknown ? new VerificationResult.Pending(VerificationReasons.KeyUnknown) : new VerificationResult.Valid();
    }

    private static string ReasonFor(EntraProof proof) => proof switch
    {
        EntraProof.Missing => VerificationReasons.SignatureMissing,
        EntraProof.Malformed => VerificationReasons.SignatureMalformed,
        EntraProof.Stale => VerificationReasons.Stale,
        EntraProof.Foreign => VerificationReasons.SourceForeign,
        _ => VerificationReasons.SignatureWrong,
    };
}
