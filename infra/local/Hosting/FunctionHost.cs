using Serverless.Local.ServiceBus;

namespace Serverless.Local.Hosting;

/// <summary>
/// The stand-in for the Azure Functions host on one machine: starts the handler, owns its triggers, answers at the front door. It knows host.json, function.json,
/// messaging.json and app settings, and runs any custom handler that keeps host-contract.md.
/// </summary>
public sealed class FunctionHost : IAsyncDisposable
{
    private readonly FunctionHostOptions options;
    private readonly HostJson host;
    private readonly FunctionKeys keys;
    private readonly CancellationTokenSource stop = new();
    private readonly List<Task> pumps = [];
    private readonly Dictionary<string, TimerPump> timers = new(StringComparer.OrdinalIgnoreCase);
    private HandlerSupervisor supervisor = null!;
    private JsonInvoker invoker = null!;
    private LoopbackServer? server;
    private bool ownsBroker;
    private int disposed;

    private FunctionHost(FunctionHostOptions options)
    {
        this.options = options;
        host = HostJson.Read(options.AppRoot, options.Settings);
        Functions = FunctionDefinition.ReadAll(options.AppRoot, options.Settings);
        Directory.CreateDirectory(options.DataFolder);
        keys = FunctionKeys.ReadOrCreate(options.DataFolder);
    }

    /// <summary>The functions found, in order of their names.</summary>
    public IReadOnlyList<FunctionDefinition> Functions { get; }

    /// <summary>Address callers use, http://127.0.0.1:port/.</summary>
    public Uri FrontDoor => server!.Address;

    /// <summary>Null when no function uses the bus and none was handed in.</summary>
    public LocalTopic? Broker { get; private set; }

    public string FunctionKey => keys.Function;

    public string MasterKey => keys.Master;

    /// <summary>0 while no handler runs.</summary>
    public int HandlerProcessId => supervisor.ProcessId;

    /// <summary>How often the handler was started.</summary>
    public int HandlerStarts => supervisor.Starts;

    /// <summary>REST calls the broker got.</summary>
    public long BusCalls => Broker?.Calls ?? 0;

    /// <summary>Calls in JSON mode that have not ended.</summary>
    public int InFlight => invoker.InFlight;

    public HostState State => supervisor.State;

    /// <summary>How the runs of a function in JSON mode ended so far.</summary>
    public InvocationCounts CountsOf(string function) => invoker.CountsOf(function);

    /// <summary>Starts broker, handler, triggers and front door, in this order.</summary>
    /// <exception cref="HostStartException">With one sentence on what to do.</exception>
    public static async Task<FunctionHost> StartAsync(FunctionHostOptions options, CancellationToken ct)
    {
        var made = new FunctionHost(options);
        try
        {
            await made.StartAsync(ct);
            return made;
        }
        catch
        {
            await made.DisposeAsync();
            throw;
        }
    }

    /// <summary>Runs a function now, as POST /admin/functions/{name} does, and waits for its end.</summary>
    /// <param name="function">Its name.</param>
    /// <param name="ct">Gives up waiting; the run goes on.</param>
    /// <param name="input">Text of the message; a timer needs none.</param>
    public Task<InvocationResult> RunNowAsync(string function, CancellationToken ct, string? input = null)
    {
        var definition = Functions.FirstOrDefault(item => item.Name.Equals(function, StringComparison.OrdinalIgnoreCase))
            ?? throw new ArgumentException($"There is no function {function}.", nameof(function));
        if (timers.TryGetValue(definition.Name, out var timer)) return timer.OnceAsync(pastDue: false).WaitAsync(ct);
        if (definition.Trigger is HttpTrigger) throw new ArgumentException($"{function} is called by HTTP: call its route.", nameof(function));
        return invoker.InvokeAsync(definition, input ?? "", new(StringComparer.OrdinalIgnoreCase)).WaitAsync(ct);
    }

    /// <summary>SIGKILL of the handler, as a crash: it counts as an error, so raise <see cref="FunctionHostOptions.MaxHandlerErrors"/> for many.</summary>
    public void KillHandler() => supervisor.Kill();

