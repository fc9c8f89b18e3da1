using System.Buffers.Text;
using System.Globalization;
using System.Net;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json.Nodes;

namespace Serverless.Local.Load;

/// <summary>One call of a provider with a contact that was never there before, signed as the provider signs.</summary>
/// <param name="Channel">Name of the channel.</param>
/// <param name="Path">From the root, with a leading slash.</param>
/// <param name="Body">To the byte.</param>
/// <param name="Headers">With the signature.</param>
internal sealed record FreshCall(string Channel, string Path, byte[] Body, IReadOnlyList<(string Name, string Value)> Headers);

/// <summary>
/// Makes new contacts for every channel whose calls can be signed with a secret of this run; the shapes are those of the seeds. Sipgate
/// signs with a key of its own and mail is only pointed at: these two are in a soak by their seeds.
/// </summary>
/// <param name="settings">App settings of the run, with the secrets of the channels.</param>
internal sealed class FreshCalls(IReadOnlyDictionary<string, string> settings, TimeProvider time)
{
    private readonly MetaMessages _meta = new(settings["Channels__Meta__AppSecret"], time);

    // Ids of two runs into one folder differ.
    private readonly long _series = time.GetUtcNow().ToUnixTimeSeconds() % 10_000_000;
    private int _count;

    private const string AcsResource = "/subscriptions/00000000-0000-0000-0000-000000000001/resourcegroups/contact"
        + "/providers/microsoft.communication/communicationservices/beispiel-acs";

    private delegate FreshCall Maker(long number);

    /// <summary>The next one; the channels take turns. Safe to call from many threads.</summary>
    public FreshCall Next()
    {
        Maker[] makers = [Meta, Telegram, Generic, Discourse, X, Placetel, Twilio, Vonage, Acs];
        var count = Interlocked.Increment(ref _count);
        return makers[count % makers.Length]((_series * 1_000_000) + count);
    }

    private FreshCall Meta(long number)
    {
        var (body, signature) = _meta.Next();
        return new FreshCall("meta", "/api/hooks/meta", body,
            [("Content-Type", "application/json"), (MetaMessages.SignatureHeader, signature)]);
    }

    private FreshCall Telegram(long number) => Json("telegram", "/api/hooks/telegram/service", new JsonObject
    {
        ["update_id"] = number % 1_000_000_000,
        ["message"] = new JsonObject
        {
            ["message_id"] = number % 1_000_000_000,
            ["from"] = new JsonObject { ["id"] = number, ["is_bot"] = false, ["first_name"] = "Petra" },
            ["chat"] = new JsonObject { ["id"] = number, ["first_name"] = "Petra", ["type"] = "private" },
            ["date"] = time.GetUtcNow().ToUnixTimeSeconds(),
            ["text"] = Words(number),
        },
    }, _ => ("X-Telegram-Bot-Api-Secret-Token", settings["Channels__Telegram__Bots__service__SecretToken"]));

    private FreshCall Generic(long number)
    {
        var (id, at) = ($"soak-{number}", $"{time.GetUtcNow().ToUnixTimeSeconds()}");
        var key = Convert.FromBase64String(settings["Channels__Generic__Secret"]["whsec_".Length..]);
        var call = Json("generic", "/api/hooks/generic", new JsonObject
        {
            ["specversion"] = "1.0",
            ["id"] = id,
            ["source"] = "https://www.example.com/kontakt",
            ["type"] = "contact.form.submitted.v1",
            ["data"] = new JsonObject { ["text"] = Words(number), ["person"] = new JsonObject { ["email"] = $"soak-{number}@example.com" },
            ["conversation"] = id },
        }, body => ("webhook-signature", "v1,"
            + Convert.ToBase64String(HMACSHA256.HashData(key, Encoding.UTF8.GetBytes($"{id}.{at}.{Encoding.UTF8.GetString(body)}")))));
        return call with { Headers = [("Content-Type", "application/cloudevents+json"), ("webhook-id", id), ("webhook-timestamp", at),
            call.Headers[1]] };
    }

