using Serverless.Signing;

namespace Serverless.Channels.Meta;

/// <content>Why a signature does not hold, where that can be told. https://developers.facebook.com/docs/graph-api/webhooks/getting-started#validate-payloads</content>
public sealed partial class MetaChannel : IExplains
{
    public IEnumerable<Hint> Explain(Delivery delivery)
    {
        if (Verify(delivery) is not Verdict.Forged { Reason: Reasons.SignatureWrong }) yield break;
        var header = delivery.Header(SignatureHeader)!;
        var current = options.CurrentValue;
        bool Holds(string? secret, ReadOnlySpan<byte> body) => !string.IsNullOrEmpty(secret) && Hmac.MatchesSha256Hex(secret, body, header.AsSpan(SignaturePrefix.Length));
        IEnumerable<(string Setting, string? Secret)> secrets =
        [
            ("Channels__Meta__AppSecret", current.AppSecret), ("Channels__Meta__PreviousAppSecret", current.PreviousAppSecret),
            .. current.Apps.Select(app => ($"Channels__Meta__Apps__{app.Key}__AppSecret", app.Value.AppSecret)),
        ];
        foreach (var (setting, secret) in secrets)
        {
            if (Holds(secret?.Trim(), delivery.Body.Span)) yield return new Hint("blank-in-setting", $"It holds without the blanks around the value of {setting}.");
            // A proxy that reads and writes a body anew likes to end it with a new line, or to take that away.
            if (Holds(secret, delivery.Body.Span.TrimEnd("\r\n"u8)) || Holds(secret, [.. delivery.Body.Span, (byte)'\n']))
                yield return new Hint("body-changed", $"It holds under {setting} for the body with another end of line: something between Meta and here rewrites the body.");
        }

        if (Holds(current.VerifyToken?.Trim(), delivery.Body.Span)) yield return new Hint("secrets-swapped", "It is signed with the value of Channels__Meta__VerifyToken: that is the app secret, and belongs into Channels__Meta__AppSecret.");
    }
}
