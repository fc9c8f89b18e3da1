using System.Xml.Linq;
using Serverless.Channels;
using Serverless.Tests.Harness;
using Xunit;

namespace Serverless.Tests.Channels.Twilio;

/// <summary>A caller always gets valid TwiML: parsed as XML, only verbs and attributes Twilio documents, every address absolute and
/// https.</summary>
public sealed class TwimlTests
{
    /// <summary>From https://www.twilio.com/docs/voice/twiml, as far as we use it.</summary>
    private static readonly Dictionary<string, string[]> Verbs = new(StringComparer.Ordinal)
    {
        ["Response"] = [],
        ["Say"] = ["language", "voice"],
        ["Dial"] = ["answerOnBridge", "timeout", "action", "method"],
        ["Number"] = ["statusCallback", "statusCallbackEvent"],
        ["Sip"] = ["statusCallback", "statusCallbackEvent"],
        ["Record"] = ["action", "method", "maxLength", "timeout", "recordingStatusCallback", "recordingStatusCallbackEvent", "transcribe",
            "transcribeCallback"],
        ["Redirect"] = ["method"],
        ["Hangup"] = [],
    };

    public static TheoryData<string, string, string> Calls()
    {
        var calls = new TheoryData<string, string, string>();
        foreach (var number in new[] { "+442079460100", "+493023125100", "+493023125200", "+4930000", "sip:desk@example.sip.twilio.com", "",
            "\u0001<&>'\"" })
            foreach (var door in new[] { "voice", "voice/dial?next=1", "voice/dial?next=message", "voice/dial?next=-1",
                "voice/dial?next=99999999999", "voice/dial", "voice/message" })
                foreach (var acceptance in Enum.GetNames<Acceptance>())
                    calls.Add(number, door, acceptance);
        return calls;
    }

    [Theory]
    [MemberData(nameof(Calls))]
    public void Every_answer_to_a_call_is_valid(string number, string door, string acceptance)
    {
        var answer = new TwilioSetup().Answer(TwilioSetup.Delivery(door, ("To", number), ("CallStatus", "ringing"),
            ("DialCallStatus", "no-answer"), ("RecordingUrl", "https://api.twilio.com/x")), Enum.Parse<Acceptance>(acceptance));
        AssertValid(answer);
    }

    [Fact]
    public void Every_answer_of_a_seed_is_valid()
    {
        var desk = new TwilioSetup();
        foreach (var seed in Seed.Of("twilio").Where(s => s.PathAndQuery.Contains("/voice", StringComparison.Ordinal)))
            foreach (var acceptance in Enum.GetValues<Acceptance>())
                if (desk.Answer(seed.ToDelivery(desk.Channel), acceptance) is { Length: > 0 } answer)
                    AssertValid(answer);
    }

    [Fact]
    public void What_xml_cannot_hold_costs_nobody_the_answer()
    {
        var desk = new TwilioSetup(("Channels__Twilio__Numbers__442079460100__Greeting",
            "Good\u0000 morning <b>&\ud800 'you' \U0001F60A\uffff"));
        var answer = XDocument.Parse(desk.Answer(TwilioSetup.Call("voice", "ringing")));
        Assert.Equal("Good morning <b>& 'you' ", answer.Root!.Element("Say")!.Value);
    }

    [Fact]
    public void A_withheld_answer_gives_no_number_away()
    {
        var desk = new TwilioSetup();
        foreach (var door in new[] { "voice", "voice/dial?next=1", "voice/dial?next=0" })
        {
            var answer = desk.Answer(TwilioSetup.Call(door, "ringing", ("DialCallStatus", "busy")), Acceptance.Quarantined);
            Assert.DoesNotContain("Dial", answer, StringComparison.Ordinal);
            Assert.DoesNotContain("+44207946011", answer, StringComparison.Ordinal);
            Assert.Contains("<Record", answer, StringComparison.Ordinal);
        }
    }

    [Theory]
    [InlineData("+442079460100", "Dial", "action")]
    [InlineData("+493023125100", "Record", "recordingStatusCallback")]
    public void A_call_that_could_not_be_stored_is_answered_alike_and_comes_back(string number, string verb, string callback)
    {
        var answer = XDocument.Parse(new TwilioSetup().Answer(TwilioSetup.Delivery("voice", ("To", number)), Acceptance.NotStored));
        Assert.NotNull(answer.Root!.Element(verb)!.Attribute(callback));
    }

    [Fact]
    public void Even_a_call_that_only_hears_a_sentence_comes_back_when_it_could_not_be_stored()
    {
        var desk = new TwilioSetup(("Channels__Twilio__Default__RecordingNotice", null));
        var closed = TwilioSetup.Delivery("voice", ("To", "+493023125100"));
        Assert.Equal("Say Redirect", VerbsOf(desk.Answer(closed, Acceptance.NotStored)));
        Assert.Equal("Say Hangup", VerbsOf(desk.Answer(closed)));
        Assert.Equal("Hangup", VerbsOf(desk.Answer(TwilioSetup.Call("voice/message", "in-progress"))));
    }

    [Theory]
    [InlineData("en-GB", "120", true)]
    [InlineData("en-GB", "121", false)]
    [InlineData("de-DE", "60", false)]
    public void A_message_is_written_down_only_where_twilio_can(string language, string seconds, bool transcribed)
    {
        const string Number = "Channels__Twilio__Numbers__442079460100__";
        var desk = new TwilioSetup(($"{Number}Language", language), ($"{Number}MessageSeconds", seconds), ($"{Number}Hours", "never"));
        Assert.Equal(transcribed, desk.Answer(TwilioSetup.Call("voice", "ringing")).Contains("transcribe", StringComparison.Ordinal));
        Assert.Equal(!transcribed, desk.Channel.Problems().Any(p => p.StartsWith($"{Number}Transcribe", StringComparison.Ordinal)));
    }

    [Theory]
    [InlineData("completed")]
    [InlineData("answered")]
    public void A_call_that_was_answered_ends_and_asks_for_no_message(string status) =>
        Assert.Equal("Hangup",
            VerbsOf(new TwilioSetup().Answer(TwilioSetup.Call("voice/dial?next=message", "in-progress", ("DialCallStatus", status)))));

    private static string VerbsOf(string twiml) => string.Join(' ', XDocument.Parse(twiml).Root!.Elements().Select(e => e.Name.LocalName));

    private static void AssertValid(string twiml)
    {
        var document = XDocument.Parse(twiml);
        Assert.Equal("Response", document.Root!.Name);
        foreach (var element in document.Descendants())
        {
            Assert.True(Verbs.TryGetValue(element.Name.LocalName, out var attributes), element.ToString());
            Assert.Empty(element.Attributes().Select(a => a.Name.LocalName).Except(attributes!, StringComparer.Ordinal));
            foreach (var address in element.Attributes()
                .Where(a => a.Name.LocalName is "action" or "statusCallback" or "recordingStatusCallback" or "transcribeCallback")
                .Select(a => a.Value)
                .Concat(element.Name.LocalName is "Redirect" ? [element.Value] : []))
                Assert.StartsWith("https://contact.example.com/api/hooks/twilio/voice/", new Uri(address, UriKind.Absolute).AbsoluteUri,
                    StringComparison.Ordinal);
        }
    }
}
