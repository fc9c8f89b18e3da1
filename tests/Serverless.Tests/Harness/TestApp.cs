using System.Net;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using Azure.Storage.Queues;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Serverless.Local.Demo;
using Serverless.Local.FunctionsHost;
using Serverless.Local.ServiceBus;
using Serverless.Platform.Telemetry;
using Xunit;

namespace Serverless.Tests.Harness;

/// <summary>
/// The whole journey in one process, under a clock that the test moves: the real worker behind the stand-in host, a storage account of
/// its own in the real Azurite, the stand-in bus. Nothing runs by itself: <see cref="DrainAsync"/> plays the host's triggers until queue
/// and bus are empty.
/// </summary>
public sealed class TestApp : IAsyncDisposable
{
    private readonly WorkerInProcess _worker;
    private readonly HttpClient _http;
    private readonly (TestQueue Queue, string Name, string Function)[] _queues;
    private readonly (TestQueue Queue, string Name, string Function)[] _routes;
    private readonly string _folder;
    private readonly bool _ownsBroker;

    private static readonly (string Queue, string Function)[] Triggers =
    [
        ("inbound", "Normalise"), ("inbound-poison", "KeepPoison"), ("attachments", "FetchAttachments"),
        ("attachments-poison", "GiveUpAttachments"),
        ("replies", "SendReplies"),
    ];

    private static readonly (string Queue, string Function)[] Routes =
        [("notify-webhook", "NotifyWebhook"), ("notify-teams", "NotifyTeams"), ("notify-mail", "NotifyMail"),
            ("notify-acknowledgement", "AcknowledgeCustomer")];

    // A subscriber of the topic that takes everything.
    private const string Everything =
        """{"queues":{},"topics":{"case-events":{"duplicateDetectionWindow":"P1D","subscriptions":{"everything":{}}}}}""";

    private readonly Action<IServiceCollection>? _parts;

    private TestApp(WorkerInProcess worker, LocalTopic broker, bool ownsBroker, FakeTime time, string connectionString, string folder,
        StorageGate gate, Action<IServiceCollection>? parts)
    {
        (_worker, Broker, _ownsBroker, Time, ConnectionString, _folder, Gate, _parts) = (worker, broker, ownsBroker, time, connectionString,
            folder, gate, parts);
        _http = new HttpClient(new SocketsHttpHandler { AllowAutoRedirect = false }) { BaseAddress = worker.Address };
        _queues = [.. Triggers.Select(t => (new TestQueue(connectionString, t.Queue), t.Queue, t.Function))];
        _routes = [.. Routes.Select(t => (new TestQueue(connectionString, t.Queue), t.Queue, t.Function))];
    }

    /// <summary>Straight to Azurite, past <see cref="Gate"/>.</summary>
    public string ConnectionString { get; }

    public FakeTime Time { get; }

    /// <summary>Where the app listens.</summary>
    public Uri Address => _http.BaseAddress!;

    public LocalTopic Broker { get; }

    /// <summary>Between the app and Azurite; closed, storage is down for the app while the test still reaches it.</summary>
    public StorageGate Gate { get; }

    /// <summary>Messages of routes that wait for their time.</summary>
    internal LaterMessages Later => LaterMessages.Of(ConnectionString, Time);

    public IServiceProvider Services => _worker.Services;

    /// <summary>The worker as the host sees it.</summary>
    public WorkerConnection Connection => _worker.Connection;

    public CallCount Calls => Services.GetRequiredService<CallCount>();

    /// <summary>Everything the app logged.</summary>
    public required LogBook Log { get; init; }

    /// <summary>Serves the documents that seeds name.</summary>
    internal SeedProvider Provider { get; private init; } = null!;

    /// <summary>Given as a setting, it switches on every channel that has seeds.</summary>
    public static (string Name, string? Value) EveryChannel => ("World__EveryChannel", "true");

    /// <summary>What the secrets of subscriptions are made from.</summary>
    public const string MasterSecret = "the-master-secret-of-a-world-in-a-test";

    public static string MessagingFile => Path.Combine(Seed.RepositoryRoot, "infra", "messaging.json");

    /// <summary>The settings under which the seeds of all channels verify, and an owner.</summary>
    /// <param name="provider">Address of the provider that serves the documents of thin seeds; by default nobody listens there.</param>
    public static Dictionary<string, string?> DefaultSettings(string provider = "http://127.0.0.1:9")
    {
        var settings = new Dictionary<string, string?>(StringComparer.OrdinalIgnoreCase)
        {
            ["AZURE_FUNCTIONS_ENVIRONMENT"] = "Development",
            ["Owners__Default"] = "service-desk",
            ["Webhook__MasterSecret"] = MasterSecret,
            // Round the clock and a day long, so that a journey about other things counts plain minutes.
            ["Calendars__default__Hours"] = "always",
            ["Calendars__default__State"] = "none",
            ["ServiceLevels__DefaultMinutes"] = "1440",
            ["Cases__AcceptHours"] = "0",
        };
        foreach (var channel in Directory.GetDirectories(Path.Combine(Seed.RepositoryRoot, "seeds")).Select(Path.GetFileName))
            foreach (var (name, value) in Seed.SettingsOf(channel!, provider)) settings[name] = value;
        return settings;
    }

