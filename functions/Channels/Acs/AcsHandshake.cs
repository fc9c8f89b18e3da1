using System.Text.Json;
using Serverless.Platform.Json;

namespace Serverless.Channels.Acs;

/// <summary>
/// Event Grid's two ways to ask whether we want its events. Both are answered without a proof: consenting gives nothing away, and what a
/// stranger's subscription then sends still fails the check.
/// https://learn.microsoft.com/azure/event-grid/end-point-validation-event-grid-events-schema and
/// https://learn.microsoft.com/azure/event-grid/end-point-validation-cloud-events-schema
/// </summary>
internal static class AcsHandshake
{
    private const string Origin = "eventgrid.azure.net";
    private const int MaxCode = 200;

    /// <summary>The answer to a handshake; null when the call is none.</summary>
    public static WebhookResponse? Of(Delivery delivery) => delivery.Method switch
    {
        "OPTIONS" => Consent(delivery),
        "POST" when delivery.Header("aeg-event-type") is "SubscriptionValidation" => Echo(delivery),
        "GET" or "HEAD" =>
            WebhookResponse.Text(
                "This address takes events of Azure Communication Services from Event Grid; enter it as the endpoint of an event subscription."),
        _ => null,
    };

    private static WebhookResponse Consent(Delivery delivery) => delivery.Header("webhook-request-origin") == Origin
        ? WebhookResponse.Empty() with { Headers = [new("WebHook-Allowed-Origin", Origin), new("WebHook-Allowed-Rate", "*")] }
        : WebhookResponse.Empty(405) with { Headers = [new("Allow", "POST")] };

    /// <summary>Status 200 exactly: Event Grid does not take 202 for the validation.</summary>
    private static WebhookResponse Echo(Delivery delivery)
    {
        try
        {
            using var json = JsonDocument.Parse(delivery.Body);
            var first = json.RootElement.ValueKind == JsonValueKind.Array && json.RootElement.GetArrayLength() == 1
                ? json.RootElement[0] : json.RootElement;
            if (first.Get("data"u8).Get("validationCode"u8).AsText() is not { Length: <= MaxCode } code) return WebhookResponse.Empty(400);
            using var bytes = new MemoryStream();
            using (var writer = PlainJson.Writer(bytes))
            {
                writer.WriteStartObject();
                writer.WriteString("validationResponse", code);
                writer.WriteEndObject();
            }

            return WebhookResponse.Json(bytes.ToArray());
        }
        catch (Exception error) when (error is JsonException or InvalidOperationException)
        {
            return WebhookResponse.Empty(400);
        }
    }
}
