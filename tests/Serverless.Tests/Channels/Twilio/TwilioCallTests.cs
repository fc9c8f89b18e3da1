using Serverless.Channels;
using Serverless.Contacts;
using Serverless.Tests.Harness;
using Xunit;

namespace Serverless.Tests.Channels.Twilio;

/// <summary>What each callback of a call says. The fold keeps the furthest outcome, so the order of arrival does not count.</summary>
public sealed class TwilioCallTests
{
    private readonly TwilioSetup _desk = new();

    [Theory]
    [InlineData("voice", "ringing", "", CallOutcome.Ringing, false)]
    [InlineData("voice/status", "ringing", "", CallOutcome.Ringing, false)]
    [InlineData("voice/status", "in-progress", "", CallOutcome.Ringing, false)]
    [InlineData("voice/status", "completed", "", CallOutcome.Missed, true)]
    [InlineData("voice/status", "no-answer", "", CallOutcome.Missed, true)]
    [InlineData("voice/status", "busy", "", CallOutcome.Missed, true)]
    [InlineData("voice/status", "canceled", "", CallOutcome.Missed, true)]
    [InlineData("voice/status", "failed", "", CallOutcome.Missed, true)]
    [InlineData("voice", "completed", "", CallOutcome.Missed, true)]
    [InlineData("voice", "ringing", "CallbackSource=call-progress-events", CallOutcome.Ringing, false)]
    [InlineData("voice/status", "in-progress", "ParentCallSid=CA0", CallOutcome.Answered, false)]
    [InlineData("voice/status", "completed", "ParentCallSid=CA0&CallDuration=31", CallOutcome.Answered, false)]
    [InlineData("voice/status", "completed", "ParentCallSid=CA0&CallDuration=0", CallOutcome.Ringing, false)]
    [InlineData("voice/status", "no-answer", "ParentCallSid=CA0", CallOutcome.Ringing, false)]
    [InlineData("voice/dial?next=1", "ringing", "DialCallStatus=no-answer", CallOutcome.Ringing, false)]
    [InlineData("voice/dial?next=1", "ringing", "DialCallStatus=failed", CallOutcome.Ringing, false)]
    [InlineData("voice/dial?next=1", "no-answer", "DialCallStatus=canceled", CallOutcome.Missed, true)]
    [InlineData("voice/dial?next=message", "ringing", "DialCallStatus=busy", CallOutcome.Missed, false)]
    [InlineData("voice/dial?next=message", "in-progress", "DialCallStatus=completed", CallOutcome.Answered, false)]
    [InlineData("voice/message", "in-progress", "RecordingSid=RE1&RecordingUrl=https%3A%2F%2Fx&RecordingDuration=4", CallOutcome.Voicemail,
        false)]
    [InlineData("voice/message", "completed", "RecordingSid=RE1&RecordingUrl=https%3A%2F%2Fx&RecordingDuration=0", CallOutcome.Missed,
        true)]
    [InlineData("voice/message", "in-progress", "", CallOutcome.Missed, false)]
    [InlineData("voice/recording", "", "RecordingSid=RE1&RecordingStatus=completed&RecordingUrl=https%3A%2F%2Fx", CallOutcome.Voicemail,
        false)]
    [InlineData("voice/recording", "", "RecordingSid=RE1&RecordingStatus=absent", CallOutcome.Missed, false)]
    [InlineData("voice/recording", "", "RecordingSid=RE1&RecordingStatus=failed", CallOutcome.Missed, false)]
    [InlineData("voice/recording", "", "RecordingSid=RE1&RecordingStatus=completed&RecordingUrl=https%3A%2F%2Fx&RecordingSource=DialVerb",
        CallOutcome.Ringing, false)]
    [InlineData("voice/transcription", "completed", "TranscriptionSid=TR1&TranscriptionText=Hello", CallOutcome.Voicemail, false)]
    public void Each_callback_says_what_it_knows(string door, string status, string more, CallOutcome outcome, bool ended)
    {
        var contact = _desk.Event(TwilioSetup.Call(door, status, Parameters(more))).Contact;
        Assert.Equal(outcome, contact.Call!.Outcome);
        Assert.Equal(ended, contact.Call.Ended);
        Assert.Equal(outcome switch { CallOutcome.Missed => ContactKind.MissedCall, CallOutcome.Voicemail => ContactKind.Voicemail, _ =>
            ContactKind.Call }, contact.Kind);
        Assert.Equal(Direction.Inbound, contact.Direction);
    }

    /// <summary>The journeys of the seeds, by the SID of the customer's leg.</summary>
    [Theory]
    [InlineData("journey", CallOutcome.Voicemail)]
    [InlineData("closed", CallOutcome.Missed)]
    [InlineData("missed", CallOutcome.Missed)]
    [InlineData("answered", CallOutcome.Answered)]
    [InlineData("anonymous", CallOutcome.Missed)]
    public void A_journey_is_one_contact_with_one_outcome(string journey, CallOutcome outcome)
    {
        var events = Seed.Of("twilio").Where(s => s.Name.Split('-', 2)[1].StartsWith(journey, StringComparison.Ordinal))
            .Select(s => _desk.Event(s.ToDelivery(_desk.Channel))).ToList();
        Assert.True(events.Count >= 2);
        Assert.Single(events.Select(e => (e.Contact.Channel, e.Contact.Account, e.Contact.ExternalId)).Distinct());
        Assert.Equal(events.Count, events.Select(e => e.EventId).Distinct(StringComparer.Ordinal).Count());
        Assert.Single(events, e => e.Change == ContactChange.Received);
        Assert.Equal(outcome, events.Max(e => e.Contact.Call!.Outcome));
        Assert.Contains(events, e => e.Contact.Call!.Ended);
        // The file is named by each callback that knows it, and is the same file.
        Assert.Equal(outcome == CallOutcome.Voicemail ? 1 : 0, events.SelectMany(e => e.Contact.Attachments).Distinct().Count());
    }