    public static async Task<TestApp> StartAsync(AzuriteFixture azurite, params (string Name, string? Value)[] settings) =>
        await StartAsync(azurite.OwnAccount(), null, new FakeTime(), settings);

    /// <summary>A world with further parts, say a channel of the test's own.</summary>
    public static async Task<TestApp> StartAsync(AzuriteFixture azurite, Action<IServiceCollection> parts,
        params (string Name, string? Value)[] settings) =>
        await StartAsync(azurite.OwnAccount(), null, new FakeTime(), parts, settings);

    /// <summary>A second instance of the app: same account, same bus, same clock. Let go of it before the first one.</summary>
    public Task<TestApp> TwinAsync(params (string Name, string? Value)[] settings) =>
        StartAsync(ConnectionString, Broker, Time, _parts, settings);

    /// <summary>A world over an account and bus that another world may use too.</summary>
    public static Task<TestApp> StartAsync(string connectionString, LocalTopic? bus, FakeTime time,
        params (string Name, string? Value)[] settings) =>
        StartAsync(connectionString, bus, time, null, settings);

    private static async Task<TestApp> StartAsync(string connectionString, LocalTopic? bus, FakeTime time,
        Action<IServiceCollection>? parts, (string Name, string? Value)[] settings)
    {
        var folder = Directory.CreateTempSubdirectory("serverless-world-").FullName;
        var messaging = Path.Combine(folder, "messaging.json");
        await File.WriteAllTextAsync(messaging, Everything);
        var broker = bus ?? LocalTopic.Start(messaging, time, 0);
        var gate = StorageGate.Open(connectionString, LaterMessages.Of(connectionString, time));
        var provider = await SeedProvider.StartAsync(Path.Combine(Seed.RepositoryRoot, "seeds"), CancellationToken.None);
        var all = DefaultSettings(provider.Address);
        all["AzureWebJobsStorage"] = gate.ConnectionString;
        // A caller's patience is not what a busy machine should decide about.
        all["Receive__StoreSeconds"] = "60";
        all["Http__StorageSeconds"] = "60";
        all["Health__PartSeconds"] = "60";
        all["ServiceBusConnection"] = broker.ConnectionString;
        // A tick looks at every channel that is on: most journeys need three.
        if (!settings.Contains(EveryChannel))
            foreach (var channel in Seed.Channels.Except(["generic", "meta", "twilio"], StringComparer.Ordinal))
                all[$"Channels__{channel}__Enabled"] = "false";
        foreach (var (name, value) in settings) all[name] = value;

        var log = new LogBook();
        var worker = await WorkerInProcess.StartAsync(all, log, services =>
        {
            services.AddSingleton<TimeProvider>(time);
            parts?.Invoke(services);
        });
        return new TestApp(worker, broker, bus is null, time, connectionString, folder, gate, parts) { Log = log, Provider = provider };
    }

    /// <summary>Changes settings while the app runs, as a rotated secret does.</summary>
    public void Set(params (string Name, string? Value)[] settings)
    {
        var configuration = (IConfigurationRoot)Services.GetRequiredService<IConfiguration>();
        foreach (var (name, value) in settings) configuration[name.Replace("__", ":", StringComparison.Ordinal)] = value;
        configuration.Reload();
    }

    /// <summary>Sends a seed to the front door as its provider would.</summary>
    public Task<HttpResponseMessage> SendAsync(Seed seed) => SendAsync(seed.Method, seed.PathAndQuery, seed.Headers, seed.Body);

    public async Task<HttpResponseMessage> SendAsync(string method, string pathAndQuery, IEnumerable<KeyValuePair<string, string>> headers,
        byte[] body)
    {
        using var request = new HttpRequestMessage(new HttpMethod(method), new Uri(_http.BaseAddress!, pathAndQuery));
        if (body.Length > 0 || method is "POST") request.Content = new ByteArrayContent(body);
        foreach (var (name, value) in headers)
            if (!request.Headers.TryAddWithoutValidation(name, value)) request.Content?.Headers.TryAddWithoutValidation(name, value);
        return await _http.SendAsync(request);
    }

    public Task<HttpResponseMessage> SendAsync(HttpRequestMessage request) => _http.SendAsync(request);

    /// <summary>A 200 answer of one of our own HTTP functions.</summary>
    public async Task<JsonElement> GetAsync(string path)
    {
        using var answer = await _http.GetAsync(new Uri(path, UriKind.Relative));
        var text = await answer.Content.ReadAsStringAsync();
        Assert.True(answer.StatusCode is HttpStatusCode.OK or HttpStatusCode.ServiceUnavailable,
            $"{path}: {answer.StatusCode} {text} {string.Join('\n', Log.Of(LogLevel.Error).TakeLast(3))}");
        return JsonDocument.Parse(text).RootElement;
    }

