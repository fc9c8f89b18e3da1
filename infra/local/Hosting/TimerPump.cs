using System.Text.Json;
using System.Text.Json.Nodes;

namespace Serverless.Local.Hosting;

/// <summary>The timer trigger: runs a function by its schedule, never twice at once, and knows on start what it has missed. host-contract.md, "JSON mode", "Timer".</summary>
internal sealed class TimerPump(FunctionHostOptions options, JsonInvoker invoker, FunctionDefinition function)
{
    private static readonly TimeSpan LongestWait = TimeSpan.FromDays(1);
    private readonly Ncrontab schedule = ((TimerTrigger)function.Trigger).Schedule;
    private readonly string file = Path.Combine(options.DataFolder, "timers", function.Name + ".json");
    private Status? status;

    /// <summary>Last and next run as kept on disk.</summary>
    private sealed record Status(DateTimeOffset Last, DateTimeOffset Next, DateTimeOffset LastUpdated);

    public async Task RunAsync(CancellationToken stop)
    {
        status = Read();
        var now = options.Time.GetUtcNow();

        // Never on start, unless the run that was due is past.
        var pastDue = status is not null && status.Next <= now;
        if (status is null) Write(new Status(default, NextAfter(now), now));
        try
        {
            while (true)
            {
                if (!pastDue) await UntilAsync(status!.Next, stop);
                stop.ThrowIfCancellationRequested();
                await OnceAsync(pastDue);
                stop.ThrowIfCancellationRequested();
                var ran = options.Time.GetUtcNow();
                Write(new Status(ran, NextAfter(Later(ran, pastDue ? ran : status!.Next)), ran));
                pastDue = false;
            }
        }
        catch (OperationCanceledException)
        {
            // A run cut off by the stop is not written down, so the next start finds it past due.
        }
    }

    /// <summary>One run outside the schedule, or of the schedule.</summary>
    public Task<InvocationResult> OnceAsync(bool pastDue)
    {
        var value = new JsonObject
        {
            ["Schedule"] = new JsonObject { ["AdjustForDST"] = true },
            ["ScheduleStatus"] = status is null ? null : new JsonObject
            {
                ["Last"] = status.Last,
                ["Next"] = status.Next,
                ["LastUpdated"] = status.LastUpdated,
            },
            ["IsPastDue"] = pastDue,
        };
        return invoker.InvokeAsync(function, value, new(StringComparer.OrdinalIgnoreCase));
    }

    private async Task UntilAsync(DateTimeOffset due, CancellationToken stop)
    {
        for (var wait = due - options.Time.GetUtcNow(); wait > TimeSpan.Zero; wait = due - options.Time.GetUtcNow())
            await Task.Delay(wait < LongestWait ? wait : LongestWait, options.Time, stop);
    }

    private DateTimeOffset NextAfter(DateTimeOffset time) => schedule.Next(time) ?? DateTimeOffset.MaxValue;

    private static DateTimeOffset Later(DateTimeOffset one, DateTimeOffset other) => one > other ? one : other;

    private Status? Read()
    {
        try
        {
            var node = File.Exists(file) ? JsonNode.Parse(File.ReadAllText(file)) : null;
            return node is null ? null : new Status((DateTimeOffset)node["Last"]!, (DateTimeOffset)node["Next"]!, (DateTimeOffset)node["LastUpdated"]!);
        }
        catch (Exception problem) when (problem is JsonException or InvalidOperationException or FormatException or ArgumentNullException)
        {
            // Torn by a crash: as if it had never run.
            return null;
        }
    }

    private void Write(Status next)
    {
        status = next;
        Directory.CreateDirectory(Path.GetDirectoryName(file)!);
        var node = new JsonObject { ["Last"] = next.Last, ["Next"] = next.Next, ["LastUpdated"] = next.LastUpdated };
        File.WriteAllText(file + ".new", node.ToJsonString());
        File.Move(file + ".new", file, overwrite: true);
    }
}
