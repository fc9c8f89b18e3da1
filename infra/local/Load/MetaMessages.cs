using System.Security.Cryptography;
using System.Text;

namespace Serverless.Local.Load;

/// <summary>Makes signed Messenger deliveries, each of another sender with another message id.</summary>
/// <remarks>Shape: https://developers.facebook.com/docs/messenger-platform/reference/webhook-events/messages</remarks>
internal sealed class MetaMessages(string appSecret, TimeProvider time)
{
    public const string SignatureHeader = "X-Hub-Signature-256";
    private const string Page = "104857600000001";
    private readonly byte[] _key = Encoding.UTF8.GetBytes(appSecret);
    private readonly long _series = time.GetUtcNow().ToUnixTimeMilliseconds();
    private long _count;

    /// <summary>The exact body, and the value of <see cref="SignatureHeader"/> for it. Safe to call from many threads.</summary>
    public (byte[] Body, string Signature) Next()
    {
        var number = Interlocked.Increment(ref _count);
        var now = time.GetUtcNow().ToUnixTimeMilliseconds();
        var body = Encoding.UTF8.GetBytes(
            $$$"""{"object":"page","entry":[{"id":"{{{Page}}}","time":{{{now}}},"messaging":[{"sender":{"id":"{{{7_000_000_000_000_000 + number}}}"},"recipient":{"id":"{{{Page}}}"},"timestamp":{{{now}}},"message":{"mid":"m_load-{{{_series}}}-{{{number}}}","text":"Meine Waschmaschine bleibt seit gestern im Schleudergang stehen und zeigt E18. Was kann ich tun? \u00dcbrigens: Rechnung liegt bei."}}]}]}""");
        return (body, "sha256=" + Convert.ToHexStringLower(HMACSHA256.HashData(_key, body)));
    }
}
