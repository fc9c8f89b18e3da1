using System.Net;
using System.Text;
using System.Text.Json;
using Serverless.Tests.Channels.Acs;
using Serverless.Tests.Harness;
using Xunit;

namespace Serverless.Tests.Journeys;

/// <summary>Calls to a number of Azure Communication Services, whose every step is a call of ours: through the front door, the queue and
/// Call Automation, and back by its events.</summary>
public sealed partial class When_a_call_is_answered(AzuriteFixture azurite) : IClassFixture<AzuriteFixture>, IAsyncLifetime
{
    private const string Resource = "6c0e3b4e-0000-4000-8000-00000000ac5e";
    private const string Office = "Mon-Fri 08:00-18:00";
    private const string Notice = "Bitte sprechen Sie; es wird aufgezeichnet.";

    private static readonly (string, string) Alone = ("participants",
        """[{"identifier":{"rawId":"4:+442079460302"}},{"identifier":{"rawId":"8:acs:app"}}]""");

    private static readonly Lazy<Task<JsonElement>> Tokens = new(() =>
        Node.RunAsync("tests/Serverless.Tests/Platform/Signatures/entra-token.mjs", new
    {
        tokens = new[] { Token(Resource), Token("6c0e3b4e-0000-4000-8000-0000000000ff"), Token(Resource, "https://sts.example.com") },
    }));

    private readonly string _call = Convert.ToBase64String(Encoding.UTF8.GetBytes("https://conv.example.com/" + Guid.CreateVersion7()));
    private AcsServer _azure = null!;
    private TestApp _world = null!;
    private int _event;

    public async Task InitializeAsync()
    {
        _azure = await AcsServer.StartAsync();
        var made = await Tokens.Value;
        _azure.Keys = made.GetProperty("keys").GetRawText();
        var keys = $"{_azure.Url}/common/.well-known/openid-configuration";
        _world = await TestApp.StartAsync(azurite,
            ("Channels__Acs__Enabled", "true"), ("Channels__Acs__Mode", "Quarantine"), ("Channels__Acs__AnswersCalls", "true"),
            ("Channels__Acs__ApiUrl", _azure.Url), ("Channels__Acs__AccessKey", AcsServer.AccessKey),
            ("Channels__Acs__ResourceId", Resource),
            ("Channels__Acs__CallOpenIdUrl", keys), ("Channels__Acs__SpeechUrl", "https://speech.example.com/"),
            ("Hooks__PublicBaseUrl", "https://contact.example.com"), ("Channels__Acs__Default__Hours", Office),
            ("Channels__Acs__Default__RecordingNotice", Notice),
            ("Channels__Acs__Default__Rings__0__Numbers", "+493023125111,sip:desk@example.com,+493023125112"),
            ("Channels__Acs__Default__Rings__0__Seconds", "15"),
            ("Channels__Acs__Default__Rings__1__Numbers", "+493023125113"));
    }

    public async Task DisposeAsync()
    {
        await _world.DisposeAsync();
        await _azure.DisposeAsync();
    }

    private List<string> Asked => [.. _azure.Operations.Select(o => o.Name)];

    [Fact]
    public async Task Within_the_hours_people_are_rung_one_after_another_and_then_a_message_is_taken()
    {
        await RingAsync();
        await TellAsync("CallConnected", Last());
        for (var i = 0; i < 3; i++)
            await TellAsync("AddParticipantFailed", Last(), ("participant", """{"phoneNumber":{"value":"+493023125111"}}"""));
        Assert.Equal(["+493023125111", "+493023125112", "+493023125113"], _azure.Operations.Where(o => o.Name == "add")
            .Select(o => (string)o.Body["participantToAdd"]!["phoneNumber"]!["value"]!));
        Assert.All(_azure.Operations.Where(o => o.Name == "add"), o =>
            Assert.Equal("+493023125481", (string)o.Body["sourceCallerIdNumber"]!["value"]!));
        Assert.Equal(Notice, Said());
        await TellAsync("PlayCompleted", Last());
        Assert.Equal(["record", "recognize"], Asked[^2..]);
        await TellAsync("RecognizeFailed", Last());
        Assert.StartsWith("Vielen Dank", Said(), StringComparison.Ordinal);
        await TellAsync("PlayCompleted", Last());
        Assert.Equal("terminate", Asked[^1]);
        await TellAsync("CallDisconnected", null);
        await GridAsync("RecordingFileStatusUpdated",
            new { recordingStorageInfo = new { recordingChunks = new[] { new { contentLocation = "https://files.example.com/1" } } } });

        var contact = await ContactAsync();
        Assert.Equal("voicemail", contact.GetProperty("kind").GetString());
        Assert.Equal(["0.0", "0.1", "1.0"], contact.GetProperty("call").GetProperty("legs").EnumerateArray()
            .Select(l => l.GetProperty("id").GetString()!).Order(StringComparer.Ordinal));
        Assert.True(contact.GetProperty("call").GetProperty("ended").GetBoolean());
        await _azure.AssertSignedAsync();
    }

