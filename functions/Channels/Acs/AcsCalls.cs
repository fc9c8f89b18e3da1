using System.Text.Json;
using Serverless.Contacts;

namespace Serverless.Channels.Acs;

/// <summary>
/// Parses incoming calls and recordings from Event Grid; <see cref="CallEvents"/> parses the later events of an answered call.
/// https://learn.microsoft.com/azure/event-grid/communication-services-voice-video-events
/// </summary>
internal static class AcsCalls
{
    /// <param name="happened">The event.</param>
    /// <param name="current">Whether we answer it.</param>
    public static Parsed Incoming(AcsEvent happened, AcsOptions current)
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
        // The token to answer with (incomingCallContext) is a short-lived secret and is not stored in the contact.
        var found = new Parsed.Found(new ContactEvent($"{call}:incoming", ContactChange.Received, contact));
        return current.MayAnswer && IsForUs(to, data.Get("from"u8), current) ? found with { Step = happened.Step } : found;
    }

    /// <summary>Name of a telephone in the API: its number, <c>anonymous</c> where it is withheld; null for anything else.</summary>
    public static string? Telephone(JsonElement party) =>
        AcsMessages.Number(party.Get("phoneNumber"u8).Get("value"u8).AsText())
        ?? (party.Get("rawId"u8).AsText() is ['4', ':', _, ..] id ? id[2..] : null);

    /// <summary>Whether a call is one of a telephone to a number of ours: not one between users, and not one that we place ourselves from a
    /// number of ours, which would answer itself.</summary>
    private static bool IsForUs(JsonElement to, JsonElement from, AcsOptions current) =>
        AcsMessages.Number(to.Get("phoneNumber"u8).Get("value"u8).AsText()) is not null && Telephone(from) is { } caller
        && !current.Numbers.ContainsKey(caller.TrimStart('+'));

    /// <param name="happened">The event.</param>
    /// <param name="current">Whether we answer calls: then nothing but messages is recorded.</param>
    public static Parsed Recording(AcsEvent happened, AcsOptions current)
    {
        var call = Between(happened.Subject, "serverCallId/") ?? Between(happened.Subject, "call/")
            ?? throw new FormatException("A recording names no call.");
        List<Attachment> files = [];
        foreach (var chunk in happened.Data.Get("recordingStorageInfo"u8).Get("recordingChunks"u8).Items())
            if (chunk.Get("contentLocation"u8).AsText() is { } location) files.Add(new Attachment(location));
        if (files.Count == 0) return new Parsed.Ignored("recording-without-file");
        // A conversation that another application recorded says nothing of how the call went.
        var journey = new CallJourney { Outcome = current.MayAnswer ? CallOutcome.Voicemail : CallOutcome.Ringing };
        var contact = happened.Contact("voice", call, ContactKind.Call) with { Kind = journey.Kind, Attachments = files, Call = journey };
        return new Parsed.Found(new ContactEvent(happened.Id, ContactChange.Progressed, contact));
    }

    /// <summary>A caller from the telephone network has a number, which anybody can claim; a user of the resource has an id that it vouches
    /// for.</summary>
    private static (Identity? Party, string? Address) Party(JsonElement from, string? name)
    {
        if (AcsMessages.Number(from.Get("phoneNumber"u8).Get("value"u8).AsText()) is { } number)
            return (new Identity("phone", number, Evidence.Claimed, Name: name), number);
        // "4:anonymous" is a caller who withholds the number.
        return from.Get("rawId"u8).AsText() is { } id && !id.StartsWith("4:", StringComparison.Ordinal)
            ? (new Identity("acs", id, Evidence.Attested, Name: name), id) : (null, null);
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