    private FreshCall Discourse(long number)
    {
        var secret = Encoding.UTF8.GetBytes(settings["Channels__Discourse__Sites__partners__Secret"]);
        var call = Json("discourse", "/api/hooks/discourse/partners", new JsonObject
        {
            ["post"] = new JsonObject
            {
                ["id"] = number % 1_000_000_000, ["post_number"] = 1, ["post_type"] = 1, ["topic_id"] = number % 1_000_000_000,
                ["topic_archetype"] = "regular", ["topic_slug"] = "soak", ["topic_title"] = "Soak",
                ["category_id"] = 3, ["user_id"] = number % 1_000_000_000, ["username"] = $"user{number}", ["staff"] = false,
                ["created_at"] = Now, ["updated_at"] = Now, ["raw"] = Words(number),
            },
        }, body => ("X-Discourse-Event-Signature", "sha256=" + Convert.ToHexStringLower(HMACSHA256.HashData(secret, body))));
        return call with
        {
            Headers =
            [
                .. call.Headers, ("X-Discourse-Instance", settings["Channels__Discourse__Sites__partners__Url"]),
                ("X-Discourse-Event-Id", $"{number}"),
                ("X-Discourse-Event-Type", "post"), ("X-Discourse-Event", "post_created"),
            ],
        };
    }

    private FreshCall X(long number)
    {
        var secret = Encoding.UTF8.GetBytes(settings["Channels__X__ConsumerSecret"]);
        const string Account = "1700000000000000011";
        return Json("x", "/api/hooks/x", new JsonObject
        {
            ["data"] = new JsonObject
            {
                ["event_uuid"] = $"{number}1",
                ["filter"] = new JsonObject { ["user_id"] = Account },
                ["event_type"] = "post.mention.create",
                ["payload"] = new JsonObject
                {
                    ["created_at"] = Now, ["edit_history_tweet_ids"] = new JsonArray($"{number}"), ["conversation_id"] = $"{number}",
                    ["id"] = $"{number}", ["author_id"] = $"18{number}",
                    ["text"] = "@beispieltechnik " + Words(number), ["lang"] = "de",
                    ["entities"] = new JsonObject { ["mentions"] = new JsonArray(new JsonObject { ["start"] = 0, ["end"] = 16,
                    ["username"] = "beispieltechnik", ["id"] = Account }) },
                },
            },
        }, body => ("x-twitter-webhooks-signature", "sha256=" + Convert.ToBase64String(HMACSHA256.HashData(secret, body))));
    }

    private FreshCall Placetel(long number)
    {
        var secret = Encoding.UTF8.GetBytes(settings["Channels__Placetel__Secret"]);
        var call = number.ToString("x64", CultureInfo.InvariantCulture);
        var body = Encoding.UTF8.GetBytes($"event=HungUp&from=anonymous&to=03023125451&call_id={call}&type=missed&duration=0&direction=in");
        return Form("placetel", "/api/hooks/placetel", body,
            ("X-PLACETEL-SIGNATURE", Convert.ToHexStringLower(HMACSHA256.HashData(secret, body))));
    }

    // Twilio signs the URL, then the parameters sorted by name: https://www.twilio.com/docs/usage/security
    private FreshCall Twilio(long number)
    {
        const string Path = "/api/hooks/twilio/messages";
        var id = $"SM{number:d32}";
        SortedDictionary<string, string> fields = new(StringComparer.Ordinal)
        {
            ["AccountSid"] = "AC5f3c1e7a5f3c1e7a5f3c1e7a5f3c1e7a", ["ApiVersion"] = "2010-04-01", ["Body"] = Words(number),
            ["From"] = $"+4915{number % 1_000_000_000:d9}",
            ["MessageSid"] = id, ["NumMedia"] = "0", ["SmsMessageSid"] = id, ["SmsSid"] = id, ["SmsStatus"] = "received",
            ["To"] = "+493023125200",
        };
        var body = Encoding.UTF8.GetBytes(string.Join('&', fields.Select(f => $"{f.Key}={WebUtility.UrlEncode(f.Value)}")));
        var signed = settings["Hooks__PublicBaseUrl"] + Path + string.Concat(fields.Select(f => f.Key + f.Value));
#pragma warning disable CA5350 // Twilio signs with HMAC-SHA1; HMAC does not need collision resistance.
        var signature = HMACSHA1.HashData(Encoding.UTF8.GetBytes(settings["Channels__Twilio__AuthToken"]), Encoding.UTF8.GetBytes(signed));
#pragma warning restore CA5350
        return Form("twilio", Path, body, ("X-Twilio-Signature", Convert.ToBase64String(signature)));
    }

