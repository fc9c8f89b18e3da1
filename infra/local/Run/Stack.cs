using Serverless.Local.Azurite;
using Serverless.Local.Demo;
using Serverless.Local.FunctionsHost;
using Serverless.Local.Load;
using Serverless.Local.Machine;
using Serverless.Local.ServiceBus;

namespace Serverless.Local.Run;

/// <summary>Everything a run starts: Azurite, the subscriber and the provider outside, the bus, and the stand-in host with the app under
/// it. Ended in the opposite order.</summary>
internal sealed class Stack : IAsyncDisposable
{
    private readonly RunFolder _folder;
    private readonly StreamWriter _log;
    private AzuriteProcess? _azurite;
    private static readonly string[] Routes = ["webhook", "teams", "mail", "acknowledgement"];
    private PlainStorage? _queues;
    private LocalBus? _bus;
    private FunctionHost? _host;
    private CoreTools? _tools;

    private Stack(RunFolder folder)
    {
        _folder = folder;
        _log = new StreamWriter(new FileStream(folder.In("handler.log"), FileMode.Create, FileAccess.Write,
            FileShare.ReadWrite)) { AutoFlush = true };
    }

    public DemoSubscriber? Subscriber { get; private set; }

    /// <summary>What left the app; not null once started.</summary>
    public DemoFolder? Outside { get; private set; }

    /// <summary>What the app asked providers for; not null once started.</summary>
    public SeedProvider? Provider { get; private set; }

    /// <summary>The topic on this machine; null where the emulator is used.</summary>
    public LocalTopic? Broker => _bus!.Topic;

    /// <summary>What other systems connect with.</summary>
    public string BusConnection => _bus!.ConnectionString;

    public FunctionHost Host => _host!;

    /// <summary>Where the app is called.</summary>
    public Uri Front => _tools?.Front ?? Host.Front;

    /// <summary>Opens functions; Core Tools ask for none.</summary>
    public string FunctionKey => _host?.FunctionKey ?? "";

    /// <summary>Why the host has stopped; null while it runs.</summary>
    public string? Stopped => _tools is null ? Host.Stopped : _tools.Stopped;

    public string StorageConnection => _azurite!.ConnectionString;

    public int AzuriteProcessId => _azurite!.ProcessId;

    /// <summary>Whether a route's queue holds a message that could be taken now.</summary>
    public async Task<bool> IsTellingAsync(CancellationToken ct)
    {
        foreach (var route in Routes)
            if (await Queues.IsBusyAsync($"notify-{route}", ct)) return true;
        return false;
    }

    /// <summary>The queues, past the app.</summary>
    public PlainStorage Queues => _queues ??= new PlainStorage(StorageConnection);

    public SortedDictionary<string, string> Settings { get; private set; } = [];

    /// <summary>Starts all but the host; what is missing is downloaded.</summary>
    /// <param name="extra">App settings that win over all others.</param>
    /// <param name="inMemory">Azurite writes nothing to disk: what it would write stops it for as long as that takes.</param>
    /// <param name="pagesPort">Where people read what left the app; a free one for 0, or when it is taken.</param>
    public static async Task<Stack> StartAsync(
        Repository repository, RunFolder folder, IReadOnlyDictionary<string, string> extra, Action<string> say, CancellationToken ct,
        int pagesPort = 0, bool inMemory = false)
    {
        var script = await AzuriteInstall.EnsureAsync(repository.Root, say, ct);
        var stack = new Stack(folder);
        try
        {
            stack._azurite = await AzuriteProcess.StartAsync(script, folder.In("azurite"), ct, inMemory: inMemory);
            stack.Outside = new DemoFolder(folder.In("outside"), TimeProvider.System);
            stack.Subscriber = await DemoSubscriber.StartAsync(stack.Outside, TimeProvider.System, ct, pagesPort);
            stack.Provider = await SeedProvider.StartAsync(repository.Seeds, ct, new ReplyCounter(stack.Outside, TimeProvider.System));
            stack._bus = LocalBus.Start(repository, Environment.GetEnvironmentVariable(LocalBus.EmulatorSetting));
            var places = new Dictionary<string, string>(StringComparer.Ordinal) { ["outside"] = stack.Subscriber.Address,
                ["provider"] = stack.Provider.Address };
            var connections = LocalSettings.Connections(stack._azurite.ConnectionString, stack._bus.ConnectionString);
            foreach (var (name, value) in extra) connections[name] = value;
            stack.Settings = LocalSettings.Merge(repository, places, connections);
            LocalSettings.Write(folder.In("local.settings.json"), stack.Settings);
            return stack;
        }
        catch
        {
            await stack.DisposeAsync();
            throw;
        }
    }

    /// <summary>Starts the app under the stand-in host.</summary>
    /// <param name="port">Of the front door; 0 takes a free one.</param>
    /// <param name="maxWorkerErrors">Deaths of the app after which it is not started again.</param>
    public async Task StartHostAsync(string appRoot, int port, CancellationToken ct, int maxWorkerErrors = 3) =>
        _host = await FunctionHost.StartAsync(
        new FunctionHostOptions
        {
            AppRoot = appRoot,
            Settings = Settings,
            DataFolder = _folder.In("host"),
            FrontPort = port,
            MaxWorkerErrors = maxWorkerErrors,
            WorkerLog = line => Log("app ", line),
            HostLog = line => Log("host", line),
        }, ct);

    /// <summary>Starts the app under Core Tools.</summary>
    public async Task StartCoreToolsAsync(string appRoot, int port, CancellationToken ct) =>
        _tools = await CoreTools.StartAsync(appRoot, Settings, port, line => Log("func", new HostLine(LogLevel.Information, line)), ct);

    /// <summary>The app first, so that nothing works when storage goes; Azurite last, by SIGTERM, which keeps every row.</summary>
    public async ValueTask DisposeAsync()
    {
        await EndAllAsync([_host, _tools, _bus, Subscriber, Provider, _azurite]);
        lock (_log) _log.Dispose();
    }

    /// <summary>
    /// Ends all, in order, also when ending one fails (a full disk, for one): no child process stays. The first failure is thrown at the
    /// end.
    /// </summary>
    internal static async Task EndAllAsync(IEnumerable<IAsyncDisposable?> parts)
    {
        Task? failed = null;
        foreach (var part in parts)
        {
            if (part is null) continue;
            var ending = part.DisposeAsync().AsTask();
            await ending.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            if (!ending.IsCompletedSuccessfully) failed ??= ending;
        }

        if (failed is not null) await failed;
    }

    private void Log(string who, HostLine line)
    {
        lock (_log)
        {
            try
            {
                if (_log.BaseStream.CanWrite)
                    _log.WriteLine($"{TimeProvider.System.GetUtcNow():HH:mm:ss.fff} {who} {line.Level,-11} {line.Text}");
            }
            catch (IOException full) when (Disk.IsFull(full))
            {
                // The caller, a timer or the supervisor of the worker, goes on without its line.
            }
        }
    }
}
