using System.Text;

namespace Serverless.Channels;

/// <summary>What we say to the caller, to the byte.</summary>
/// <param name="Status">HTTP status code.</param>
/// <param name="ContentType">With charset where text; null without a body.</param>
/// <param name="Body">Empty for none.</param>
public sealed record WebhookResponse(int Status, string? ContentType = null, ReadOnlyMemory<byte> Body = default)
{
    /// <summary>Further response headers, e.g. <c>WebHook-Allowed-Origin</c>, <c>Retry-After</c>.</summary>
    public IReadOnlyList<KeyValuePair<string, string>> Headers { get; init; } = [];

    public static WebhookResponse Empty(int status = 200) => new(status);

    public static WebhookResponse Text(string text, int status = 200) => new(status, "text/plain; charset=utf-8", Encoding.UTF8.GetBytes(text));

    public static WebhookResponse Json(ReadOnlyMemory<byte> json, int status = 200) => new(status, "application/json; charset=utf-8", json);
}

/// <summary>How far we got with a delivery when the channel is asked for its answer.</summary>
public enum Acceptance
{
    /// <summary>Genuine (or to be judged later) and safely stored.</summary>
    Stored,

    /// <summary>Kept in quarantine: the caller is not proven genuine, so an answer must not give away anything (a private number to ring, say).</summary>
    Quarantined,

    /// <summary>Genuine, but storage is down: a 5xx where the provider calls again, a valid call answer where it does not.</summary>
    NotStored,
}
