using System.Text;
using Microsoft.Extensions.DependencyInjection;
using Serverless.Cases.Rules;
using Serverless.Channels;
using Serverless.Channels.Placetel;
using Serverless.Contacts;
using Serverless.Platform.OutboundHttp;
using Serverless.Tests.Harness;
using Xunit;

namespace Serverless.Tests.Channels.Placetel;

/// <summary>Placetel's published signature, the journeys of its calls, what its callers meet, and its SMS.</summary>
public sealed class PlacetelCallTests
{
    private static readonly DateTimeOffset Now = new(2026, 11, 20, 9, 0, 0, TimeSpan.Zero);

    /// <summary>Printed in Placetel's own documentation. https://github.com/Placetel/call-control-notify-api#our-post-request</summary>
    [Fact]
    public void The_published_signature_is_genuine()
    {
        var channel = Channel(("Channels__Placetel__Secret", "12345"));
        var call = Call(
            "call_id=4a4cbb39578170aed9a2761a7bec8c7e704a541f52291ef603d6f5f152980c3c&event=CallAccepted&from=0123456789&to=0987654321")
            with
        {
            Headers = new Dictionary<string, string>(StringComparer.Ordinal) { ["x-placetel-signature"] =
                "c4f823c5b8806432fe2b83b1fc2ee714422e0cdfb4b5129152a7d0bbcd7792d0" },
        };
        Assert.IsType<VerificationResult.Valid>(channel.Verify(call));
        Assert.Equal(new VerificationResult.Invalid(VerificationReasons.SignatureWrong), Channel().Verify(call));
    }

    [Theory]
    [InlineData("answered", CallOutcome.Answered, 11, 184, ContactKind.Call)]
    [InlineData("missed", CallOutcome.Missed, 31, 31, ContactKind.MissedCall)]
    [InlineData("voicemail", CallOutcome.Voicemail, null, 52, ContactKind.Voicemail)]
    public void A_journey_is_one_contact(string journey, CallOutcome outcome, int? waited, int took, ContactKind kind)
    {
        var channel = Channel();
        var events = Seed.Of("placetel").Where(s => s.Name.Split('-', 2)[1].StartsWith(journey, StringComparison.Ordinal))
            .Select(s => Event(channel, s.ToDelivery(channel))).ToList();
        foreach (var order in new[] { events, events.AsEnumerable().Reverse() })
        {
            var contact = ContactFold.Fold(order);
            Assert.Equal((outcome, waited, took, kind),
                (contact.Call!.Outcome, contact.Call.WaitSeconds, contact.Call.DurationSeconds!.Value, contact.Kind));
        }
    }

    [Theory]
    [InlineData("03023125100", "+493023125100")]
    [InlineData("00442079460100", "+442079460100")]
    [InlineData("+493023125100", "+493023125100")]
    [InlineData("anonymous", null)]
    [InlineData("", null)]
    public void Numbers_are_read_as_they_are_dialled_in_the_country(string from, string? number)
    {
        var contact = Event(Channel(),
            Call($"event=IncomingCall&call_id=1&direction=in&to=03023125450&from={Uri.EscapeDataString(from)}")).Contact;
        Assert.Equal(number, contact.Parties.SingleOrDefault()?.Value);
        Assert.Equal(number is null ? null : $"{number} +493023125450", contact.ThreadKey);
    }

    [Fact]
    public void A_plan_is_said_whole_in_one_answer() => Assert.Equal(
        "<Response><Forward voicemail=\"true\" voicemail_announcement=\"4711\" forward_announcement=\"7684\"><Target ringtime=\"20\"><Number>7777demir@fpbx.de</Number><Number>03023125461</Number></Target>" +
        "<Target ringtime=\"30\"><Number>00442079460333</Number></Target></Forward></Response>",
        Xml(Channel(), "03023125450"));

    [Theory]
    [InlineData("Closed", "99", "<Response><Prompt id=\"99\" /></Response>")]
    [InlineData("Language", "de-DE", "<Response><Reject reason=\"busy\" /></Response>")]
    [InlineData("RecordingNotice", "55", "<Response><Forward voicemail=\"true\" voicemail_announcement=\"55\" /></Response>")]
    public void Outside_the_hours_a_caller_hears_what_the_plan_can_say(string member, string value, string xml) =>
        Assert.Equal(xml,
            Xml(Channel(("Channels__Placetel__Numbers__493023125459__Hours", "never"),
                ($"Channels__Placetel__Numbers__493023125459__{member}", value)), "03023125459"));

