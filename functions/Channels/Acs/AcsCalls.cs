using System.Text.Json;

namespace Serverless.Channels.Acs;

/// <summary>
/// Reads calls and recordings. A call is rung and no more here: who takes it must answer within seconds by Call Automation, and Event Grid gives no answer that could route it; so it is
/// an open call in the case, and people see that somebody rang. https://learn.microsoft.com/azure/event-grid/communication-services-voice-video-events
/// </summary>
internal static class AcsCalls
{
    public static Reading Incoming(AcsEvent happened)
    {
        var data = happened.Data;
        var call = data.Get("serverCallId"u8).AsText() ?? data.Get("correlationId"u8).AsText() ?? happened.Id;
        var (party, address) = Party(data.Get("from"u8), data.Get("callerDisplayName"u8).AsText());
        var to = data.Get("to"u8);
        var entry = AcsMessages.Number(to.Get("phoneNumber"u8).Get("value"u8).AsText()) ?? to.Get("rawId"u8).AsText();
        var contact = happened.Contact("voice", call, ContactKind.Call) with
        {
            Entry = entry,
            ThreadKey = address is null || entry is null ? null : $"{address} {entry}",
            Parties = party is null ? [] : [party],
            Reply = address is ['+', ..] ? new ReplyPath(address) : null,
            Call = new CallJourney { Outcome = CallOutcome.Ringing },
        };
        // The ticket to answer with (incomingCallContext) is a secret of the moment and is not kept in the contact.
        return new Reading.Found(new ContactEvent($"{call}:incoming", ContactChange.Received, contact));
    }

    public static Reading Recording(AcsEvent happened)
    {
        var call = Between(happened.Subject, "serverCallId/") ?? Between(happened.Subject, "call/") ?? throw new FormatException("A recording names no call.");
        List<Attachment> files = [];
        foreach (var chunk in happened.Data.Get("recordingStorageInfo"u8).Get("recordingChunks"u8).Items())
            if (chunk.Get("contentLocation"u8).AsText() is { } location) files.Add(new Attachment(location));
        if (files.Count == 0) return new Reading.Ignored("recording-without-file");
        // A recording of a conversation says nothing of how the call went.
        var contact = happened.Contact("voice", call, ContactKind.Call) with { Attachments = files, Call = new CallJourney { Outcome = CallOutcome.Ringing } };
        return new Reading.Found(new ContactEvent(happened.Id, ContactChange.Progressed, contact));
    }

    /// <summary>A caller from the telephone network has a number, which anybody can claim; a user of the resource has an id that it vouches for.</summary>
    private static (Identity? Party, string? Address) Party(JsonElement from, string? name)
    {
        if (AcsMessages.Number(from.Get("phoneNumber"u8).Get("value"u8).AsText()) is { } number) return (new Identity("phone", number, Evidence.Claimed, Name: name), number);
        // "4:anonymous" is a caller who withholds the number.
        return from.Get("rawId"u8).AsText() is { } id && !id.StartsWith("4:", StringComparison.Ordinal) ? (new Identity("acs", id, Evidence.Attested, Name: name), id) : (null, null);
    }

    private static string? Between(string subject, string before)
    {
        var start = subject.IndexOf(before, StringComparison.OrdinalIgnoreCase);
        if (start < 0) return null;
        start += before.Length;
        var end = subject.IndexOf('/', start);
        var part = end < 0 ? subject[start..] : subject[start..end];
        return part.Length > 0 ? part : null;
    }
}
