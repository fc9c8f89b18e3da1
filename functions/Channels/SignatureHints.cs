using System.Text.Json;
using Serverless.Platform.Json;

namespace Serverless.Channels;

/// <summary>Likely causes of an invalid signature, shared by providers with the same signature scheme.</summary>
internal static class SignatureHints
{
    private const int LargestTried = 1024 * 1024;

    /// <summary>Tries a signature over the body with small changes of secret and body.</summary>
    /// <param name="sender">Name of the provider, for people.</param>
    /// <param name="body">As it arrived.</param>
    /// <param name="secrets">Each with the name of its setting.</param>
    /// <param name="holds">Whether the signature that came is that of a secret over a body.</param>
    public static IEnumerable<FailureHint> Of(string sender, ReadOnlyMemory<byte> body,
        IEnumerable<(string Setting, string? Secret)> secrets, Func<string, ReadOnlyMemory<byte>, bool> holds)
    {
        foreach (var (setting, secret) in secrets)
        {
            if (string.IsNullOrEmpty(secret)) continue;
            if (holds(secret.Trim(), body)) yield return Blank(setting);
            if (Changed(body).Any(other => holds(secret, other))) yield return BodyChanged(sender, setting);
        }
    }

    public static FailureHint Blank(string setting) =>
        new("blank-in-setting", $"The signature is valid without the whitespace around the value of {setting}.");

    public static FailureHint BodyChanged(string sender, string setting) =>
        new("body-changed",
            $"The signature is valid with {setting} for a body with other line endings or whitespace: a proxy between {sender} and the app "
            + "changes the body.");

    /// <summary>For a well signed call of another time.</summary>
    public static FailureHint Clock(DateTimeOffset sentAt, DateTimeOffset receivedAt)
    {
        var minutes = (int)Math.Round((sentAt - receivedAt).TotalMinutes);
        return new FailureHint("clock", minutes > 0
            ? $"The sender's clock is {minutes} minutes ahead of ours."
            : $"The sender's clock is {-minutes} minutes behind ours, or the call was delayed by that time.");
    }

    /// <summary>
    /// Likely changes of a body by a proxy that parses and rewrites it: a new line at its end, or none, or JSON without whitespace.
    /// </summary>
    public static IEnumerable<ReadOnlyMemory<byte>> Changed(ReadOnlyMemory<byte> body)
    {
        if (body.Length is 0 or > LargestTried) yield break;
        yield return body.TrimEnd("\r\n"u8);
        yield return (byte[])[.. body.Span, (byte)'\n'];
        if (Compact(body) is { } compact) yield return compact;
    }

    private static ReadOnlyMemory<byte>? Compact(ReadOnlyMemory<byte> body)
    {
        try
        {
            using var json = JsonDocument.Parse(body);
            using var bytes = new MemoryStream(body.Length);
            using (var writer = PlainJson.Writer(bytes)) json.RootElement.WriteTo(writer);
            return bytes.ToArray();
        }
        catch (Exception error) when (error is JsonException or InvalidOperationException)
        {
            return null;
        }
    }
}
