namespace Serverless.Local.FunctionsHost;

/// <summary>What a start of the stand-in host needs to know.</summary>
public sealed class FunctionHostOptions
{
    /// <summary>The publish folder: host.json, worker.config.json, the worker.</summary>
    public required string AppRoot { get; init; }

    /// <summary>The <c>Values</c> of local.settings.json; they become environment variables of the worker, as app settings do.</summary>
    public IReadOnlyDictionary<string, string> Settings { get; init; } = new Dictionary<string, string>(StringComparer.Ordinal);

    /// <summary>Folder for keys and the state of timers; made when missing.</summary>
    public required string DataFolder { get; init; }

    /// <summary>Port on 127.0.0.1 for callers; 0 takes a free one.</summary>
    public int FrontPort { get; init; }

    /// <summary>Gets what the worker logs and prints.</summary>
    public Action<HostLine>? WorkerLog { get; init; }

    /// <summary>Gets what the host itself has to say: failed invocations, restarts.</summary>
    public Action<HostLine>? HostLog { get; init; }

    /// <summary>The death of the worker that stops the host, unless 30 minutes lie between it and the one before.</summary>
    public int MaxWorkerErrors { get; init; } = 3;

    /// <summary>Pause before the second and each further restart after a death.</summary>
    public TimeSpan RestartPause { get; init; } = TimeSpan.FromSeconds(10);

    /// <summary>How long an HTTP call waits for a worker that is being restarted before it is answered 503.</summary>
    public TimeSpan WorkerWait { get; init; } = TimeSpan.FromSeconds(30);

    /// <summary>For how long a fetched queue message is invisible to others; renewed at half of it.</summary>
    public TimeSpan QueueLock { get; init; } = TimeSpan.FromMinutes(10);

    /// <summary>How long running calls may take to end when the host stops.</summary>
    public TimeSpan StopGrace { get; init; } = TimeSpan.FromSeconds(10);

    /// <summary>How long the worker may take to stop in order after WorkerTerminate.</summary>
    public TimeSpan TerminateGrace { get; init; } = TimeSpan.FromSeconds(5);

    /// <summary>The clock of timers and restart rules. Processes and sockets live in real time.</summary>
    public TimeProvider Time { get; init; } = TimeProvider.System;
}
