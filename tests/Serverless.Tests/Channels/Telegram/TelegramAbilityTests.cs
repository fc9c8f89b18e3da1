using System.Text.Json.Nodes;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Serverless.Channels;
using Serverless.Channels.Telegram;
using Serverless.Contacts;
using Serverless.Platform.OutboundHttp;
using Serverless.Tests.Harness;
using Xunit;

namespace Serverless.Tests.Channels.Telegram;

/// <summary>What the Telegram channel does at Telegram: replies, files, upkeep; against the strict double of the Bot API.</summary>
#pragma warning disable CA1001 // xunit disposes by IAsyncLifetime.
public sealed class TelegramAbilityTests : IAsyncLifetime
#pragma warning restore CA1001
{
    private const string Token = "7000000001:demo-service-bot-token-not-a-real-one";
    private const string OurUrl = "https://contact.example.com/api/hooks/telegram/service";

    private readonly LogBook _log = new();
    private readonly FakeTime _time = new(new DateTimeOffset(2026, 11, 20, 11, 0, 0, TimeSpan.Zero));
    private readonly List<object> _said = [];
    private TelegramApi _api = null!;
    private ServiceProvider _services = null!;

    private TelegramChannel Channel => Assert.IsType<TelegramChannel>(_services.GetRequiredService<IChannel>());

    public async Task InitializeAsync()
    {
        _api = await TelegramApi.StartAsync(Token);
        Build();
    }

    // Whatever was said to anybody: the token was not in it.
    public async Task DisposeAsync()
    {
        Assert.All(_said, said => Assert.DoesNotContain(Token, said.ToString(), StringComparison.Ordinal));
        Assert.All(_log.Lines, line => Assert.DoesNotContain(Token, line, StringComparison.Ordinal));
        _log.Dispose();
        await _services.DisposeAsync();
        await _api.DisposeAsync();
    }

    [Fact]
    public async Task A_reply_quotes_the_message_and_comes_back_with_the_ids_of_the_message_it_made()
    {
        var to = Contact("01-german-question");
        var sent = Assert.IsType<ReplyOutcome.Sent>(await SendAsync(to)).Event;
        Assert.Equal(
            """{"text":"Wir rufen Sie an.","chat_id":5100000017,"reply_parameters":{"message_id":311,"allow_sending_without_reply":true}}""", Assert.Single(_api.Sent).ToJsonString());
        Assert.Equal(("5100000017:900", "5100000017:900", Direction.Outbound, to.ThreadKey),
            (sent.EventId, sent.Contact.ExternalId, sent.Contact.Direction, sent.Contact.ThreadKey));
        Assert.Equal(to.Parties, sent.Contact.Parties);
        Assert.False(Channel.Repeatable);
    }

    [Fact]
    public async Task A_reply_into_a_group_that_has_become_a_supergroup_goes_to_its_new_id()
    {
        _api.Trouble = (400,
            """{"ok":false,"error_code":400,"description":"Bad Request: group chat was upgraded to a supergroup chat","parameters":{"migrate_to_chat_id":-1002100000077}}""");
        var to = Contact("21-small-group-question");
        var sent = Assert.IsType<ReplyOutcome.Sent>(await SendAsync(to)).Event;
        Assert.Equal(-1002100000077, Assert.Single(_api.Sent)["chat_id"]!.GetValue<long>());
        Assert.Equal(to.ThreadKey, sent.Contact.ThreadKey);
    }

    [Fact]
    public async Task A_reply_goes_into_the_topic_the_business_chat_or_in_private_to_the_author()
    {
        await SendAsync(Contact("11-topic-question"));
        await SendAsync(Contact("13-business-question"));
        var sent = Assert.IsType<ReplyOutcome.Sent>(await SendAsync(Contact("07-group-question"), inPrivate: true)).Event;
        await SendAsync(Contact("12-button-pressed"));
        Assert.Equal((-1002100000055, 12),
            (_api.Sent[0]["chat_id"]!.GetValue<long>(), _api.Sent[0]["message_thread_id"]!.GetValue<long>()));
        Assert.Equal(("BQADAgADq0AA1x8demo", 77),
            (_api.Sent[1]["business_connection_id"]!.GetValue<string>(),
                _api.Sent[1]["reply_parameters"]!["message_id"]!.GetValue<long>()));
        Assert.Equal("""{"text":"Wir rufen Sie an.","chat_id":5100000031}""", _api.Sent[2].ToJsonString());
        Assert.Equal((Place.Private, "telegram:service:-1002100000044:5100000031"), (sent.Contact.Place, sent.Contact.ThreadKey));
        Assert.Null(_api.Sent[3]["reply_parameters"]);
    }

    [Fact]
    public async Task What_cannot_be_sent_is_refused_without_a_call()
    {
        var to = Contact("13-business-question");
        Assert.Equal(ReplyReasons.TooLong, Refused(await SendAsync(to, new string('x', 4097))));
        Assert.Equal(ReplyReasons.NoReplyPath, Refused(await SendAsync(to with { Reply = null })));
        Assert.Equal(ReplyReasons.NotPermitted, Refused(await SendAsync(to with { Account = "nobody" })));
        _time.Advance(TimeSpan.FromHours(24));
        Assert.Equal(ReplyReasons.WindowClosed, Refused(await SendAsync(to)));
        Assert.Equal(0, _api.Calls);
    }

    [Theory]
    [InlineData(403, "Forbidden: bot was blocked by the user", ReplyReasons.RecipientGone)]
    [InlineData(403, "Forbidden: bot can't initiate conversation with a user", ReplyReasons.RecipientGone)]
    [InlineData(400, "Bad Request: chat not found", ReplyReasons.RecipientGone)]
    [InlineData(400, "Bad Request: message thread not found", ReplyReasons.RecipientGone)]
    [InlineData(400, "Bad Request: group chat was upgraded to a supergroup chat", ReplyReasons.RecipientGone)]
    [InlineData(400, "Bad Request: not enough rights to send text messages to the chat", ReplyReasons.NotPermitted)]
    [InlineData(400, "Bad Request: message is too long", ReplyReasons.TooLong)]
    [InlineData(400, "Bad Request: message text is empty", ReplyReasons.ContentRefused)]
    [InlineData(401, "Unauthorized", ReplyReasons.NotPermitted)]
    public async Task A_refusal_of_telegram_has_its_reason(int status, string description, string reason)
    {
        _api.Trouble = (status, TelegramApi.Error(status, description));
        Assert.Equal(reason, Refused(await SendAsync(Contact("01-german-question"))));
    }

    [Fact]
    public async Task What_may_come_later_and_what_nobody_knows_are_told_apart()
    {
        var to = Contact("01-german-question");
        _api.Trouble = (429,
            """{"ok":false,"error_code":429,"description":"Too Many Requests: retry after 17","parameters":{"retry_after":17}}""");
        Assert.Equal(new ReplyOutcome.Later(ReplyReasons.RateLimited, TimeSpan.FromSeconds(17)), await SendAsync(to));
        _api.Trouble = (502, "{}");
        Assert.IsType<ReplyOutcome.Uncertain>(await SendAsync(to));
        _api.Trouble = (0, "");
        Assert.IsType<ReplyOutcome.Uncertain>(await SendAsync(to));
        _api.Trouble = (200, """{"ok":true,"result":true}""");
        Assert.IsType<ReplyOutcome.Uncertain>(await SendAsync(to));
        Build(apiUrl: "http://127.0.0.1:1");
        Assert.Equal(new ReplyOutcome.Later(ReplyReasons.Unreachable), await SendAsync(to));
    }

    [Fact]
    public async Task A_file_is_opened_by_its_id()
    {
        var to = Contact("04-voice-message");
        var file = to.Attachments[0];
        _api.Paths[file.Reference] = "voice/file_1.oga";
        _api.Files["voice/file_1.oga"] = "OggS"u8.ToArray();
        var content = Assert.IsType<OpenedAttachment.Content>(await Channel.OpenAsync(to, file, default));
        await using var bytes = content.Bytes;
        Assert.Equal("OggS", await new StreamReader(bytes).ReadToEndAsync());
        Assert.Equal("audio/ogg", content.Type);
    }

    [Fact]
    public async Task A_file_that_never_comes_is_told_from_one_that_comes_later()
    {
        var to = Contact("04-voice-message");
        var file = to.Attachments[0];
        Assert.Equal(new OpenedAttachment.Gone("too-large-for-bots"), await OpenAsync(to, file with { Size = 20_000_001 }));
        Assert.Equal(0, _api.Calls);
        Assert.Equal(new OpenedAttachment.Gone("gone-at-provider"), await OpenAsync(to, file));
        _api.Trouble = (400, TelegramApi.Error(400, "Bad Request: file is too big"));
        Assert.Equal(new OpenedAttachment.Gone("too-large-for-bots"), await OpenAsync(to, file));
        _api.Trouble = (400, TelegramApi.Error(400, "Bad Request: wrong file_id or the file is temporarily unavailable"));
        Assert.Equal(new OpenedAttachment.Later("unavailable"), await OpenAsync(to, file));
        _api.Trouble = (500, "{}");
        Assert.Equal(new OpenedAttachment.Later("unreachable"), await OpenAsync(to, file));
        _api.Paths[file.Reference] = "../botsecrets";
        Assert.Equal(new OpenedAttachment.Gone("path-refused"), await OpenAsync(to, file));
        _api.Paths[file.Reference] = "voice/no_more.oga";
        Assert.Equal(new OpenedAttachment.Gone("gone-at-provider"), await OpenAsync(to, file));
    }

    [Fact]
    public async Task A_missing_webhook_is_told_and_set_only_if_repair_is_allowed()
    {
        Assert.Equal((RegistrationState.Drifted, true), await CheckAsync(repair: false) is var told
            ? (told.State, told.Step is not null) : default);
        Assert.Empty(_api.WebhooksSet);
        Assert.Equal(RegistrationState.Repaired, (await CheckAsync(repair: true)).State);
        var set = Assert.Single(_api.WebhooksSet);
        Assert.Equal((OurUrl, "demo-telegram-service-secret-not-real", false),
            (set["url"]!.GetValue<string>(), set["secret_token"]!.GetValue<string>(), set["drop_pending_updates"]!.GetValue<bool>()));
        Assert.Equal(RegistrationState.Right, (await CheckAsync(repair: true)).State);
    }

    [Fact]
    public async Task A_webhook_of_others_is_never_touched_and_only_its_host_is_told()
    {
        _api.Webhook["url"] = "https://desk.example.org/hook/with-a-secret";
        var told = await CheckAsync(repair: true);
        Assert.Equal(RegistrationState.Foreign, told.State);
        Assert.Contains("desk.example.org", told.Detail, StringComparison.Ordinal);
        Assert.DoesNotContain("with-a-secret", told.ToString(), StringComparison.Ordinal);
        Assert.Empty(_api.WebhooksSet);
    }

    [Fact]
    public async Task Kinds_not_asked_for_and_calls_refused_today_are_drift()
    {
        _api.Webhook["url"] = OurUrl;
        _api.Webhook["allowed_updates"] = new JsonArray("message");
        Assert.Contains("edited_message", (await CheckAsync(repair: false)).Detail, StringComparison.Ordinal);
        _api.Webhook.Remove("allowed_updates");
        _api.Webhook["last_error_message"] = "Wrong response from the webhook: 403 Forbidden";
        _api.Webhook["last_error_date"] = _time.GetUtcNow().AddHours(-2).ToUnixTimeSeconds();
        Assert.Equal(RegistrationState.Repaired, (await CheckAsync(repair: true)).State);
        _time.Advance(TimeSpan.FromDays(1));
        Assert.Equal(RegistrationState.Right, (await CheckAsync(repair: true)).State);
    }

    [Fact]
    public async Task What_waits_at_telegram_is_told_since_it_cannot_be_fetched()
    {
        _api.Webhook["url"] = OurUrl;
        _api.Webhook["pending_update_count"] = 12;
        _api.Webhook["last_error_message"] = "Connection timed out";
        _api.Webhook["last_error_date"] = _time.GetUtcNow().AddMinutes(-5).ToUnixTimeSeconds();
        Assert.Equal("12 updates wait at Telegram. Last error 2026-11-20 10:55Z: Connection timed out.",
            (await CheckAsync(repair: true)).Detail);
        Assert.Empty(Channel.Sources);
        Assert.Contains("24 hours", Assert.Single(Channel.Blind), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Telegram_that_cannot_be_asked_is_unknown()
    {
        _api.Trouble = (502, "{}");
        Assert.Equal(RegistrationState.Unknown, (await CheckAsync(repair: true)).State);
        _api.Token = "7000000001:another";
        var told = await CheckAsync(repair: true);
        Assert.Equal(RegistrationState.Unknown, told.State);
        Assert.Contains("Channels__Telegram__Bots__service__BotToken", told.Step, StringComparison.Ordinal);
        _api.Token = Token;
        Assert.Equal(RegistrationState.Unknown,
            Say(await Channel.CheckAsync(new RegistrationCheckRequest(null, Repair: true), default))[0].State);
    }

    private void Build(string? apiUrl = null)
    {
        var settings = Seed.SettingsOf("telegram");
        foreach (var name in settings.Keys.Where(k => k.Contains("__shop__", StringComparison.Ordinal)).ToList()) settings.Remove(name);
        settings["Channels__Telegram__ApiUrl"] = apiUrl ?? _api.Address.ToString();
        var services = new ServiceCollection().AddLogging(l => l.SetMinimumLevel(LogLevel.Trace).AddProvider(_log))
            .AddSingleton<TimeProvider>(_time).AddSingleton(_ => new GuardedHttp(loopbackToo: true)).AddSingleton<ProviderHttp>();
        TelegramChannel.Add(services, Seed.Configuration(settings));
        _services = services.BuildServiceProvider();
    }

    private Contact Contact(string seed)
    {
        var delivery = Seed.Of("telegram").Single(s => s.Name == $"telegram/{seed}").ToDelivery(Channel);
        return Channel.Read(delivery).Select(e => e.Read()).OfType<Parsed.Found>().First().Event.Contact;
    }

    private async Task<ReplyOutcome> SendAsync(Contact to, string text = "Wir rufen Sie an.", bool inPrivate = false)
    {
        var outcome =
            await Channel.SendAsync(new Reply { Id = new string('a', 32), To = to, Text = text, CaseNumber = "K7M2P9XA",
                InPrivate = inPrivate }, default);
        _said.Add(outcome);
        return outcome;
    }

    private async Task<OpenedAttachment> OpenAsync(Contact to, Attachment file)
    {
        var opened = await Channel.OpenAsync(to, file, default);
        _said.Add(opened);
        return opened;
    }

    private async Task<Registration> CheckAsync(bool repair) =>
        Assert.Single(Say(await Channel.CheckAsync(new RegistrationCheckRequest("https://contact.example.com", repair), default)));

    private IReadOnlyList<Registration> Say(IReadOnlyList<Registration> registrations)
    {
        _said.AddRange(registrations);
        return registrations;
    }

    private static string Refused(ReplyOutcome outcome) => Assert.IsType<ReplyOutcome.Refused>(outcome).Reason;
}
