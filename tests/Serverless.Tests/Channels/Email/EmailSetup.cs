using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using Microsoft.Extensions.DependencyInjection;
using Serverless.Channels;
using Serverless.Channels.Email;
using Serverless.Contacts;
using Serverless.Platform.OutboundHttp;
using Serverless.Tests.Harness;

namespace Serverless.Tests.Channels.Email;

/// <summary>The mail channel beside a double of Graph, and mails to read.</summary>
internal sealed class EmailSetup : IAsyncDisposable
{
    public const string Service = "service@example.com";
    public const string Secret = "a-secret-of-this-test-0123456789abcdef";

    private readonly GraphApi? _graph;
    private readonly ServiceProvider _services;

    private EmailSetup(GraphApi? graph, (string Name, string? Value)[] settings)
    {
        _graph = graph;
        var all = new Dictionary<string, string?>(StringComparer.OrdinalIgnoreCase)
        {
            ["Channels__Email__Enabled"] = "true",
            ["Channels__Email__ClientState"] = Secret,
            ["Channels__Email__Mailboxes__service__Address"] = Service,
            ["Channels__Email__GraphUrl"] = graph?.Address ?? "http://127.0.0.1:9/v1.0",
            ["Channels__Email__AccessToken"] = GraphApi.Token,
        };
        foreach (var (name, value) in settings) all[$"Channels__Email__{name}"] = value;
        var configuration = Seed.Configuration(all);
        var services = new ServiceCollection().AddLogging().AddSingleton<TimeProvider>(Time)
            .AddSingleton(_ => new GuardedHttp(loopbackToo: true)).AddSingleton<ProviderHttp>();
        EmailChannel.Add(services, configuration);
        _services = services.BuildServiceProvider();
        Channel = (EmailChannel)_services.GetRequiredService<IChannel>();
    }

    public FakeTime Time { get; } = new();

    public EmailChannel Channel { get; }

    public GraphApi Graph => _graph!;

    public static async Task<EmailSetup> StartAsync(params (string Name, string? Value)[] settings) =>
        new(await GraphApi.StartAsync(), settings);

    /// <summary>Without Graph: for reading alone.</summary>
    public static EmailSetup Reading(params (string Name, string? Value)[] settings) => new(null, settings);

    public async ValueTask DisposeAsync()
    {
        await _services.DisposeAsync();
        if (_graph is not null) await _graph.DisposeAsync();
    }

    /// <summary>A message as Graph writes it.</summary>
    public static JsonObject Mail(string id, string from = "anna@example.org", string text = "Guten Tag", string? messageId = null,
        Dictionary<string, string>? headers = null) => new()
    {
        ["id"] = id,
        ["isDraft"] = false,
        ["internetMessageId"] = messageId ?? $"<{id}@mail.example.org>",
        ["subject"] = "Waschmaschine",
        ["from"] = Person(from),
        ["toRecipients"] = new JsonArray(Person(Service)),
        ["receivedDateTime"] = "2026-11-20T09:00:01Z",
        ["sentDateTime"] = "2026-11-20T09:00:00Z",
        ["internetMessageHeaders"] =
        new JsonArray([.. (headers ?? []).Select(h => (JsonNode)new JsonObject { ["name"] = h.Key, ["value"] = h.Value })]),
        ["body"] = new JsonObject { ["contentType"] = "text", ["content"] = text },
    };

    public static JsonObject Person(string address, string? name = null) =>
        new() { ["emailAddress"] = new JsonObject { ["name"] = name ?? address, ["address"] = address } };

    public static string Resource(string id, string folder = "inbox") => $"users/{Service}/mailFolders/{folder}/messages/{id}";

    public Parsed Read(JsonObject mail, string folder = "inbox") =>
        Read(Encoding.UTF8.GetBytes(mail.ToJsonString()), mail["id"]!.GetValue<string>(), folder);

    public Parsed Read(byte[] document, string id, string folder = "inbox") => Channel.Read(Delivery("{}"), Resource(id, folder), document);

    public Contact Found(JsonObject mail, string folder = "inbox") => ((Parsed.Found)Read(mail, folder)).Event.Contact;

    public Delivery Delivery(string body, string path = "/api/hooks/email") => new()
    {
        Id = new string('0', 32),
        Channel = "email",
        Method = "POST",
        PathAndQuery = path,
        Headers = new Dictionary<string, string>(StringComparer.Ordinal),
        Body = Encoding.UTF8.GetBytes(body),
        ReceivedAt = Time.GetUtcNow(),
    };

    public Parsed ReadHeld(ProviderRecord held)
    {
        var delivery = Delivery("")
            with { Body = held.Body, Method = "LOOK", PathAndQuery = $"/api/hooks/email/look/{held.Kind}", Arrival = Arrival.LookedAgain };
        return Channel.Read(delivery).Single().Read();
    }

    public static Reply Answer(Contact to, string text = "Am Montag kommt unser Techniker.",
        string id = "0123456789abcdef0123456789abcdef") => new() { Id = id, To = to, Text = text, CaseNumber = "7KMD4RT3" };

    public static string Json(JsonNode node) => node.ToJsonString(JsonSerializerOptions.Web);
}
