using System.Text;
using System.Xml.Linq;
using Microsoft.Extensions.DependencyInjection;
using Serverless.Cases.Rules;
using Serverless.Channels;
using Serverless.Channels.Sipgate;
using Serverless.Contacts;
using Serverless.Platform.OutboundHttp;
using Serverless.Tests.Harness;
using Xunit;

namespace Serverless.Tests.Channels.Sipgate;

/// <summary>sipgate's real signature, the journeys of its calls, and what its callers meet.</summary>
public sealed class SipgateCallTests
{
    private static readonly DateTimeOffset Now = new(2026, 11, 20, 9, 0, 0, TimeSpan.Zero);

    /// <summary>Printed in sipgate's own test code, signed with its real key.
    /// https://github.com/sipgate-io/sipgateio-node/blob/master/lib/webhook/webhook.test.node.ts</summary>
    private const string PublishedBody =
        "callId=&direction=in&event=newCall&from=4912354678&fullUserId%5B%5D%5B0%5D=123456789&originalCallId=&to=49999999&user%5B%5D%5B0%5D=TestUser&userId%5B%5D%5B0%5D=123456789&xcid=";

    private const string PublishedSignature =
        "hlY7r9Vad0NP/7xJxf+vcDqjWaGWHOcIrj+rcP5aqQQcHtbSLsElp2kRNRPBL5unWbq6bExVPZB49HHM+Y/fWSVL19q7KSJhYPHfikcME0r0mCYB4S/VnJwnIvpiqz6s7Dpnk3wDCy65B3WQLwBVWA9oh6ojNM/g+87YnoMTKRx" +
        "1KoFqosKNfBp1c1I8XjXusGOW/VlGnMb6wHhUVdwi9K7FfUgxj2pnV+M1Xv9rYs6RAi4V1OcUPqdT5geHsxWa09sk+AEHSUm1EFnAvx7PhIkugpNwST7yPKHf0+iyei4qUQCBZtfQVOI4mLZTRfQuyVo3YuJfvHaNPYY34/1ZCZ" +
        "GCKeu+HS6WHs1vGUyKxSi8v4JJqog2VOlWruf8pMGg+syuAFwuxiCnWsSXgaaUfe9JrBAFjBxUmNP9DzR1bbkwxkJnthacu7jALXjGsubjSSSl955QgenV/ZpODHgWDPg0fe6qGILtk+kXLjyfSsoR/qgzE5W5OAyZq8W64h01K" +
        "At9Q283N7/2nogy6keiIWL3qjPolWnrchSP7iJUatM2YiTcpkNKnJ70UE05cdw3swuNe7zqD51MdOX3rAioEOFgOIFMSrxMVX+V4XK7sa5o43smN8lHoa+0AogQMuIrC7k2axdRbulSSNfyqVAZIT4qS0cItiv3aPXsdDKkkA0=";

    [Fact]
    public void A_push_signed_by_sipgate_itself_is_genuine_without_any_setting_of_a_key()
    {
        var channel = Channel(("Channels__Sipgate__PublicKey", null));
        var delivery = Push(PublishedBody)
            with { Headers = new Dictionary<string, string>(StringComparer.Ordinal) { ["x-sipgate-signature"] = PublishedSignature } };
        Assert.IsType<VerificationResult.Valid>(channel.Verify(delivery));
        Assert.Equal(new VerificationResult.Invalid(VerificationReasons.SignatureWrong),
            channel.Verify(delivery
                with { Body = Encoding.UTF8.GetBytes(PublishedBody.Replace("123456789", "123456779", StringComparison.Ordinal)) }));
    }

    [Fact]
    public void A_key_may_be_given_as_pem_too()
    {
        var pem = $"-----BEGIN PUBLIC KEY-----\n{Seed.SettingsOf("sipgate")["Channels__Sipgate__PublicKey"]}\n-----END PUBLIC KEY-----\n";
        var seed = Seed.Of("sipgate")[0];
        var channel = Channel(("Channels__Sipgate__PublicKey", pem));
        Assert.IsType<VerificationResult.Valid>(channel.Verify(seed.ToDelivery(channel)));
        Assert.Empty(channel.Problems());
    }

    [Theory]
    [InlineData("journey", CallOutcome.Answered, 9, 420)]
    [InlineData("closed", CallOutcome.Voicemail, null, 50)]
    [InlineData("anonymous", CallOutcome.Missed, 42, 42)]
    [InlineData("overtaken", CallOutcome.Answered, 242, 241)]
    public void A_journey_is_one_contact_whatever_the_order_of_its_pushes(string journey, CallOutcome outcome, int? waited, int? took)
    {
        var channel = Channel();
        var events = Seed.Of("sipgate").Where(s => s.Name.Split('-', 2)[1].StartsWith(journey, StringComparison.Ordinal))
            .Select(s => Event(channel, s.ToDelivery(channel))).ToList();
        Assert.Single(events.Select(e => (e.Contact.Account, e.Contact.ExternalId)).Distinct());
        Assert.Equal(events.Count, events.Select(e => e.EventId).Distinct(StringComparer.Ordinal).Count());
        var contact = ContactFold.Fold(events);
        Assert.Equal(contact.Call!.Outcome, outcome);
        Assert.Equal((waited, took, true), (contact.Call.WaitSeconds, contact.Call.DurationSeconds, contact.Call.Ended));
        foreach (var order in new[] { events.AsEnumerable().Reverse(), events.OrderBy(e => e.EventId, StringComparer.Ordinal) })
            Assert.Equal(ContactJsonText(contact), ContactJsonText(ContactFold.Fold(order)));
    }

