using System.Buffers.Text;
using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json.Nodes;
using Serverless.Tests.Harness;

namespace Serverless.Tests.Channels.Email;

/// <summary>Mail: Graph tells that there is a message, in the inbox or among what was sent; what is in it is fetched.</summary>
internal sealed class EmailSimulator(GraphApi graph, FakeTime time) : ISendsFiles
{
    private const string Inbox = "inbox";
    private const string SentItems = "sentitems";

    private int _files;

    public GraphApi Graph => graph;

    public string Channel => "email";

    public (string Name, string? Value)[] Settings =>
    [
        ("Channels__Email__GraphUrl", graph.Address), ("Channels__Email__AccessToken", GraphApi.Token),
        ("Channels__Email__LookMinutes", "15"),
        ("Channels__Email__Mailboxes__spares__Address", null),
    ];

    public int Sent => graph.Sent.Count;

    public bool IsDown
    {
        set => graph.Trouble = value ? ("/attachments/", 503, "ServiceUnavailable", int.MaxValue, null) : null;
    }

    public static async Task<EmailSimulator> StartAsync(FakeTime time) => new(await GraphApi.StartAsync(), time);

    public Utterance Ask(int customer, int number) => Arrives(Mail($"AAk{customer}-{number}", customer, number));

    public Utterance Show(byte[] file)
    {
        var id = $"AAkFile{++_files}";
        graph.Files[id] = ("application/octet-stream", file);
        var mail = Mail($"AAkShow{_files}", 1, 0);
        mail["hasAttachments"] = true;
        mail["attachments"] =
            new JsonArray(new JsonObject { ["@odata.type"] = "#microsoft.graph.fileAttachment", ["id"] = id, ["name"] = "film.bin",
                ["contentType"] = "application/octet-stream", ["size"] = file.Length, ["isInline"] = false });
        return Arrives(mail);
    }

    // As Sent Items show it: from the mailbox, and without headers.
    public HookCall? Echo(string reply)
    {
        var copy = graph.Messages.Last(m => m.Folder == SentItems).Message;
        copy.Remove("internetMessageHeaders");
        copy["from"] = EmailSetup.Person(EmailSetup.Service);
        (copy["receivedDateTime"], copy["sentDateTime"]) = (Now, Now);
        return Notice((SentItems, (string)copy["id"]!));
    }

    /// <summary>A notification of messages, under the state that our subscription of each folder carries.</summary>
    public static HookCall Notice(params (string Folder, string Id)[] messages) => new(
        "/api/hooks/email",
        Encoding.UTF8.GetBytes(new JsonObject
        {
            ["value"] = new JsonArray([.. messages.Select(m => new JsonObject
            {
                ["subscriptionId"] = "0d5c0000-0000-4000-8000-00000000abcd",
                ["clientState"] = State($"service.{m.Folder}"),
                ["changeType"] = "created",
                ["resource"] = $"Users/0f1e/Messages/{m.Id}",
                ["resourceData"] = new JsonObject { ["@odata.type"] = "#Microsoft.Graph.Message", ["id"] = m.Id },
            })]),
        }.ToJsonString()),
        ("Content-Type", "application/json"));

    public ValueTask DisposeAsync() => graph.DisposeAsync();

    private string Now => time.GetUtcNow().UtcDateTime.ToString("yyyy-MM-dd'T'HH:mm:ss'Z'", CultureInfo.InvariantCulture);

    private Utterance Arrives(JsonObject mail)
    {
        graph.Messages.Add((EmailSetup.Service, Inbox, mail));
        return new Utterance((string)mail["internetMessageId"]!, Notice((Inbox, (string)mail["id"]!)));
    }

    // Whoever writes again refers to the first mail.
    private JsonObject Mail(string id, int customer, int number)
    {
        var mail = EmailSetup.Mail(id, $"kunde{customer}@example.org", "Frage", headers: number == 0
            ? null : new() { ["References"] = $"<AAk{customer}-0@mail.example.org>" });
        (mail["receivedDateTime"], mail["sentDateTime"]) = (Now, Now);
        return mail;
    }

    private static string State(string subject)
    {
        var secret = Encoding.UTF8.GetBytes(Seed.SettingsOf("email")["Channels__Email__ClientState"]!);
        return $"{subject}.{Base64Url.EncodeToString(HMACSHA256.HashData(secret, Encoding.UTF8.GetBytes(subject)).AsSpan(0, 16))}";
    }
}