    // A token whose claims hold the hash of the body: https://developer.vonage.com/en/getting-started/concepts/webhooks
    private FreshCall Vonage(long number)
    {
        var secret = Encoding.UTF8.GetBytes(settings["Channels__Vonage__SignatureSecret"]);
        return Json("vonage", "/api/hooks/vonage/messages", new JsonObject
        {
            ["channel"] = "sms", ["message_uuid"] = $"aaaa0000-0000-4000-a{number % 1000:d3}-{number % 1_000_000_000_000:d12}",
            ["to"] = "442079460200", ["from"] = $"4479{number % 100_000_000:d8}",
            ["timestamp"] = time.GetUtcNow().UtcDateTime.ToString("yyyy-MM-dd'T'HH:mm:ss'Z'", CultureInfo.InvariantCulture),
            ["message_type"] = "text", ["text"] = Words(number),
        }, body =>
        {
            var claims = new JsonObject
            {
                ["iat"] = time.GetUtcNow().ToUnixTimeSeconds(), ["jti"] = $"soak-{number}", ["iss"] = "Vonage",
                ["payload_hash"] = Convert.ToHexStringLower(SHA256.HashData(body)),
                ["api_key"] = settings["Channels__Vonage__ApiKey"], ["application_id"] = settings["Channels__Vonage__ApplicationId"],
            };
            var head = Base64Url.EncodeToString("""{"alg":"HS256","typ":"JWT"}"""u8);
            var signed = $"{head}.{Base64Url.EncodeToString(Encoding.UTF8.GetBytes(claims.ToJsonString()))}";
            var proof = Base64Url.EncodeToString(HMACSHA256.HashData(secret, Encoding.ASCII.GetBytes(signed)));
            return ("Authorization", $"Bearer {signed}.{proof}");
        });
    }

    private FreshCall Acs(long number)
    {
        var call = Json("acs", "/api/hooks/acs", new JsonArray(new JsonObject
        {
            ["id"] = $"Incoming_{number}",
            ["topic"] = AcsResource,
            ["subject"] = "/phonenumber/493023125480",
            ["data"] = new JsonObject
            {
                ["messageId"] = $"Incoming_{number}", ["from"] = $"4915{number % 1_000_000_000:d9}", ["to"] = "493023125480",
                ["message"] = Words(number), ["receivedTimestamp"] = Now,
            },
            ["eventType"] = "Microsoft.Communication.SMSReceived", ["dataVersion"] = "1.0", ["metadataVersion"] = "1", ["eventTime"] = Now,
        }), _ => ("x-webhook-secret", settings["Channels__Acs__Secret"]));
        return call with { Headers = [.. call.Headers, ("aeg-event-type", "Notification")] };
    }

    private string Now => time.GetUtcNow().UtcDateTime.ToString("yyyy-MM-dd'T'HH:mm:ss.fff'Z'", CultureInfo.InvariantCulture);

    private static string Words(long number) =>
        $"Meine Waschmaschine {number} bleibt im Schleudergang stehen und zeigt E18. Was kann ich tun?";

    private static FreshCall Json(string channel, string path, JsonNode json, Func<byte[], (string Name, string Value)> sign)
    {
        var body = Encoding.UTF8.GetBytes(json.ToJsonString());
        return new FreshCall(channel, path, body, [("Content-Type", "application/json"), sign(body)]);
    }

    private static FreshCall Form(string channel, string path, byte[] body, (string Name, string Value) signature) =>
        new(channel, path, body, [("Content-Type", "application/x-www-form-urlencoded"), signature]);
}