    [Fact]
    public void A_number_without_a_plan_keeps_placetels_routing_and_strangers_learn_nothing()
    {
        Assert.Equal("", Xml(Channel(), "03023125499"));
        Assert.Equal("<Response />", Xml(Channel(), "03023125450", Acceptance.Quarantined));
        Assert.StartsWith("<Response><Forward", Xml(Channel(), "03023125450", Acceptance.NotStored), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_reply_goes_out_as_an_sms_and_says_what_became_of_it()
    {
        await using var api = await PlacetelApi.StartAsync();
        var channel = (ISendsReplies)Channel(("Channels__Placetel__ApiUrl", api.Url), ("Channels__Placetel__Token", PlacetelApi.Token));
        var contact = Event(Channel(), Call("event=IncomingCall&call_id=1&direction=in&to=03023125450&from=00442079460222")).Contact;
        var reply = new Reply { Id = "0123", To = contact, Text = "Wir rufen zurück.", CaseNumber = "7K3M-P2QX" };

        var sent = Assert.IsType<ReplyOutcome.Sent>(await channel.SendAsync(reply, default));
        Assert.Equal(("sms:0123", contact.ThreadKey), (sent.Event.Contact.ExternalId, sent.Event.Contact.ThreadKey));
        Assert.Equal("+442079460222", (string?)Assert.Single(api.Sms)["recipient"]);

        foreach (var (answer, outcome) in new (int, Type)[] { (401, typeof(ReplyOutcome.Refused)), (422, typeof(ReplyOutcome.Refused)),
            (429, typeof(ReplyOutcome.Later)), (503, typeof(ReplyOutcome.Uncertain)) })
        {
            api.Trouble(answer);
            Assert.IsType(outcome, await channel.SendAsync(reply, default));
        }

        Assert.Equal(ReplyReasons.NoReplyPath,
            Assert.IsType<ReplyOutcome.Refused>(await channel.SendAsync(reply with { To = contact with { Reply = null } },
                default)).Reason);
        Assert.Equal(ReplyReasons.NotPermitted,
            Assert.IsType<ReplyOutcome.Refused>(await ((ISendsReplies)Channel()).SendAsync(reply, default)).Reason);
    }

    [Fact]
    public async Task What_has_no_api_is_said_with_the_step_for_a_person()
    {
        var channel = Channel();
        Assert.NotEmpty(((IReconciles)channel).Blind);
        var registration =
            Assert.Single(
                await ((IRegistersWebhooks)channel).CheckAsync(new RegistrationCheckRequest("https://contact.example.com", Repair: true),
                    default));
        Assert.Equal(RegistrationState.ByHand, registration.State);
        Assert.Contains("https://contact.example.com/api/hooks/placetel", registration.Step!, StringComparison.Ordinal);
    }

    private static string Xml(IChannel channel, string to, Acceptance acceptance = Acceptance.Stored) =>
        Encoding.UTF8.GetString(channel.Respond(Call($"event=IncomingCall&call_id=1&from=anonymous&direction=in&to={to}"),
            acceptance).Body.Span)
            .Replace("<?xml version=\"1.0\" encoding=\"utf-8\"?>", "", StringComparison.Ordinal);

    private static IChannel Channel(params (string Name, string? Value)[] settings)
    {
        var all = Seed.SettingsOf("placetel");
        foreach (var (name, value) in settings) all[name] = value;
        var services = new ServiceCollection().AddSingleton<TimeProvider>(new FakeTime(Now))
            .AddSingleton(_ => new GuardedHttp(loopbackToo: true)).AddSingleton<ProviderHttp>();
        PlacetelChannel.Add(services, Seed.Configuration(all));
        return services.BuildServiceProvider().GetRequiredService<IChannel>();
    }

    private static Delivery Call(string form) => new()
    {
        Id = new string('0', 32),
        Channel = "placetel",
        Method = "POST",
        PathAndQuery = "/api/hooks/placetel",
        Headers = new Dictionary<string, string>(StringComparer.Ordinal),
        Body = Encoding.UTF8.GetBytes(form),
        ReceivedAt = Now,
    };

    private static ContactEvent Event(IChannel channel, Delivery delivery) => ((Parsed.Found)channel.Read(delivery).Single().Read()).Event;
}