    [Fact]
    public void A_transfer_is_a_leg_of_the_same_journey_and_names_who_was_reached()
    {
        var channel = Channel();
        var contact = ContactFold.Fold(Seed.Of("sipgate").Where(s => s.Name.Contains("journey", StringComparison.Ordinal))
            .Select(s => Event(channel, s.ToDelivery(channel))));
        Assert.Equal([new CallLeg("5f1c01", "Ayşe Demir", CallOutcome.Answered),
            new CallLeg("5f1c02", "Marta König", CallOutcome.Answered, Transferred: true)], contact.Call!.Legs!);
        Assert.Equal(("+493023125400", "+442079460555 +493023125400"), (contact.Entry, contact.ThreadKey));
    }

    [Theory]
    [InlineData("cancel", CallOutcome.Missed, true)]
    [InlineData("noAnswer", CallOutcome.Missed, true)]
    [InlineData("busy", CallOutcome.Missed, true)]
    [InlineData("congestion", CallOutcome.Missed, true)]
    [InlineData("notFound", CallOutcome.Missed, true)]
    [InlineData("forwarded", CallOutcome.Ringing, false)]
    [InlineData("normalClearing", CallOutcome.Ringing, true)]
    public void A_hangup_says_by_its_cause_what_it_knows(string cause, CallOutcome outcome, bool ended)
    {
        var contact = Event(Channel(), Push($"event=hangup&callId=1&from=442079460555&to=493023125400&direction=in&cause={cause}")).Contact;
        Assert.Equal((outcome, ended), (contact.Call!.Outcome, contact.Call.Ended));
    }

    [Theory]
    [InlineData("493023125400", "in", "", "Dial/Number=493023125411,493023125413")]
    [InlineData("493023125400", "in", "&origCallId=0", "")]
    [InlineData("493023125400", "out", "", "")]
    [InlineData("493023125401", "in", "", "Dial/Voicemail")]
    [InlineData("493023125403", "in", "", "Reject")]
    [InlineData("493023125499", "in", "", "")]
    public void A_new_call_meets_the_plan_of_its_number_and_every_answer_asks_for_what_follows(string to, string direction, string more,
        string verbs)
    {
        var channel = Channel(("Channels__Sipgate__Numbers__493023125403__Hours", "never"));
        foreach (var acceptance in new[] { Acceptance.Stored, Acceptance.NotStored })
        {
            var xml = Xml(channel.Respond(Push($"event=newCall&callId=1&from=442079460555&to={to}&direction={direction}{more}"),
                acceptance));
            Assert.Equal("https://contact.example.com/api/hooks/sipgate", xml.Attribute("onAnswer")!.Value);
            Assert.Equal("https://contact.example.com/api/hooks/sipgate", xml.Attribute("onHangup")!.Value);
            Assert.Equal(verbs, Verbs(xml));
        }
    }

    [Fact]
    public void A_caller_who_is_not_proven_genuine_learns_no_number_of_ours() =>
        Assert.Equal("",
            Verbs(Xml(Channel()
                .Respond(Push("event=newCall&callId=1&from=442079460555&to=493023125400&direction=in"), Acceptance.Quarantined))));

    [Fact]
    public void Without_our_own_address_the_answer_is_valid_and_asks_for_nothing()
    {
        var xml = Xml(Channel(("Hooks__PublicBaseUrl", null))
            .Respond(Push("event=newCall&callId=1&from=442079460555&to=493023125400&direction=in"), Acceptance.Stored));
        Assert.Empty(xml.Attributes());
        Assert.Equal("Dial/Number=493023125411,493023125413", Verbs(xml));
    }

    [Fact]
    public void An_event_that_needs_no_answer_hears_503_while_storage_is_down() =>
        Assert.Equal(503, Channel().Respond(Push("event=hangup&callId=1&cause=cancel"), Acceptance.NotStored).Status);

    internal static IChannel Channel(params (string Name, string? Value)[] settings)
    {
        var all = Seed.SettingsOf("sipgate");
        foreach (var (name, value) in settings) all[name] = value;
        var configuration = Seed.Configuration(all);
        var services = new ServiceCollection().AddSingleton<TimeProvider>(new FakeTime(Now))
            .AddSingleton(_ => new GuardedHttp(loopbackToo: true)).AddSingleton<ProviderHttp>();
        services.AddOptions<HooksOptions>().Configure(h => h.PublicBaseUrl = all["Hooks__PublicBaseUrl"]);
        SipgateChannel.Add(services, configuration);
        return services.BuildServiceProvider().GetRequiredService<IChannel>();
    }

    private static Delivery Push(string form) => new()
    {
        Id = new string('0', 32),
        Channel = "sipgate",
        Method = "POST",
        PathAndQuery = "/api/hooks/sipgate",
        Headers = new Dictionary<string, string>(StringComparer.Ordinal),
        Body = Encoding.UTF8.GetBytes(form),
        ReceivedAt = Now,
    };

    private static ContactEvent Event(IChannel channel, Delivery delivery) => ((Parsed.Found)channel.Read(delivery).Single().Read()).Event;

    private static XElement Xml(WebhookResponse answer)
    {
        Assert.Equal((200, "application/xml"), (answer.Status, answer.ContentType));
        return XDocument.Parse(Encoding.UTF8.GetString(answer.Body.Span)).Root!;
    }

    private static string Verbs(XElement response) => string.Join(' ', response.Elements().Select(verb =>
        verb.Elements().Any()
        ? $"{verb.Name}/{verb.Elements().First().Name}{(verb.Value.Length > 0 ? "=" + string.Join(',', verb.Elements().Select(e => e.Value)) : "")}" : verb.Name.ToString()));

    private static string ContactJsonText(Contact contact) =>
        System.Text.Json.JsonSerializer.Serialize(contact, ContactJson.Default.Contact);
}
