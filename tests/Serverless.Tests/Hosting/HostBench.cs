using System.Runtime.CompilerServices;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using Azure.Messaging.ServiceBus;
using Serverless.Local.Hosting;
using Serverless.Local.ServiceBus;
using Xunit;

namespace Serverless.Tests.Hosting;

/// <summary>One call as the handler of the tests wrote it down.</summary>
public sealed record HandlerCallNote(string Method, string Url, JsonObject Headers, IReadOnlyList<string> Raw, byte[] Body)
{
    public JsonNode Json => JsonNode.Parse(Body)!;

    public string? Header(string name) => Headers[name]?.ToString();
}

/// <summary>A publish folder made for one test, with handler.js as its executable, and what that handler saw.</summary>
public sealed class HostBench : IAsyncDisposable
{
    private readonly List<IAsyncDisposable> started = [];
    private readonly JsonObject answers = [];

    public HostBench()
    {
        Folder = Directory.CreateTempSubdirectory("host-").FullName;
        Root = Directory.CreateDirectory(Path.Combine(Folder, "app")).FullName;
        Data = Path.Combine(Folder, "data");
        Settings["HANDLER_FOLDER"] = Folder;
        Settings["HANDLER_SCRIPT"] = Path.Combine(Here(), "handler.js");
        WriteHostJson();
    }

    public static HostBench Create() => new();

    public string Folder { get; }

    public string Root { get; }

    public string Data { get; }

    public Dictionary<string, string> Settings { get; } = new(StringComparer.Ordinal);

    public List<HostLine> HandlerLines { get; } = [];

    public List<HostLine> HostLines { get; } = [];

    public static HttpClient Http { get; } = new(new SocketsHttpHandler { AllowAutoRedirect = false });

    public string MessagingFile => Path.Combine(Folder, "messaging.json");

    public string SettingsFile => Path.Combine(Folder, "local.settings.json");

    /// <summary>The lines behind "extensions" and the rest are laid over a host.json that runs handler.js.</summary>
    public void WriteHostJson(string extensions = "{}", string timeout = "00:05:00", bool proxying = true, bool forwarding = true, string arguments = "\"%HANDLER_SCRIPT%\"") =>
        File.WriteAllText(Path.Combine(Root, "host.json"), $$"""
            { "version": "2.0", "functionTimeout": "{{timeout}}",
              "customHandler": { "description": { "defaultExecutablePath": "node", "arguments": [{{arguments}}] },
                "enableForwardingHttpRequest": {{(forwarding ? "true" : "false")}}, "enableProxyingHttpRequest": {{(proxying ? "true" : "false")}} },
              "extensions": {{extensions}} }
            """);

    public void Function(string name, params string[] bindings)
    {
        Directory.CreateDirectory(Path.Combine(Root, name));
        File.WriteAllText(Path.Combine(Root, name, "function.json"), $$"""{ "bindings": [{{string.Join(',', bindings)}}] }""");
    }

    public void HttpFunction(string name, string route, string authLevel = "anonymous", string methods = "") => Function(
        name,
        $$"""{ "type": "httpTrigger", "direction": "in", "name": "req", "authLevel": "{{authLevel}}", "route": "{{route}}"{{(methods.Length > 0 ? $", \"methods\": [{methods}]" : "")}} }""",
        """{ "type": "http", "direction": "out", "name": "res" }""");

    public void BusFunction(string name = "Notify", string topic = "events", string subscription = "hooks") => Function(
        name, $$"""{ "type": "serviceBusTrigger", "direction": "in", "name": "notice", "topicName": "{{topic}}", "subscriptionName": "{{subscription}}", "connection": "Bus" }""");

    public void QueueFunction(string name, string queue) => Function(
        name, $$"""{ "type": "queueTrigger", "direction": "in", "name": "pointer", "queueName": "{{queue}}", "connection": "AzureWebJobsStorage" }""");

    public void TimerFunction(string name = "Tick", string schedule = "0 */5 * * * *") => Function(
        name, $$"""{ "type": "timerTrigger", "direction": "in", "name": "timer", "schedule": "{{schedule}}" }""");

    public void Messaging(string subscription = "", string topic = "") => File.WriteAllText(MessagingFile, $$"""
        { "topics": { "events": { {{topic}} "subscriptions": { "hooks": { {{subscription}} } } } } }
        """);

    /// <summary>How the handler answers on this path from now on: {status, type, body, headers, chunks, die, never}.</summary>
    public void Answer(string path, string json)
    {
        answers[path] = JsonNode.Parse(json);
        File.WriteAllText(Path.Combine(Folder, "answers.new"), answers.ToJsonString());
        File.Move(Path.Combine(Folder, "answers.new"), Path.Combine(Folder, "answers.json"), overwrite: true);
    }

