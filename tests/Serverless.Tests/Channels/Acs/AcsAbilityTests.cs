using System.Text;
using Microsoft.Extensions.DependencyInjection;
using Serverless.Channels;
using Serverless.Channels.Acs;
using Serverless.Contacts;
using Serverless.Platform.OutboundHttp;
using Serverless.Tests.Harness;
using Xunit;

namespace Serverless.Tests.Channels.Acs;

/// <summary>Event Grid's Entra tokens, and what the channel asks Azure Communication Services for.</summary>
public sealed class AcsAbilityTests : IAsyncLifetime
{
    private const string Tenant = "84bd8158-6d4d-4958-8b9f-9d6445542f95";
    private const string EventGrid = "4962773b-9cdb-44cf-a8bf-237846a00ab7";

    private static readonly DateTimeOffset Now = new(2026, 11, 20, 12, 0, 0, TimeSpan.Zero);

    private AcsServer _api = null!;

    public async Task InitializeAsync() => _api = await AcsServer.StartAsync();

    public async Task DisposeAsync() => await _api.DisposeAsync();

    [Fact]
    public async Task A_token_of_event_grid_is_judged_once_entras_keys_are_there()
    {
        var made = await Node.RunAsync("tests/Serverless.Tests/Platform/Signatures/entra-token.mjs", new
        {
            tokens = new[] { Token(EventGrid, "api://contact", Tenant),
                Token("00000003-0000-0000-c000-000000000000", "api://contact", Tenant), Token(EventGrid, "api://other", Tenant),
                Token(EventGrid, "api://contact", Guid.Empty.ToString()) },
        });
        _api.Keys = made.GetProperty("keys").GetRawText();
        var deliveries = made.GetProperty("tokens").EnumerateArray().Select(t => Delivery($"Bearer {t.GetString()}")).ToList();
        var channel = Channel(("Channels__Acs__Secret", null), ("Channels__Acs__Audience", "api://contact"),
            ("Channels__Acs__TenantId", Tenant));

        Assert.Equal(new VerificationResult.Pending(VerificationReasons.KeyUnknown), channel.Verify(deliveries[0]));
        _api.Trouble(503);
        Assert.IsType<SigningKeys.Later>(await ((ILoadsSigningKeys)channel).LoadKeysAsync(deliveries[0], default));
        Assert.IsType<SigningKeys.Ready>(await ((ILoadsSigningKeys)channel).LoadKeysAsync(deliveries[0], default));
        Assert.IsType<VerificationResult.Valid>(channel.Verify(deliveries[0]));
        Assert.All(deliveries.Skip(1), d =>
            Assert.Equal(new VerificationResult.Invalid(VerificationReasons.SourceForeign), channel.Verify(d)));
        Assert.Equal(new VerificationResult.Invalid(VerificationReasons.Stale),
            channel.Verify(deliveries[0] with { ReceivedAt = Now.AddHours(3) }));
        Assert.Equal(new VerificationResult.Invalid(VerificationReasons.SignatureMissing), channel.Verify(Delivery(null)));
        Assert.Equal(new VerificationResult.Invalid(VerificationReasons.SignatureMalformed), channel.Verify(Delivery("Bearer nonsense")));
    }

    [Fact]
    public async Task Replies_go_out_signed_and_a_second_try_of_one_reply_sends_nothing_new()
    {
        var reply = Reply(Seed.Of("acs").Single(s => s.Name.EndsWith("03-sms", StringComparison.Ordinal)), "Samstag von 9 bis 12 Uhr.");
        for (var i = 0; i < 2; i++)
            Assert.Equal("Outgoing_1", Assert.IsType<ReplyOutcome.Sent>(await Send(reply)).Event.Contact.ExternalId);
        var sms = Assert.Single(_api.Sent);
        Assert.Equal(("+4915123456701", "+493023125480", reply.Id),
            ((string)sms.Value["smsRecipients"]![0]!["to"]!, (string)sms.Value["from"]!, (string)sms.Value["smsSendOptions"]!["tag"]!));

        var whatsApp = Reply(Seed.Of("acs").Single(s => s.Name.Contains("05-", StringComparison.Ordinal)), "We will send a new one.");
        var sent = Assert.IsType<ReplyOutcome.Sent>(await Send(whatsApp));
        Assert.Equal(("beispiel-acs", "9b1c0000-0000-4000-8000-0000000000fe", whatsApp.To.ThreadKey),
            (sent.Event.Contact.Account, sent.Event.Contact.ExternalId, sent.Event.Contact.ThreadKey));
        Assert.True(((ISendsReplies)Channel()).Repeatable);
        await _api.AssertSignedAsync();
    }

