using System.Text;
using System.Text.Json.Nodes;
using Serverless.Tests.Harness;

namespace Serverless.Tests.Channels.Telegram;

/// <summary>A bot in private chats, or one connected to a business account.</summary>
internal sealed class TelegramSimulator(TelegramApi api, bool isBusiness, FakeTime time) : ISendsFiles
{
    private const string Connection = "BQADAgADq0AA1x8demo";

    private static readonly Dictionary<string, string?> Seeds = Seed.SettingsOf("telegram");

    private int _update;
    private long _customer;

    public string Channel => "telegram";

    public (string Name, string? Value)[] Settings => [("Channels__Telegram__ApiUrl", api.Address.ToString())];

    public int Sent => api.Sent.Count;

    public bool IsDown
    {
        set => api.FilesAreDown = value;
    }

    private JsonObject Customer => new() { ["id"] = _customer, ["is_bot"] = false, ["first_name"] = "Olga" };

    private JsonObject Chat => new() { ["id"] = _customer, ["type"] = "private", ["first_name"] = "Olga" };

    public static async Task<TelegramSimulator> StartAsync(bool isBusiness, FakeTime time) =>
        new(await TelegramApi.StartAsync(Seeds["Channels__Telegram__Bots__service__BotToken"]!), isBusiness, time);

    public Utterance Ask(int customer, int number) => Say(customer, number, new JsonObject { ["text"] = "Frage" });

    public Utterance Show(byte[] file)
    {
        api.Paths["file-1"] = "documents/film.bin";
        api.Files["documents/film.bin"] = file;
        return Say(1, 0,
            new JsonObject { ["document"] = new JsonObject { ["file_id"] = "file-1", ["file_unique_id"] = "u", ["file_name"] = "film.bin",
                ["mime_type"] = "application/octet-stream", ["file_size"] = file.Length } });
    }

    /// <summary>
    /// A business account's chats show what is written in them, by its people or by the bot in its name
    /// (https://core.telegram.org/bots/api#update, business_message). A bot alone is told of no message of its
    /// own: an update is an incoming message, and sendMessage has answered with the whole of it.
    /// </summary>
    public HookCall? Echo(string reply)
    {
        if (!isBusiness) return null;
        return Tells("business_message", new JsonObject
        {
            ["business_connection_id"] = Connection, ["message_id"] = api.LastMessage,
            ["from"] = new JsonObject { ["id"] = 5200000400, ["is_bot"] = false, ["first_name"] = "Haustechnik" },
            ["sender_business_bot"] = new JsonObject { ["id"] = 7000000001, ["is_bot"] = true, ["first_name"] = "Bot" }, ["chat"] = Chat,
            ["date"] = time.GetUtcNow().ToUnixTimeSeconds(), ["text"] = "Antwort",
        });
    }

    public ValueTask DisposeAsync() => api.DisposeAsync();

    private Utterance Say(int customer, int number, JsonObject message)
    {
        _customer = 5100000000 + customer;
        (message["message_id"], message["from"], message["chat"], message["date"]) = (number + 1, Customer, Chat, time.GetUtcNow()
            .ToUnixTimeSeconds());
        if (isBusiness) message["business_connection_id"] = Connection;
        return new Utterance($"{(isBusiness ? $"{Connection}:" : "")}{_customer}:{number + 1}",
            Tells(isBusiness ? "business_message" : "message", message));
    }

    private HookCall Tells(string kind, JsonObject message) => new(
        "/api/hooks/telegram/service",
        Encoding.UTF8.GetBytes(new JsonObject { ["update_id"] = 410000000 + _update++, [kind] = message }.ToJsonString()),
        ("Content-Type", "application/json"),
        ("X-Telegram-Bot-Api-Secret-Token", Seeds["Channels__Telegram__Bots__service__SecretToken"]!));
}
