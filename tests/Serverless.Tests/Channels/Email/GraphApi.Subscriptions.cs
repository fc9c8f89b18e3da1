using System.Globalization;
using System.Text.Json.Nodes;
using Microsoft.AspNetCore.Http;
using Serverless.Tests.Harness;

namespace Serverless.Tests.Channels.Email;

/// <content>Subscriptions: https://learn.microsoft.com/en-us/graph/api/resources/subscription</content>
public sealed partial class GraphApi
{
    private async Task<bool> SubscriptionsAsync(HttpContext context, string id)
    {
        var known = Subscriptions.Find(s => s["id"]!.GetValue<string>() == id);
        switch (context.Request.Method, id)
        {
            case ("GET", ""):
                // The state is never given back.
                await OkAsync(context,
                    new JsonObject { ["value"] =
                        new JsonArray(
                            [.. Subscriptions.Select(
                                s => { var shown = (JsonObject)s.DeepClone(); shown["clientState"] = null; return (JsonNode)shown; })]) });
                return true;
            case ("POST", ""):
                if (!context.Request.Headers["Prefer"].ToString().Contains("ImmutableId", StringComparison.Ordinal)) return false;
                var made = Body(context);
                var longest = made["includeResourceData"]?.GetValue<bool>() == true ? 1_440 : 10_080;
                if (Expires(made) > new FakeTime().GetUtcNow().AddMinutes(longest)) await FailAsync(context, 400, "InvalidRequest");
                else if (Subscriptions.Exists(s => s["resource"]!.GetValue<string>() == made["resource"]!.GetValue<string>()
                    && s["notificationUrl"]!.GetValue<string>() == made["notificationUrl"]!.GetValue<string>()))
                        await FailAsync(context, 409, "Conflict");
                else
                {
                    made["id"] = $"sub-{Subscriptions.Count + 1}";
                    Subscriptions.Add(made);
                    await OkAsync(context, made, 201);
                }

                return true;
            case ("PATCH", _) when known is not null:
                foreach (var (name, value) in Body(context))
                {
                    if (name is not ("expirationDateTime" or "encryptionCertificate" or "encryptionCertificateId" or "@odata.type"))
                        return false;
                    known[name] = value?.DeepClone();
                }

                await OkAsync(context, known);
                return true;
            case ("DELETE", _) when known is not null:
                Subscriptions.Remove(known);
                context.Response.StatusCode = 204;
                return true;
            default:
                return false;
        }
    }

    public static DateTimeOffset Expires(JsonObject subscription) =>
        DateTimeOffset.Parse(subscription["expirationDateTime"]!.GetValue<string>(), CultureInfo.InvariantCulture);
}
