using Microsoft.Azure.Functions.Worker;

namespace Serverless.Local.Bare;

/// <summary>A queue and a timer function that write down what they were given.</summary>
public static class TriggerFunctions
{
    /// <summary>
    /// Works one message. <c>fail</c> throws, <c>wait:ms</c> takes so long, <c>die</c> ends the process with code 9, <c>hang</c> ignores
    /// all but cancellation.
    /// </summary>
    [Function("Work")]
    public static async Task Work([QueueTrigger("%BARE_QUEUE%")] string message, FunctionContext context, CancellationToken ct)
    {
        var metadata = context.BindingContext.BindingData.ToDictionary(item => item.Key, item => item.Value?.ToString(),
            StringComparer.Ordinal);
        Record.Write(new { work = message, metadata, process = Environment.ProcessId });
        if (message == "fail") throw new InvalidOperationException("failed on purpose");
        if (message == "die") Environment.Exit(9);
        if (message == "hang") await Task.Delay(Timeout.Infinite, ct).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        if (message.StartsWith("wait:", StringComparison.Ordinal)) await Task.Delay(int.Parse(message.AsSpan(5)), CancellationToken.None);
        Record.Write(new { done = message, cancelled = ct.IsCancellationRequested });
    }

    /// <summary>Runs by <c>BARE_SCHEDULE</c>.</summary>
    [Function("Tick")]
    public static void Tick([TimerTrigger("%BARE_SCHEDULE%")] TimerInfo timer) =>
        Record.Write(new { tick = timer.IsPastDue, next = timer.ScheduleStatus?.Next });
}