    public async Task<HttpResponseMessage> RawAsync(HttpMethod method, string path, string? json = null)
    {
        using var request = new HttpRequestMessage(method, new Uri(path, UriKind.Relative));
        if (json is not null) request.Content = new StringContent(json, Encoding.UTF8, "application/json");
        return await _http.SendAsync(request);
    }

    public Task<JsonElement> SummaryAsync() => GetAsync("/api/operations/summary?hours=744");

    /// <summary>Every open case, with contacts and history.</summary>
    public async Task<List<JsonElement>> CasesAsync(string query = "")
    {
        List<JsonElement> cases = [];
        string? continuation = null;
        do
        {
            var page = await GetAsync(
                $"/api/cases?top=100{query}{(continuation is null ? "" : $"&continuation={Uri.EscapeDataString(continuation)}")}");
            foreach (var one in page.GetProperty("cases").EnumerateArray())
                cases.Add(await GetAsync($"/api/cases/{one.GetProperty("id").GetString()}"));
            continuation = page.TryGetProperty("continuation", out var more) ? more.GetString() : null;
        }
        while (continuation is not null);
        return cases;
    }

    /// <summary>Plays the host: calls the functions of all queues until nothing is left that could be taken now.</summary>
    /// <param name="queue">Whether the queues between accepting and working are worked.</param>
    /// <param name="bus">Whether people are told: the queues of routes; what the topic holds is then taken by a subscriber.</param>
    /// <returns>How many invocations failed (the host would deliver their messages again; here they stay hidden).</returns>
    public async Task<int> DrainAsync(bool queue = true, bool bus = true)
    {
        const int Most = 32;
        var failed = 0;
        for (var isFirst = true; ; isFirst = false)
        {
            var worked = 0;
            await Later.ShowAsync();
            foreach (var (from, name, function) in (queue ? _queues : []).Concat(bus ? _routes : []))
            {
                // Every queue is asked once, later those alone that something was put into meanwhile: to ask an empty one costs Azurite as
                // much as to write.
                if (!Later.WasFilled(name) && !isFirst) continue;
                var taken = await from.TakeAsync(Most, TimeSpan.FromSeconds(30), CancellationToken.None) ?? [];
                if (taken.Count == Most) Later.NoteFilled(name);
                worked += taken.Count;
                // Those of routes one after the other, so that a test knows who was told first.
                if (Array.Exists(_routes, r => r.Queue == from))
                {
                    foreach (var message in taken) failed += await WorkAsync(from, function, message) ? 0 : 1;
                }
                else
                {
                    var results = await Task.WhenAll(taken.Select(m => WorkAsync(from, function, m)));
                    failed += results.Count(ok => !ok);
                }
            }

            while (bus && Broker.Counts().Any(c => c.Active > 0))
                Broker.Complete(await Broker.ReceiveAsync("case-events", "everything", CancellationToken.None));
            if (worked == 0) return failed;
        }
    }

    /// <summary>Runs Tick once.</summary>
    public Task<bool> TickAsync() => InvokeAsync("Tick", "timer", new JsonObject { ["IsPastDue"] = false });

    /// <summary>Calls a triggered function as the host does.</summary>
    public async Task<bool> InvokeAsync(string function, string binding, object value)
    {
        var found = Connection.Function(function);
        Assert.True(found.Binding.Length > 0 && binding.Length > 0);
        var result = found.Kind == TriggerKind.Timer
            ? await Connection.InvokeTimerAsync(found, isPastDue: false, CancellationToken.None)
            : await Connection.InvokeQueueAsync(found, (string)value, CancellationToken.None);
        return result.Succeeded;
    }

    public async ValueTask DisposeAsync()
    {
        _http.Dispose();
        await _worker.DisposeAsync();
        // Azurite keeps the messages of all accounts in one list, and sorts all of them for every call to any queue.
        if (_ownsBroker) await DeleteQueuesAsync();
        await Provider.DisposeAsync();
        if (_ownsBroker) await Broker.DisposeAsync();
        Gate.Dispose();
        Directory.Delete(_folder, recursive: true);
    }

    private async Task DeleteQueuesAsync()
    {
        var account = new QueueServiceClient(ConnectionString);
        await foreach (var queue in account.GetQueuesAsync()) await account.DeleteQueueAsync(queue.Name);
    }

    private async Task<bool> WorkAsync(TestQueue queue, string function, TakenTestMessage message)
    {
        if (!await InvokeAsync(function, Array.Exists(Routes, r => r.Function == function)
            ? "notice" : "pointer", Encoding.UTF8.GetString(Convert.FromBase64String(message.Text)))) return false;
        await queue.DeleteAsync(message.Id, message.PopReceipt, CancellationToken.None);
        return true;
    }
}