    /// <summary>Takes no more calls and messages, lets those in flight end for a moment, kills the handler, releases what it had, flushes.</summary>
    public async ValueTask DisposeAsync()
    {
        if (Interlocked.Exchange(ref disposed, 1) == 1) return;
        await stop.CancelAsync();
        if (server is not null) await server.DisposeAsync();
        if (invoker is not null)
        {
            var until = TimeProvider.System.GetTimestamp();
            while (invoker.InFlight > 0 && TimeProvider.System.GetElapsedTime(until) < options.StopGrace)
                await Task.Delay(TimeSpan.FromMilliseconds(20), TimeProvider.System);
            await supervisor.StopAsync();
        }

        // What the handler still had is put back by the pumps, over the supervisor's client: that goes last.
        await Task.WhenAll(pumps);
        if (invoker is not null) await supervisor.DisposeAsync();
        if (ownsBroker && Broker is not null) await Broker.DisposeAsync();
        stop.Dispose();
    }

    private async Task StartAsync(CancellationToken ct)
    {
        var settings = new Dictionary<string, string>(options.Settings, StringComparer.Ordinal);
        StartBroker(settings);
        supervisor = new HandlerSupervisor(options, new HandlerLaunch(options.AppRoot, host, settings));
        invoker = new JsonInvoker(options, supervisor, host);
        await supervisor.StartAsync(ct);
        server = await LoopbackServer.StartAsync(options.FrontDoorPort, FrontDoorLimit, new FrontDoor(this, host.RoutePrefix, keys, Handover()).AnswerAsync, ct);
        foreach (var function in Functions) StartTrigger(function);
        options.HostLog?.Invoke(new HostLine(LogLevel.Information, $"The functions host listens on {FrontDoor} with {Functions.Count} functions."));
    }

    // Kestrel counts the body itself, so that a chunked one is cut off at the same limit as one that names its length.
    private static long FrontDoorLimit => Hosting.FrontDoor.MaxBody;

    private void StartBroker(Dictionary<string, string> settings)
    {
        Broker = options.Broker;
        var used = Functions.Select(function => function.Trigger).OfType<BusTrigger>().ToList();
        if (Broker is null && (used.Count > 0 || options.MessagingFile is not null))
        {
            if (options.MessagingFile is null) throw new HostStartException("A function has a serviceBusTrigger, but no messaging.json was given: name it with --messaging.");
            Broker = LocalTopic.Start(options.MessagingFile, options.Time, 0);
            ownsBroker = true;
        }

        foreach (var trigger in used)
        {
            if (Broker!.Counts().All(count => !count.Topic.Equals(trigger.Topic, StringComparison.OrdinalIgnoreCase) || !count.Subscription.Equals(trigger.Subscription, StringComparison.OrdinalIgnoreCase)))
                throw new HostStartException($"A serviceBusTrigger names {trigger.Topic}/{trigger.Subscription}, which messaging.json does not have.");

            // The broker's port is known only now, so the host fills the connection in, in the form the Service Bus emulator uses, unless the settings name one.
            if (!settings.TryGetValue(trigger.Connection, out var given) || given.Length == 0)
                settings[trigger.Connection] = Broker.ConnectionString;
        }
    }

    private IHttpHandover Handover()
    {
        // host-contract.md, "HTTP functions ...": "a newer host proxies, an older one forwards"; what host.json does not allow is not done.
        var call = new HandlerCall(options, supervisor, host);
        if (host.Proxying && (options.HttpMode == HttpMode.Proxying || !host.Forwarding)) return new ProxyingHandover(call);
        return host.Forwarding
            ? new ForwardingHandover(call)
            : throw new HostStartException("host.json sets neither enableProxyingHttpRequest nor enableForwardingHttpRequest: this host hands over raw HTTP only.");
    }

    private void StartTrigger(FunctionDefinition function)
    {
        switch (function.Trigger)
        {
            case QueueTrigger trigger:
                var account = QueueAccount.Parse(trigger.Connection, options.Settings);
                var poison = trigger.Queue.EndsWith("-poison", StringComparison.Ordinal) ? null : new QueueRest(supervisor.Http, account, trigger.Queue + "-poison");
                pumps.Add(new QueuePump(options, host, invoker, supervisor, function, new QueueRest(supervisor.Http, account, trigger.Queue), poison).RunAsync(stop.Token));
                break;
            case TimerTrigger:
                var timer = timers[function.Name] = new TimerPump(options, invoker, function);
                pumps.Add(timer.RunAsync(stop.Token));
                break;
            case BusTrigger:
                pumps.Add(new BusPump(options, host, invoker, supervisor, function, Broker!).RunAsync(stop.Token));
                break;
        }
    }
}