    [Theory]
    [InlineData("anonymous")]
    [InlineData("Anonymous")]
    [InlineData("restricted")]
    [InlineData("unavailable")]
    [InlineData("+266696687")]
    [InlineData("+7378742833")]
    [InlineData("266696687")]
    [InlineData("+")]
    [InlineData("")]
    public void A_caller_who_withholds_the_number_is_nobody_and_stands_alone(string from)
    {
        var contact =
            _desk.Event(TwilioSetup.Delivery("voice", ("AccountSid", "AC1"), ("CallSid", "CA1"), ("CallStatus", "ringing"), ("From", from),
                ("To", "+493023125200"), ("CallerName", "X"))).Contact;
        Assert.Empty(contact.Parties);
        Assert.Null(contact.ThreadKey);
        Assert.Null(contact.Reply);
        Assert.Equal("+493023125200", contact.Entry);
    }

    [Theory]
    [InlineData("sip:100@pbx.example.com", "sip", "100@pbx.example.com")]
    [InlineData("client:website", "client", "website")]
    [InlineData("+4930231257", "phone", "+4930231257")]
    public void A_caller_is_known_by_what_the_call_shows_and_no_more(string from, string scheme, string value)
    {
        var contact =
            _desk.Event(TwilioSetup.Delivery("voice", ("AccountSid", "AC1"), ("CallSid", "CA1"), ("CallStatus", "ringing"), ("From", from),
                ("To", "+493023125200"), ("CallerName", "BEISPIEL GMBH"))).Contact;
        Assert.Equal(new Identity(scheme, value, Evidence.Claimed, scheme == "phone" ? null : "AC1", "BEISPIEL GMBH"),
            Assert.Single(contact.Parties));
        Assert.Equal(scheme == "phone", contact.ThreadKey is not null);
    }

    [Theory]
    [InlineData("initiated", CallOutcome.Ringing, false, ContactChange.Received)]
    [InlineData("in-progress", CallOutcome.Answered, false, ContactChange.Received)]
    [InlineData("completed", CallOutcome.Answered, true, ContactChange.Progressed)]
    [InlineData("no-answer", CallOutcome.Missed, true, ContactChange.Progressed)]
    public void A_call_of_our_own_people_is_an_answer_in_the_customers_conversation(string status, CallOutcome outcome, bool ended,
        ContactChange change)
    {
        var happened = _desk.Event(TwilioSetup.Delivery(
            "voice/status", ("AccountSid", "AC1"), ("CallSid", "CA9"), ("CallStatus", status), ("Direction", "outbound-api"),
            ("From", "+442079460100"), ("To", "+442079460987")));
        Assert.Equal(change, happened.Change);
        Assert.Equal((Direction.Outbound, ContactKind.Call, outcome, ended),
            (happened.Contact.Direction, happened.Contact.Kind, happened.Contact.Call!.Outcome, happened.Contact.Call.Ended));
        Assert.Equal("+442079460987", Assert.Single(happened.Contact.Parties).Value);
        Assert.Equal(_desk.Event(TwilioSetup.Call("voice", "ringing")).Contact.ThreadKey, happened.Contact.ThreadKey);
    }

    [Theory]
    [InlineData("voice/recording", "RecordingSid=RE1&RecordingStatus=in-progress", "recording-in-progress")]
    [InlineData("voice/transcription", "TranscriptionSid=TR1&TranscriptionStatus=failed", "transcription-without-text")]
    public void What_no_case_needs_is_ignored_with_a_reason(string door, string more, string reason) =>
        Assert.Equal(new Parsed.Ignored(reason), _desk.Read(TwilioSetup.Call(door, "completed", Parameters(more))));

    [Theory]
    [InlineData("voice/status", "")]
    [InlineData("voice/dial?next=1", "")]
    [InlineData("voice/recording", "RecordingSid=RE1")]
    [InlineData("voice/transcription", "")]
    [InlineData("voice/new-in-2027", "")]
    [InlineData("", "")]
    public void What_cannot_be_read_is_a_placeholder(string door, string more)
    {
        var delivery = TwilioSetup.Call(door, "", Parameters(more));
        var happened = _desk.Event(delivery);
        Assert.Equal(ContactKind.Placeholder, happened.Contact.Kind);
        Assert.Equal(happened.EventId, _desk.Event(delivery with { ReceivedAt = TwilioSetup.Now.AddDays(1) }).EventId);
        Assert.NotEqual(happened.EventId, _desk.Event(TwilioSetup.Call(door, "", ("Other", "1"))).EventId, StringComparer.Ordinal);
    }

    [Fact]
    public void The_time_is_twilios_where_it_gives_one() =>
        Assert.Equal(
            new DateTimeOffset(2026, 11, 2, 8, 5, 9, TimeSpan.Zero),
            _desk.Event(TwilioSetup.Call("voice/status", "completed",
                ("Timestamp", "Mon, 02 Nov 2026 08:05:09 +0000"))).Contact.OccurredAt);

    private static (string, string)[] Parameters(string form) =>
        [.. form.Split('&', StringSplitOptions.RemoveEmptyEntries).Select(p => p.Split('='))
            .Select(p => (p[0], Uri.UnescapeDataString(p[1])))];
}
