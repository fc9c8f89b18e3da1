using System.Text.Json;
using NCrontab;
using Serverless.Local.FunctionsHost.Rpc;

namespace Serverless.Local.FunctionsHost;

/// <summary>The timer trigger: runs by its schedule, never twice at once, and knows at start what it has missed (host-contract.md, "Queue
/// and timer").</summary>
internal sealed class TimerListener
{
    private static readonly TimeSpan LongestWait = TimeSpan.FromDays(1);
    private readonly FunctionHostOptions _options;
    private readonly FunctionHost _host;
    private readonly WorkerFunction _function;
    private readonly CrontabSchedule _schedule;
    private readonly bool _keepsStatus;
    private readonly string _file;
    private DateTimeOffset _next;

    /// <exception cref="HostStartException">The schedule is none.</exception>
    public TimerListener(FunctionHostOptions options, FunctionHost host, WorkerFunction function)
    {
        (_options, _host, _function) = (options, host, function);
        _file = Path.Combine(options.DataFolder, "timers", function.Name + ".json");
        var text = options.Settings.Resolve(function.Schedule);
        var parts = text.Split(' ', StringSplitOptions.RemoveEmptyEntries).Length;
        _schedule = CrontabSchedule.TryParse(text, new CrontabSchedule.ParseOptions { IncludingSeconds = parts == 6 })
            ?? throw new HostStartException($"{text} is not a schedule.");

        // "Status null for schedules under a minute."
        var first = NextAfter(options.Time.GetUtcNow());
        _keepsStatus = NextAfter(first) - first >= TimeSpan.FromMinutes(1);
    }

    /// <summary>Last and next run; null where the schedule keeps none.</summary>
    public TimerStatus? Status { get; private set; }

    /// <summary>Runs by the schedule until <paramref name="stop"/>.</summary>
    public async Task RunAsync(CancellationToken stop)
    {
        Status = _keepsStatus ? Read() : null;
        var now = _options.Time.GetUtcNow();

        // Never at start, unless the run that was due is past.
        var pastDue = Status is not null && Status.Next <= now;
        _next = pastDue ? now : Status?.Next ?? NextAfter(now);
        if (Status is null) Write(new TimerStatus(default, _next, now));
        try
        {
            while (true)
            {
                await UntilAsync(_next, stop);
                await _host.InvokeAsync(_function, new TypedData { Json = TimerStatus.Json(Status, pastDue) }, []);
                stop.ThrowIfCancellationRequested();
                var ran = _options.Time.GetUtcNow();
                _next = NextAfter(ran > _next ? ran : _next);
                Write(new TimerStatus(ran, _next, ran));
                pastDue = false;
            }
        }
        catch (OperationCanceledException)
        {
            // A run cut off by the stop is not written down, so the next start finds it past due.
        }
    }

    private async Task UntilAsync(DateTimeOffset due, CancellationToken stop)
    {
        for (var wait = due - _options.Time.GetUtcNow(); wait > TimeSpan.Zero; wait = due - _options.Time.GetUtcNow())
            await Task.Delay(wait < LongestWait ? wait : LongestWait, _options.Time, stop);
        stop.ThrowIfCancellationRequested();
    }

    private DateTimeOffset NextAfter(DateTimeOffset time) => new(_schedule.GetNextOccurrence(time.UtcDateTime), TimeSpan.Zero);

    private TimerStatus? Read()
    {
        try
        {
            return File.Exists(_file) ? JsonSerializer.Deserialize<TimerStatus>(File.ReadAllText(_file)) : null;
        }
        catch (JsonException)
        {
            // Torn by a crash: as if it had never run.
            return null;
        }
    }

    private void Write(TimerStatus status)
    {
        if (!_keepsStatus) return;
        Status = status;
        Directory.CreateDirectory(Path.GetDirectoryName(_file)!);
        File.WriteAllText(_file + ".new", JsonSerializer.Serialize(status));
        File.Move(_file + ".new", _file, overwrite: true);
    }
}