    [Fact]
    public async Task After_a_day_whatsapp_takes_a_template_only()
    {
        var reply = Reply(Seed.Of("acs").Single(s => s.Name.Contains("05-", StringComparison.Ordinal)), "Hello");
        var late = reply with { To = reply.To with { Reply = reply.To.Reply! with { Until = Now.AddMinutes(-1) } } };
        Assert.Equal(ReplyReasons.TemplateNeeded, Assert.IsType<ReplyOutcome.Refused>(await Send(late)).Reason);
        Assert.IsType<ReplyOutcome.Sent>(await Send(late with { Template = new ReplyTemplate("parcel_update", "en", ["5512", "Friday"]) }));
        var template = Assert.Single(_api.Sent).Value["template"]!;
        Assert.Equal(("parcel_update", "Friday", "value2"),
            ((string)template["name"]!, (string)template["values"]![1]!["text"]!, (string)template["bindings"]!["body"]![1]!["refValue"]!));
    }

    [Fact]
    public async Task What_became_of_a_try_to_send_is_said_exactly()
    {
        var reply = Reply(Seed.Of("acs").Single(s => s.Name.EndsWith("03-sms", StringComparison.Ordinal)), "Hallo");
        foreach (var (status, outcome) in new (int, Type)[] { (401, typeof(ReplyOutcome.Refused)), (400, typeof(ReplyOutcome.Refused)),
            (429, typeof(ReplyOutcome.Later)), (503, typeof(ReplyOutcome.Uncertain)), (0, typeof(ReplyOutcome.Uncertain)) })
        {
            _api.Trouble(status, status == 429 ? "5" : null);
            Assert.IsType(outcome, await Send(reply));
        }

        Assert.Equal(ReplyReasons.TooLong,
            Assert.IsType<ReplyOutcome.Refused>(await Send(reply with { Text = new string('a', 3000) })).Reason);
        Assert.Equal(ReplyReasons.NoReplyPath,
            Assert.IsType<ReplyOutcome.Refused>(await Send(reply with { To = reply.To with { Reply = null } })).Reason);
        _api.RefusesRecipient = true;
        Assert.Equal(new ReplyOutcome.Refused(ReplyReasons.ContentRefused, "400"), await Send(reply));
        Assert.Equal(ReplyReasons.NotPermitted,
            Assert.IsType<ReplyOutcome.Refused>(await ((ISendsReplies)Channel(("Channels__Acs__AccessKey", null))).SendAsync(reply,
                default)).Reason);
        Assert.Empty(_api.Sent);
    }

    [Theory]
    [InlineData("4f1d0000-0000-4000-8000-00000000000a")]
    [InlineData("/v1/objects/0-weu-d1-0001/content/audio")]
    public async Task Files_are_fetched_with_a_signature_for_the_resource(string reference)
    {
        var channel = (IReadsAttachments)Channel();
        var contact = Contact(Seed.Of("acs").Single(s => s.Name.Contains("06-", StringComparison.Ordinal)));
        var opened = Assert.IsType<OpenedAttachment.Content>(await channel.OpenAsync(contact,
            new Attachment(reference[0] == '/' ? _api.Url + reference : reference), default));
        using (var reader = new StreamReader(opened.Bytes)) Assert.Equal("bytes", await reader.ReadToEndAsync());
        await _api.AssertSignedAsync();
        Assert.IsType<OpenedAttachment.Gone>(await channel.OpenAsync(contact, new Attachment("https://files.example.com/x"), default));
        _api.Trouble(404);
        Assert.IsType<OpenedAttachment.Gone>(await channel.OpenAsync(contact, new Attachment(contact.Attachments[0].Reference), default));
    }

