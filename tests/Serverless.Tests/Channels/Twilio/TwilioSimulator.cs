using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json.Nodes;
using System.Web;
using Serverless.Tests.Harness;

namespace Serverless.Tests.Channels.Twilio;

/// <summary>SMS to a number at Twilio.</summary>
internal sealed class TwilioSimulator(TwilioApi api, FakeTime time) : ISendsFiles
{
    private const string Ours = "+493023125200";

    private string _customer = "";

    public TwilioApi Api => api;

    public string Channel => "twilio";

    public (string Name, string? Value)[] Settings =>
        [("Channels__Twilio__ApiUrl", api.Address), ("Channels__Twilio__AccountSid", TwilioApi.Account)];

    public int Sent => api.Messages.Count;

    public bool IsDown
    {
        set => api.Trouble = value ? (503, 20503, null) : null;
    }

    public static async Task<TwilioSimulator> StartAsync(FakeTime time)
    {
        var api = await TwilioApi.StartAsync();
        api.PageSize = 100;
        return new(api, time);
    }

    public Utterance Ask(int customer, int number) => Says($"SM{customer:00}{number:00}", customer, []);

    public Utterance Show(byte[] file)
    {
        var path = $"/2010-04-01/Accounts/{TwilioApi.Account}/Messages/MM1/Media/ME1";
        api.Files[path] = file;
        api.Media["MM1"] =
            [new JsonObject { ["sid"] = "ME1", ["parent_sid"] = "MM1", ["content_type"] = "image/jpeg", ["uri"] = $"{path}.json" }];
        return Says("MM1", 1, [("MediaUrl0", $"{api.Address}{path}"), ("MediaContentType0", "image/jpeg")]);
    }

    public HookCall? Echo(string reply)
    {
        var sid = $"SM{Sent:d32}";
        Hold(sid, "outbound-api", "delivered", Ours, _customer, "Antwort", 0);
        return Call($"messages/status?reply={reply}", ("AccountSid", TwilioApi.Account), ("MessageSid", sid),
            ("MessageStatus", "delivered"), ("From", Ours), ("To", _customer));
    }

    /// <summary>Signed as Twilio signs: the URL, then the parameters sorted by name.</summary>
    public static HookCall Call(string door, params (string Name, string Value)[] form)
    {
        var path = $"/api/hooks/twilio/{door}";
        var signed = $"https://contact.example.com{path}{string.Concat(form.OrderBy(f => f.Name, StringComparer.Ordinal).Select(f => f.Name + f.Value))}";
#pragma warning disable CA5350 // Twilio's algorithm: https://www.twilio.com/docs/usage/webhooks/webhooks-security
        var signature = Convert.ToBase64String(HMACSHA1.HashData(Encoding.UTF8.GetBytes(TwilioApi.Token), Encoding.UTF8.GetBytes(signed)));
#pragma warning restore CA5350
        var body = Encoding.UTF8.GetBytes(string.Join('&',
            form.Select(f => $"{HttpUtility.UrlEncode(f.Name)}={HttpUtility.UrlEncode(f.Value)}")));
        return new HookCall(path, body, ("Content-Type", "application/x-www-form-urlencoded"), ("X-Twilio-Signature", signature));
    }

    public ValueTask DisposeAsync() => api.DisposeAsync();

    private Utterance Says(string sid, int customer, (string, string)[] media)
    {
        _customer = $"+49151255501{customer:00}";
        Hold(sid, "inbound", "received", _customer, Ours, "Frage", media.Length / 2);
        return new Utterance(sid,
            Call("messages",
                [("AccountSid", TwilioApi.Account), ("MessageSid", sid), ("From", _customer), ("To", Ours), ("Body", "Frage"),
                    ("NumMedia", $"{media.Length / 2}"), .. media]));
    }

    // Newest first, as the list has them.
    private void Hold(string sid, string direction, string status, string from, string to, string text, int media) =>
        api.Held["messages"].Insert(0, new JsonObject
    {
        ["sid"] = sid, ["account_sid"] = TwilioApi.Account, ["direction"] = direction, ["status"] = status, ["from"] = from, ["to"] = to,
        ["body"] = text, ["num_media"] = media.ToString(CultureInfo.InvariantCulture),
        ["date_sent"] = time.GetUtcNow().UtcDateTime.ToString("ddd, dd MMM yyyy HH:mm:ss +0000", CultureInfo.InvariantCulture),
    });
}
