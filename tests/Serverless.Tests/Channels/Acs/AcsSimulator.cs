using System.Globalization;
using System.Text;
using System.Text.Json.Nodes;
using Serverless.Tests.Harness;

namespace Serverless.Tests.Channels.Acs;

/// <summary>SMS to a number of Azure Communication Services, told by Event Grid.</summary>
internal sealed class AcsSimulator(AcsServer api, FakeTime time) : IProviderSimulator
{
    private const string Ours = "493023125480";

    private string _customer = "";

    public string Channel => "acs";

    public (string Name, string? Value)[] Settings =>
        [("Channels__Acs__ApiUrl", api.Url), ("Channels__Acs__AccessKey", AcsServer.AccessKey)];

    public int Sent => api.Sent.Count;

    public static async Task<AcsSimulator> StartAsync(FakeTime time) => new(await AcsServer.StartAsync(), time);

    public Utterance Ask(int customer, int number)
    {
        _customer = $"49151234567{customer:00}";
        var id = $"Incoming_{customer}_{number}";
        return new Utterance(id,
            Tells("Microsoft.Communication.SMSReceived", id,
                new JsonObject { ["messageId"] = id, ["from"] = _customer, ["to"] = Ours, ["message"] = "Frage",
                    ["receivedTimestamp"] = Now }));
    }

    // A delivery report gives our tag back.
    public HookCall? Echo(string reply) => Tells("Microsoft.Communication.SMSDeliveryReportReceived", "Outgoing_1_report", new JsonObject
    {
        ["messageId"] = "Outgoing_1", ["from"] = Ours, ["to"] = _customer, ["deliveryStatus"] = "Delivered", ["receivedTimestamp"] = Now,
        ["Tag"] = reply,
    });

    public ValueTask DisposeAsync() => api.DisposeAsync();

    private string Now => time.GetUtcNow().UtcDateTime.ToString("yyyy-MM-dd'T'HH:mm:ss'Z'", CultureInfo.InvariantCulture);

    private HookCall Tells(string type, string id, JsonObject data) => new(
        "/api/hooks/acs",
        Encoding.UTF8.GetBytes(new JsonArray(new JsonObject
        {
            ["id"] = id, ["topic"] =
            "/subscriptions/00000000-0000-0000-0000-000000000001/resourcegroups/contact/providers/microsoft.communication/communicationservices/beispiel-acs", ["subject"] = $"/phonenumber/{Ours}",
            ["data"] = data, ["eventType"] = type, ["dataVersion"] = "1.0", ["metadataVersion"] = "1", ["eventTime"] = Now,
        }).ToJsonString()),
        ("Content-Type", "application/json"), ("aeg-event-type", "Notification"),
        ("x-webhook-secret", Seed.SettingsOf("acs")["Channels__Acs__Secret"]!));
}