    [Fact]
    public async Task Who_answers_has_the_call_and_when_one_of_both_leaves_it_is_ended()
    {
        _azure.Unreachable.Add("+493023125111");
        await RingAsync();
        await TellAsync("CallConnected", Last());
        await TellAsync("ParticipantsUpdated", null, Alone);
        var rung = Last();
        await TellAsync("AddParticipantSucceeded", rung, ("participant", """{"phoneNumber":{"value":"+493023125112"}}"""));
        _azure.Participants = 2;
        // On its way for long: two talk, whatever it says.
        await TellAsync("ParticipantsUpdated", null, Alone);
        await TellAsync("AddParticipantFailed", rung);
        Assert.Equal(["answer", "add"], Asked);
        _world.Time.Advance(TimeSpan.FromMinutes(3));
        _azure.Participants = 1;
        await TellAsync("ParticipantsUpdated", null, Alone);
        await TellAsync("CallDisconnected", null);

        Assert.Equal(["answer", "add", "terminate"], Asked);
        var call = (await ContactAsync()).GetProperty("call");
        Assert.Equal(("answered", "+493023125112", 180),
            (call.GetProperty("outcome").GetString(), call.GetProperty("answerer").GetString(), call.GetProperty("durationSeconds")
                .GetInt32() / 10 * 10));
    }

    [Theory]
    [InlineData(null, "terminate")]
    [InlineData(Notice, "recognize")]
    public async Task Outside_the_hours_the_closed_text_is_said_and_nothing_is_recorded_without_the_notice(string? notice, string last)
    {
        _world.Set(("Channels__Acs__Default__Hours", "never"), ("Channels__Acs__Default__RecordingNotice", notice));
        await RingAsync();
        await TellAsync("CallConnected", Last());
        Assert.StartsWith("Wir sind im Augenblick nicht zu erreichen.",
            (string)_azure.Operations.Last().Body["playSources"]![0]!["text"]!["text"]!, StringComparison.Ordinal);
        await TellAsync("PlayCompleted", Last());
        Assert.Equal(last, Asked[^1]);
        Assert.Equal(notice is not null, Asked.Contains("record"));
    }

    [Fact]
    public async Task A_notice_that_nobody_heard_starts_no_recording()
    {
        _world.Set(("Channels__Acs__Default__Hours", "never"));
        await RingAsync();
        await TellAsync("CallConnected", Last());
        await TellAsync("PlayFailed", Last());
        Assert.Equal(["answer", "play", "terminate"], Asked);
        await TellAsync("CallDisconnected", null);
        Assert.Equal("missed-call", (await ContactAsync()).GetProperty("kind").GetString());
    }

    [Fact]
    public async Task The_same_event_twice_and_a_worker_that_died_before_the_end_answer_once()
    {
        var delivery = await RingAsync();
        Assert.Equal("ended: case", await _world.EndOfAsync(delivery, "acs"));
        await _world.ForgetEndAsync(delivery, "acs");
        Assert.True(await _world.WorkAsync(delivery, "acs"));
        await RingAsync();
        Assert.Equal(["answer"], Asked);
        await TellAsync("CallConnected", Last());
        _world.Time.Advance(TimeSpan.FromSeconds(20));
        await RingAsync();
        Assert.Equal(["answer", "add"], Asked);
        Assert.Equal("call", (await ContactAsync()).GetProperty("kind").GetString());
    }

