using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json.Nodes;
using Serverless.Tests.Harness;

namespace Serverless.Tests.Channels.Sipgate;

/// <summary>SMS, which only sipgate's history tells of, or calls, which it pushes.</summary>
internal sealed class SipgateSimulator(SipgateServer api, bool calls, FakeTime time) : IProviderSimulator
{
    private const string Ours = "493023125402";

    // Nobody but sipgate has its private key.
    private static readonly RSA Key = RSA.Create(2048);

    private string _customer = "";

    public string Channel => "sipgate";

    public (string Name, string? Value)[] Settings =>
    [
        ("Channels__Sipgate__ApiUrl", api.Url), ("Channels__Sipgate__TokenId", "token-TEST"),
        ("Channels__Sipgate__Token", "fake-sipgate-token"), ("Channels__Sipgate__SmsId", "s0"),
        ("Channels__Sipgate__PublicKey", Convert.ToBase64String(Key.ExportSubjectPublicKeyInfo())),
    ];

    public int Sent => api.Sms.Count;

    public static async Task<SipgateSimulator> StartAsync(bool calls, FakeTime time) => new(await SipgateServer.StartAsync(), calls, time);

    public Utterance Ask(int customer, int number)
    {
        _customer = $"49151234567{customer:00}";
        var id = $"5f{customer:00}{number:00}";
        Hold(id, calls ? "MISSED_INCOMING" : "INCOMING", "Frage");
        return calls ? new Utterance(id, Rings(id)) : new Utterance($"sms:{id}", null);
    }

    // The history shows what we sent, under an id that nobody told us.
    public HookCall? Echo(string reply)
    {
        Hold("ours", "OUTGOING", "Antwort");
        return null;
    }

    public ValueTask DisposeAsync() => api.DisposeAsync();

    private void Hold(string id, string direction, string text)
    {
        var (from, to) = direction == "OUTGOING" ? (Ours, _customer) : (_customer, Ours);
        api.History.Add(new JsonObject
        {
            ["id"] = id, ["type"] = calls
            ? "CALL" : "SMS", ["direction"] = direction, ["source"] = $"+{from}", ["target"] = $"+{to}",
            ["created"] = time.GetUtcNow().UtcDateTime.ToString("yyyy-MM-dd'T'HH:mm:ss'Z'", CultureInfo.InvariantCulture),
            ["callId"] = calls ? id : null, ["callStatus"] = calls ? "MISSED" : null, ["smsContent"] = calls ? null : text,
        });
    }

    private HookCall Rings(string call)
    {
        var body = Encoding.ASCII.GetBytes(
            $"event=newCall&callId={call}&origCallId={call}&from={_customer}&to={Ours}&direction=in&user%5B%5D=Zentrale");
        return new HookCall(
            "/api/hooks/sipgate", body,
            ("Content-Type", "application/x-www-form-urlencoded"),
            ("X-Sipgate-Signature", Convert.ToBase64String(Key.SignData(body, HashAlgorithmName.SHA256, RSASignaturePadding.Pkcs1))));
    }
}
