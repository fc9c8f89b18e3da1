using Serverless.Local.ServiceBus;

namespace Serverless.Local.Hosting;

/// <summary>How the host hands an HTTP call to the handler; see "HTTP functions with exactly one httpTrigger" in host-contract.md.</summary>
public enum HttpMode
{
    /// <summary>A newer host: a reverse proxy, raw query, streamed both ways.</summary>
    Proxying,

    /// <summary>An older host: the request is rebuilt, the response buffered.</summary>
    Forwarding,
}

/// <summary>One line of the handler's output, or one of the host's own.</summary>
/// <param name="Level">Information for stdout, Error for stderr, Warning for a stderr line with "warn" in it.</param>
/// <param name="Text">The line without its line end.</param>
public readonly record struct HostLine(LogLevel Level, string Text);

/// <summary>The state of the host: running, or stopped and why.</summary>
/// <param name="Running">False once the handler will not be started again.</param>
/// <param name="Reason">One sentence, null while running.</param>
public readonly record struct HostState(bool Running, string? Reason);

/// <summary>What a start of the stand-in host needs to know.</summary>
public sealed class FunctionHostOptions
{
    /// <summary>The publish folder: host.json, one folder with function.json per function, the executable.</summary>
    public required string AppRoot { get; init; }

    /// <summary>messaging.json: topics, subscriptions, filters. Not read when <see cref="Broker"/> is given or no function uses the bus.</summary>
    public string? MessagingFile { get; init; }

    /// <summary>The <c>Values</c> of local.settings.json; they become environment variables of the handler, as app settings do.</summary>
    public IReadOnlyDictionary<string, string> Settings { get; init; } = new Dictionary<string, string>(StringComparer.Ordinal);

    /// <summary>Folder for keys, timer state and the record of the running handler; made when missing.</summary>
    public required string DataFolder { get; init; }

    /// <summary>Port of the front door on 127.0.0.1; 0 takes a free one.</summary>
    public int FrontDoorPort { get; init; }

    /// <summary>A broker shared with other hosts; null starts one that this host owns.</summary>
    public LocalTopic? Broker { get; init; }

    /// <summary>Gets every line the handler writes.</summary>
    public Action<HostLine>? HandlerLog { get; init; }

    /// <summary>Gets what the host itself has to say: failed invocations, restarts, hangs.</summary>
    public Action<HostLine>? HostLog { get; init; }

    /// <summary>Proxying, unless host.json allows only forwarding.</summary>
    public HttpMode HttpMode { get; init; } = HttpMode.Proxying;

    /// <summary>True spills dates the way older hosts do, as JSON text in a string; see "JSON mode" in host-contract.md.</summary>
    public bool DoubleEncodeDates { get; init; }

    /// <summary>How many errors of the handler, each within 30 minutes of the one before, stop the host.</summary>
    public int MaxHandlerErrors { get; init; } = 3;

    /// <summary>True kills the handler the moment an answer would hang; false waits for the function timeout first, as the real host does.</summary>
    public bool HangIsImmediate { get; init; }

    /// <summary>How long an HTTP call waits for a handler that is being restarted before it is answered 503.</summary>
    public TimeSpan HandlerWait { get; init; } = TimeSpan.FromSeconds(30);

    /// <summary>How long a starting handler may take to answer its first ping.</summary>
    public TimeSpan ReadyBudget { get; init; } = TimeSpan.FromSeconds(30);

    /// <summary>For how long a fetched queue message is invisible to others; prolonged at half of it. The queue extension's own value is 10 minutes.</summary>
    public TimeSpan QueueLock { get; init; } = TimeSpan.FromMinutes(10);

    /// <summary>How long calls in flight may take to end when the host stops, before the handler is killed under them.</summary>
    public TimeSpan StopGrace { get; init; } = TimeSpan.FromSeconds(2);

    /// <summary>The clock of timers, restart rules and, unless a broker is handed in, the bus. Processes and sockets live in real time.</summary>
    public TimeProvider Time { get; init; } = TimeProvider.System;
}

/// <summary>The host cannot start; the message is one sentence that says what to do.</summary>
public sealed class HostStartException : Exception
{
    public HostStartException(string message)
        : base(message)
    {
    }

    public HostStartException(string message, Exception inner)
        : base(message, inner)
    {
    }

    public HostStartException()
    {
    }
}
