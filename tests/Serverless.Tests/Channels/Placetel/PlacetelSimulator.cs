using System.Security.Cryptography;
using System.Text;
using Serverless.Tests.Harness;

namespace Serverless.Tests.Channels.Placetel;

/// <summary>Calls to a number at Placetel, answered by SMS.</summary>
internal sealed class PlacetelSimulator(PlacetelApi api) : IProviderSimulator
{
    public string Channel => "placetel";

    public (string Name, string? Value)[] Settings =>
        [("Channels__Placetel__ApiUrl", api.Url), ("Channels__Placetel__Token", PlacetelApi.Token)];

    public int Sent => api.Sms.Count;

    public static async Task<PlacetelSimulator> StartAsync() => new(await PlacetelApi.StartAsync());

    public Utterance Ask(int customer, int number)
    {
        var id = $"{customer:x32}{number:x32}";
        var body = Encoding.ASCII.GetBytes($"event=IncomingCall&from=030231257{customer:00}&to=03023125450&call_id={id}&direction=in");
        var secret = Encoding.UTF8.GetBytes(Seed.SettingsOf("placetel")["Channels__Placetel__Secret"]!);
        return new Utterance(id, new HookCall(
            "/api/hooks/placetel", body, ("Content-Type", "application/x-www-form-urlencoded"),
            ("X-PLACETEL-SIGNATURE", Convert.ToHexStringLower(HMACSHA256.HashData(secret, body)))));
    }

    // Placetel notifies of calls only, and what was sent cannot be asked for: https://github.com/Placetel/call-control-notify-api
    public HookCall? Echo(string reply) => null;

    public ValueTask DisposeAsync() => api.DisposeAsync();
}
