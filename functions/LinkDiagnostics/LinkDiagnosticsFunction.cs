using System.Text.Json;
using Serverless.Channels;
using Serverless.Diagnostics;
using Serverless.Hosting;
using Serverless.Receipts;

namespace Serverless.LinkDiagnostics;

/// <summary>Makes a link that shows a sender how its calls fared: <c>POST api/operations/diagnostics-link</c>.</summary>
public static class LinkDiagnosticsFunction
{
    private const int LongestBy = 100;

    public static void Map(IEndpointRouteBuilder routes) => routes.MapRaw("LinkDiagnostics", ["POST"], "operations/diagnostics-link", async context =>
    {
        var channels = context.RequestServices.GetRequiredService<ChannelDirectory>();
        if (await ReadAsync(context) is not var (name, days, by) || channels.Find(name) is not { } channel)
        {
            await HttpAnswer.ProblemAsync(
                context, 400, $"Send {{\"channel\":\"generic\",\"days\":7}}: channel is one of {string.Join(", ", channels.All.Select(c => c.Name))}, days is a number from 1 to {DiagnosticsLinks.LongestDays}.");
            return;
        }

        if (context.RequestServices.GetRequiredService<DiagnosticsLinks>().Make(channel.Name, days) is not { } link)
        {
            await HttpAnswer.ProblemAsync(context, 409, "Diagnostics__Secret is missing: set it to 32 random characters or more.");
            return;
        }

        var actions = context.RequestServices.GetRequiredService<ActionLog>();
        var begun = await actions.BeginAsync("diagnostics-link", channel.Name, $"until {link.ExpiresAt:yyyy-MM-ddTHH:mmZ}", Caller.Of(context, by), context.RequestAborted);
        await actions.EndAsync(begun, new Dictionary<string, int>(StringComparer.Ordinal) { ["days"] = days }, context.RequestAborted);
        await HttpAnswer.JsonAsync(context, JsonSerializer.SerializeToUtf8Bytes(link, DiagnosticsJson.Default.Link));
    });

    private static async Task<(string Channel, int Days, string? By)?> ReadAsync(HttpContext context)
    {
        if (await RawBody.ReadAsync(context.Request, 16 * 1024, context.RequestAborted) is not { } body) return null;
        try
        {
            using var json = JsonDocument.Parse(body);
            var days = json.RootElement.TryGetProperty("days", out var number) ? number.GetInt32() : 7;
            var by = json.RootElement.TryGetProperty("by", out var who) ? who.GetString() : null;
            return days is >= 1 and <= DiagnosticsLinks.LongestDays && !(by?.Length > LongestBy) && json.RootElement.GetProperty("channel").GetString() is { } channel ? (channel, days, by) : null;
        }
        catch (Exception error) when (error is JsonException or InvalidOperationException or FormatException or KeyNotFoundException)
        {
            return null;
        }
    }
}
