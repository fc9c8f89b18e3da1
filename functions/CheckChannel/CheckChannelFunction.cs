using System.Text.Json;
using Serverless.Hosting;
using Serverless.Registrations;

namespace Serverless.CheckChannel;

/// <summary>Has one channel check its registrations now: <c>POST api/operations/channels/{channel}/check</c> with <c>{"repair":true}</c>, or without a body to do what the settings allow.</summary>
public static class CheckChannelFunction
{
    public static void Map(IEndpointRouteBuilder routes) => routes.MapRaw("CheckChannel", ["POST"], "operations/channels/{channel}/check", async context =>
    {
        var ct = context.RequestAborted;
        if (await RawBody.ReadAsync(context.Request, 1024, ct) is not { } body || !TryRepair(body, out var repair))
        {
            await HttpAnswer.ProblemAsync(context, 400, "Send {\"repair\":true} or {\"repair\":false}, or no body.");
            return;
        }

        var name = (string)context.Request.RouteValues["channel"]!;
        if (await context.RequestServices.GetRequiredService<ChannelUpkeep>().CheckAsync(name, repair, ct)
            && await context.RequestServices.GetRequiredService<UpkeepReader>().FindAsync(name, ct) is { } report)
            await HttpAnswer.JsonAsync(context, JsonSerializer.SerializeToUtf8Bytes(report, ChannelEventJson.Default.ChannelReport));
        else await HttpAnswer.ProblemAsync(context, 404, "There is no enabled channel of that name that can ask its provider; api/operations/channels lists them.");
    });

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
