using System.Security.Cryptography;
using System.Text;

namespace Serverless.Tests.Harness;

/// <summary>Makes signed Messenger deliveries of as many people as a test wants, each message with an id of its own.</summary>
/// <remarks>Shape: https://developers.facebook.com/docs/messenger-platform/reference/webhook-events/messages</remarks>
public static class Conversations
{
    public const string Path = "/api/hooks/meta";
    private const string Page = "108530001122334";

    /// <summary>The id that the message has as a contact.</summary>
    public static string MessageId(int person, int number) => $"m_talk-{person}-{number}";

    /// <summary>The key that all messages of the person share.</summary>
    public static string Thread(int person) => $"messenger:{Page}:{Sender(person)}";

    /// <summary>Message <paramref name="number"/> of a person: exact body, and the headers it is sent with.</summary>
    public static (byte[] Body, KeyValuePair<string, string>[] Headers) Message(int person, int number)
    {
        var secret = Encoding.UTF8.GetBytes(Seed.SettingsOf("meta")["Channels__Meta__AppSecret"]!);
        var at = new DateTimeOffset(2026, 11, 20, 10, 0, 0, TimeSpan.Zero).AddSeconds((60 * person) + number).ToUnixTimeMilliseconds();
        var body = Encoding.UTF8.GetBytes(
            $$$"""{"object":"page","entry":[{"id":"{{{Page}}}","time":{{{at}}},"messaging":[{"sender":{"id":"{{{Sender(person)}}}"},"recipient":{"id":"{{{Page}}}"},"timestamp":{{{at}}},"message":{"mid":"{{{MessageId(person, number)}}}","text":"Nachricht {{{number}}}: die Sp\u00fclmaschine steht noch immer still."}}]}]}""");
        return (body, [new("Content-Type", "application/json"), new("X-Hub-Signature-256", "sha256=" + Convert.ToHexStringLower(HMACSHA256.HashData(secret, body)))]);
    }

    private static string Sender(int person) => $"{5_000_000_000_000_000 + person}";
}
