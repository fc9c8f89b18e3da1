using System.Text.Json.Nodes;

namespace Serverless.Local.FunctionsHost;

/// <summary>Last and next run of a timer, as kept between two starts.</summary>
internal sealed record TimerStatus(DateTimeOffset Last, DateTimeOffset Next, DateTimeOffset LastUpdated)
{
    /// <summary>The value of a timer trigger (host-contract.md, "Queue and timer", "Timer").</summary>
    public static string Json(TimerStatus? status, bool isPastDue) => new JsonObject
    {
        ["Schedule"] = new JsonObject { ["AdjustForDST"] = true },
        ["ScheduleStatus"] = status is null ? null : new JsonObject
        {
            [nameof(Last)] = status.Last,
            [nameof(Next)] = status.Next,
            [nameof(LastUpdated)] = status.LastUpdated,
        },
        ["IsPastDue"] = isPastDue,
    }.ToJsonString();
}
