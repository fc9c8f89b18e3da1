using System.Text.Json;
using Serverless.Hosting;
using Serverless.Operations;

namespace Serverless.Health;

/// <summary>Says part by part whether all is well; 503 when a part is red.</summary>
public static class HealthFunction
{
    public static void Map(IEndpointRouteBuilder routes) => routes.MapRaw("Health", ["GET"], "health", async context =>
    {
        var report = await context.RequestServices.GetRequiredService<HealthCheck>().LookAsync(context.RequestAborted);
        var status = report.Status == "red" ? StatusCodes.Status503ServiceUnavailable : StatusCodes.Status200OK;
        await HttpAnswer.JsonAsync(context, JsonSerializer.SerializeToUtf8Bytes(report, OperationsJson.Default.HealthReport), status);
    });
}