    [Fact]
    public void What_became_of_our_own_messages_is_read_back()
    {
        var found = new[] { "04-", "07-" }.SelectMany(name =>
            Channel().Read(Seed.Of("acs").Single(s => s.Name.Contains($"/{name}", StringComparison.Ordinal)).ToDelivery(Channel()))
            .Skip(name == "04-" ? 2 : 0))
            .Select(e => e.Read()).OfType<Parsed.StatusUpdate>().Select(s => s.Message).ToList();
        Assert.Equal([MessageState.Delivered, MessageState.Failed], found.Select(m => m.State));
        Assert.Equal(("0192f1a0c0de7abc8def001122334455", "131047"), (found[0].ReplyId, found[1].Reason));
    }

    [Fact]
    public async Task What_has_no_api_is_said_with_the_step_for_a_person()
    {
        Assert.NotEmpty(((IReconciles)Channel()).Blind);
        var registration =
            Assert.Single(
                await ((IRegistersWebhooks)Channel()).CheckAsync(new RegistrationCheckRequest("https://contact.example.com", Repair: true),
                    default));
        Assert.Equal(RegistrationState.ByHand, registration.State);
        Assert.Contains("https://contact.example.com/api/hooks/acs", registration.Step!, StringComparison.Ordinal);
        Assert.DoesNotContain("fake-acs-secret", registration.Step!, StringComparison.Ordinal);
    }

    private static object Token(string caller, string audience, string tenant) => new
    {
        claims = new Dictionary<string, object>(StringComparer.Ordinal)
        {
            ["iss"] = $"https://sts.windows.net/{tenant}/",
            ["aud"] = audience,
            ["tid"] = tenant,
            ["appid"] = caller,
            ["nbf"] = Now.AddMinutes(-5).ToUnixTimeSeconds(),
            ["exp"] = Now.AddHours(1).ToUnixTimeSeconds(),
        },
        key = "a",
    };

    private IChannel Channel(params (string Name, string? Value)[] settings)
    {
        var all = Seed.SettingsOf("acs");
        (all["Channels__Acs__ApiUrl"], all["Channels__Acs__AccessKey"], all["Channels__Acs__OpenIdUrl"]) = (_api.Url, AcsServer.AccessKey,
            $"{_api.Url}/common/.well-known/openid-configuration");
        foreach (var (name, value) in settings) all[name] = value;
        var services = new ServiceCollection().AddSingleton<TimeProvider>(new FakeTime(Now))
            .AddSingleton(_ => new GuardedHttp(loopbackToo: true)).AddSingleton<ProviderHttp>();
        services.AddOptions<HooksOptions>();
        AcsChannel.Add(services, Seed.Configuration(all));
        return services.BuildServiceProvider().GetRequiredService<IChannel>();
    }

    private Task<ReplyOutcome> Send(Reply reply) => ((ISendsReplies)Channel()).SendAsync(reply, default);

    private Contact Contact(Seed seed) =>
        Channel().Read(seed.ToDelivery(Channel())).Select(e => e.Read()).OfType<Parsed.Found>().First().Event.Contact;

    private Reply Reply(Seed seed, string text) =>
        new() { Id = Guid.CreateVersion7(Now).ToString("N"), To = Contact(seed), Text = text, CaseNumber = "7K3M-P2QX" };

    private static Delivery Delivery(string? authorization) => new()
    {
        Id = new string('0', 32),
        Channel = "acs",
        Method = "POST",
        PathAndQuery = "/api/hooks/acs",
        Headers = authorization is null ? new Dictionary<string, string>(StringComparer.Ordinal)
        : new Dictionary<string, string>(StringComparer.Ordinal) { ["authorization"] = authorization },
        Body = Encoding.UTF8.GetBytes("[]"),
        ReceivedAt = Now,
    };
}