    public FunctionHostOptions Options(TimeProvider? time = null, HttpMode mode = HttpMode.Proxying, int maxErrors = 3, bool hangIsImmediate = false, TimeSpan? readyBudget = null, TimeSpan? queueLock = null, LocalTopic? broker = null, bool doubleEncodeDates = false) => new()
    {
        AppRoot = Root,
        MessagingFile = File.Exists(MessagingFile) ? MessagingFile : null,
        Settings = Settings,
        DataFolder = Data,
        Time = time ?? TimeProvider.System,
        HttpMode = mode,
        MaxHandlerErrors = maxErrors,
        HangIsImmediate = hangIsImmediate,
        ReadyBudget = readyBudget ?? TimeSpan.FromSeconds(30),
        QueueLock = queueLock ?? TimeSpan.FromMinutes(10),
        Broker = broker,
        DoubleEncodeDates = doubleEncodeDates,
        StopGrace = TimeSpan.FromMilliseconds(200),
        HandlerLog = line => Add(HandlerLines, line),
        HostLog = line => Add(HostLines, line),
    };

    public async Task<FunctionHost> StartAsync(FunctionHostOptions? options = null)
    {
        var host = await FunctionHost.StartAsync(options ?? Options(), CancellationToken.None);
        started.Add(host);
        return host;
    }

    /// <summary>The calls the handler got on this path (all when null), pings left out.</summary>
    public IReadOnlyList<HandlerCallNote> Calls(string? path = null) => [.. Lines("calls.jsonl")
        .Select(node => new HandlerCallNote(
            node["method"]!.ToString(), node["url"]!.ToString(), node["headers"]!.AsObject(), [.. node["raw"]!.AsArray().Select(item => item!.ToString())], Convert.FromBase64String(node["body"]!.ToString())))
        .Where(call => path is null || call.Url.Split('?')[0] == path)];

    /// <summary>One entry per start of the handler: pid, argv, cwd, env, session.</summary>
    public IReadOnlyList<JsonNode> Starts() => Lines("starts.jsonl");

    public IReadOnlyList<JsonNode> Lines(string file)
    {
        var path = Path.Combine(Folder, file);
        if (!File.Exists(path)) return [];
        using var reader = new StreamReader(new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite));
        var text = reader.ReadToEnd();
        return [.. text[..(text.LastIndexOf('\n') + 1)].Split('\n', StringSplitOptions.RemoveEmptyEntries).Select(line => JsonNode.Parse(line)!)];
    }

    public string HostSaid() => Said(HostLines);

    public string HandlerSaid() => Said(HandlerLines);

    /// <summary>Waits until it is so; a minute is only the safety net.</summary>
    public static async Task Until(Func<bool> so, [CallerArgumentExpression(nameof(so))] string what = "")
    {
        using var net = new CancellationTokenSource(TimeSpan.FromMinutes(1));
        using var tick = new PeriodicTimer(TimeSpan.FromMilliseconds(10));
        while (!so())
        {
            if (net.IsCancellationRequested) throw new TimeoutException("Not within a minute: " + what);
            await tick.WaitForNextTickAsync(CancellationToken.None);
        }
    }

    /// <summary>Polls for so long and fails the moment it is not so: for what must not happen.</summary>
    public static async Task Stays(TimeSpan span, Func<bool> so, [CallerArgumentExpression(nameof(so))] string what = "")
    {
        var from = TimeProvider.System.GetTimestamp();
        using var tick = new PeriodicTimer(TimeSpan.FromMilliseconds(20));
        while (TimeProvider.System.GetElapsedTime(from) < span)
        {
            Assert.True(so(), what);
            await tick.WaitForNextTickAsync(CancellationToken.None);
        }
    }

    public static async Task SendAsync(Uri bus, string topic, string body, string broker = "{}", params (string Name, string Value)[] properties)
    {
        var fields = JsonNode.Parse(broker)!;
        var message = new ServiceBusMessage(body) { ContentType = "application/json" };
        if (fields["MessageId"] is { } id) message.MessageId = id.ToString();
        if (fields["SessionId"] is { } session) message.SessionId = session.ToString();
        if (fields["Label"] is { } label) message.Subject = label.ToString();
        if (fields["CorrelationId"] is { } correlation) message.CorrelationId = correlation.ToString();
        if (fields["To"] is { } to) message.To = to.ToString();
        if (fields["ScheduledEnqueueTimeUtc"] is { } time) message.ScheduledEnqueueTime = DateTimeOffset.Parse(time.ToString());
        foreach (var (name, value) in properties) message.ApplicationProperties[name] = Scalar(JsonNode.Parse(value)!);
        await using var client = new ServiceBusClient($"Endpoint={bus.Scheme}://{bus.Authority};SharedAccessKeyName=a;SharedAccessKey=b;UseDevelopmentEmulator=true");
        await client.CreateSender(topic).SendMessageAsync(message);
    }

    public async ValueTask DisposeAsync()
    {
        started.Reverse();
        foreach (var one in started) await one.DisposeAsync();
        Directory.Delete(Folder, recursive: true);
    }

    internal static string Here([CallerFilePath] string file = "") => Path.GetDirectoryName(file)!;

    private static object Scalar(JsonNode value) => value.GetValueKind() switch
    {
        JsonValueKind.String => value.ToString(),
        JsonValueKind.Number => value.GetValue<long>(),
        _ => value.GetValue<bool>(),
    };

    private static void Add(List<HostLine> lines, HostLine line)
    {
        lock (lines) lines.Add(line);
    }

    private static string Said(List<HostLine> lines)
    {
        lock (lines) return string.Join('\n', lines.Select(line => $"{line.Level}: {line.Text}"));
    }
}
