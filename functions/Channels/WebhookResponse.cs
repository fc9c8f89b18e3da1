using System.Text;

namespace Serverless.Channels;

/// <summary>The exact HTTP response to the caller.</summary>
/// <param name="Status">HTTP status code.</param>
/// <param name="ContentType">With charset where text; null without a body.</param>
/// <param name="Body">Empty for none.</param>
public sealed record WebhookResponse(int Status, string? ContentType = null, ReadOnlyMemory<byte> Body = default)
{
    /// <summary>Further response headers, e.g. <c>WebHook-Allowed-Origin</c>, <c>Retry-After</c>.</summary>
    public IReadOnlyList<KeyValuePair<string, string>> Headers { get; init; } = [];

    public static WebhookResponse Empty(int status = 200) => new(status);

    public static WebhookResponse Text(string text, int status = 200) =>
        new(status, "text/plain; charset=utf-8", Encoding.UTF8.GetBytes(text));

    public static WebhookResponse Json(ReadOnlyMemory<byte> json, int status = 200) => new(status, "application/json; charset=utf-8", json);
}

/// <summary>State of a delivery when the channel creates its response.</summary>
public enum Acceptance
{
    /// <summary>Valid (or to be verified later) and stored.</summary>
    Stored,

    /// <summary>
    /// Quarantined: the caller is unverified, so the response must not reveal anything (such as a private number to ring).
    /// </summary>
    Quarantined,

    /// <summary>
    /// Valid, but storage is unavailable: a 5xx where the provider repeats the call, a valid call response where it does not.
    /// </summary>
    NotStored,
}