    [Fact]
    public async Task Azure_in_trouble_is_asked_again_while_the_caller_may_still_be_there()
    {
        _azure.Trouble(503);
        _azure.Trouble(429, "1");
        var delivery = await RingAsync();
        Assert.Empty(Asked);
        for (var i = 0; i < 2; i++)
        {
            _world.Time.Advance(TimeSpan.FromSeconds(31));
            Assert.True(await _world.WorkAsync(delivery, "acs"));
        }

        Assert.Equal(["answer"], Asked);
        Assert.Equal("call", (await ContactAsync()).GetProperty("kind").GetString());
    }

    [Theory]
    [InlineData(400, 0)]
    [InlineData(401, 0)]
    [InlineData(0, 200)]
    public async Task A_caller_whom_nobody_could_answer_is_a_missed_call(int refusal, int late)
    {
        if (refusal > 0) _azure.Trouble(refusal);
        await RingAsync(late);
        Assert.Empty(Asked);
        Assert.Equal("missed-call", (await ContactAsync()).GetProperty("kind").GetString());
    }

    [Fact]
    public async Task An_event_of_a_call_counts_only_with_our_address_and_a_token_for_us()
    {
        await RingAsync();
        var place = Last();
        var address = Address();
        Assert.Equal("quarantined", await EndAsync(await TellAsync("CallConnected", place, token: null)));
        Assert.Equal("quarantined", await EndAsync(await TellAsync("CallConnected", place, token: 1)));
        Assert.Equal("quarantined", await EndAsync(await TellAsync("CallConnected", place, token: 2)));
        Assert.Equal("quarantined", await EndAsync(await TellAsync("CallConnected", place, address: address[..^3] + "aaa")));
        Assert.Equal("quarantined",
            await EndAsync(await TellAsync("CallConnected", place, token: null,
                header: ("x-webhook-secret", "fake-acs-secret-for-seeds"))));
        Assert.Equal(["answer"], Asked);
        Assert.Equal("ended", await EndAsync(await TellAsync("CallConnected", place)));
        Assert.Equal(["answer", "add"], Asked);
        _world.Set(("Channels__Acs__ResourceId", null));
        using var shut = await SendAsync(address, "[]",
            [KeyValuePair.Create("Authorization", $"Bearer {(await Tokens.Value).GetProperty("tokens")[0].GetString()}")]);
        Assert.Equal(HttpStatusCode.ServiceUnavailable, shut.StatusCode);
    }

    [Fact]
    public async Task Calls_between_users_and_those_that_we_place_ourselves_are_left_alone()
    {
        _world.Set(("Channels__Acs__Numbers__493023125481__Hours", "always"));
        await RingAsync(from: "+493023125481");
        await GridAsync("IncomingCall",
            new { to = new { rawId = "8:acs:1" }, from = new { rawId = "8:acs:2" }, serverCallId = _call + "2",
                incomingCallContext = "ticket" });
        Assert.Empty(Asked);
    }

    [Fact]
    public async Task Events_may_come_by_a_queue_too_and_nobody_else_may_say_that_they_do()
    {
        var sms = JsonSerializer.Serialize(new { id = "q-1", source = "/communicationservices/beispiel-acs",
            type = "Microsoft.Communication.SMSReceived", time = _world.Time.GetUtcNow(), specversion = "1.0",
            data = new { messageId = "q-1", from = "4915123456701", to = "493023125480", message = "Aus der Warteschlange" } });
        foreach (var function in new[] { "TakeEvents", "RetakeEvents" }) Assert.True(await _world.InvokeAsync(function, "happened", sms));
        Assert.True(await _world.InvokeAsync("TakeEvents", "happened", "no event"));
        Assert.Equal(0, await _world.DrainAsync(bus: false));
        Assert.Equal(["Aus der Warteschlange"], (await _world.CasesAsync()).SelectMany(c => c.Texts()).OfType<string>());
        using var forged = await _world.SendAsync("QUEUE", "/api/hooks/acs/queue", [], Encoding.UTF8.GetBytes(sms));
        Assert.Equal("quarantined", await EndAsync(forged.Headers.GetValues("X-Delivery-Id").Single()));
    }
}
