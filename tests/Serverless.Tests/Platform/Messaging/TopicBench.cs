using System.Text;
using Azure.Messaging.ServiceBus;
using Serverless.Local.ServiceBus;

namespace Serverless.Tests.Platform.Messaging;

/// <summary>A topic "events" with a subscription "hooks" in a folder of its own, ended and started again at will.</summary>
public sealed class TopicBench : IAsyncDisposable
{
    public const string Name = "events";
    public const string Hooks = "hooks";
    private readonly List<IAsyncDisposable> _clients = [];
    private readonly TimeProvider _time;
    private LocalTopic? _topic;

    private TopicBench(TimeProvider time) => _time = time;

    public string Folder { get; } = Directory.CreateTempSubdirectory("serverless-topic-").FullName;

    public string MessagingFile => Path.Combine(Folder, "messaging.json");

    public LocalTopic Topic => _topic!;

    /// <param name="subscriptions">JSON of the member "subscriptions".</param>
    public static TopicBench Start(TimeProvider time, string subscriptions = """{ "hooks": { "maxDeliveryCount": 3 } }""")
    {
        var bench = new TopicBench(time);
        bench.Plan($$"""{ "topics": { "events": { "duplicateDetectionWindow": "PT10M", "subscriptions": {{subscriptions}} } } }""");
        bench.Open();
        return bench;
    }

    public void Plan(string json) => File.WriteAllText(MessagingFile, json);

    /// <param name="port">0 takes a free one.</param>
    public void Open(int port = 0) => _topic = LocalTopic.Start(MessagingFile, _time, port);

    /// <summary>Ends it and starts another on the same port, with nothing in it.</summary>
    public async Task RestartAsync()
    {
        var port = Topic.Endpoint.Port;
        await Topic.DisposeAsync();
        Open(port);
    }

    /// <summary>A client of the SDK that gives up soon.</summary>
    public ServiceBusClient Client(int tries = 0)
    {
        var options = new ServiceBusClientOptions
        {
            RetryOptions = { MaxRetries = tries, TryTimeout = TimeSpan.FromSeconds(5), Delay = TimeSpan.FromMilliseconds(50) },
        };
        var client = new ServiceBusClient(Topic.ConnectionString, options);
        _clients.Add(client);
        return client;
    }

    /// <summary>Into the topic, past the wire.</summary>
    public void Send(string id, params (string Name, string Value)[] properties) =>
        Topic.Send([Message(id, properties)]);

    public static TopicMessage Message(string id, params (string Name, string Value)[] properties) => new()
    {
        Topic = Name,
        Body = Encoding.UTF8.GetBytes("body " + id),
        System = new Dictionary<string, string> { ["messageId"] = id },
        Properties = properties.ToDictionary(p => p.Name, p => (object)p.Value, StringComparer.OrdinalIgnoreCase),
    };

    public string[] Active(string path = Hooks) => [.. Topic.Active(Name, path).Select(message => message.MessageId)];

    public Task<LockedMessage> ReceiveAsync() => Topic.ReceiveAsync(Name, Hooks, CancellationToken.None).WaitAsync(TimeSpan.FromMinutes(1));

    /// <summary>Waits until it is true, at most half a minute.</summary>
    public static async Task Until(Func<bool> isTrue)
    {
        for (var i = 0; i < 1_500 && !isTrue(); i++) await Task.Delay(20);
        Xunit.Assert.True(isTrue());
    }

    public async ValueTask DisposeAsync()
    {
        foreach (var client in _clients) await client.DisposeAsync();
        await Topic.DisposeAsync();
        Directory.Delete(Folder, recursive: true);
    }
}
