using System.Text.Json;
using Microsoft.Azure.Functions.Worker;
using Serverless.Platform.Http;

namespace Serverless.Registrations;

/// <summary>Webhook registrations at providers: list, and check now.</summary>
public sealed class RegistrationsFunctions(RegistrationCheck upkeep, UpkeepReader reader)
{
    /// <summary>Channels with their registrations as last seen.</summary>
    [Function("QueryOperationsChannels")]
    public async Task Channels([HttpTrigger(AuthorizationLevel.Function, "get", Route = "operations/channels")] HttpRequest request) =>
        await ApiResponse.JsonAsync(
            request, await reader.ReadAsync(request.HttpContext.RequestAborted), ChannelEventJson.Default.ChannelsReport);

    /// <summary>
    /// Has one channel check its registrations now, with <c>{"repair":true}</c>, or without a body to do what the settings allow.
    /// </summary>
    [Function("CheckChannel")]
    public async Task Check(
        [HttpTrigger(AuthorizationLevel.Function, "post", Route = "operations/channels/{channel}/check")] HttpRequest request)
    {
        var ct = request.HttpContext.RequestAborted;
        if (await RawBody.ReadAsync(request, 1024) is not { } body || !TryRepair(body, out var repair))
        {
            await ApiResponse.ProblemAsync(request, 400, "Send {\"repair\":true} or {\"repair\":false}, or no body.");
            return;
        }

        var name = request.Route("channel");
        if (await upkeep.CheckAsync(name, repair, ct) && await reader.FindAsync(name, ct) is { } report)
            await ApiResponse.JsonAsync(request, report, ChannelEventJson.Default.ChannelReport);
        else
        {
            await ApiResponse.ProblemAsync(
                request, 404, "No enabled channel of that name can check its registrations; api/operations/channels lists the channels.");
        }
    }

    private static bool TryRepair(ReadOnlyMemory<byte> body, out bool? repair)
    {
        repair = null;
        if (body.Length == 0) return true;
        try
        {
            using var json = JsonDocument.Parse(body);
            if (json.RootElement.ValueKind != JsonValueKind.Object) return false;
            if (!json.RootElement.TryGetProperty("repair", out var value)) return true;
            repair = value.ValueKind == JsonValueKind.True;
            return value.ValueKind is JsonValueKind.True or JsonValueKind.False;
        }
        catch (JsonException)
        {
            return false;
        }
    }
}
