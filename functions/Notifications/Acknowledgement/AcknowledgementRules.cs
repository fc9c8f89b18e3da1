using Serverless.Cases.Rules;
using Serverless.Contacts;
using Serverless.Needs;

namespace Serverless.Notifications.Acknowledgement;

/// <summary>Decides who gets no acknowledgement (P9). Pure: depends on its arguments only.</summary>
internal static class AcknowledgementRules
{
    // After days of trouble a receipt says nothing any more; a long weekend of quiet hours is shorter.
    private static readonly TimeSpan Stale = TimeSpan.FromDays(4);

    /// <summary>Why a contact gets no receipt, a code of README.md; null when one is owed.</summary>
    /// <param name="file">The case.</param>
    /// <param name="contact">The contact.</param>
    /// <param name="reading">What the rules read in it.</param>
    /// <param name="ends">Whether it says that a contract ends.</param>
    /// <param name="dryRun">Whether receipts are only shown.</param>
    /// <param name="settings">Settings.</param>
    /// <param name="now">Now.</param>
    public static string? Objection(CaseFile file, Contact contact, TextReading reading, bool ends, bool dryRun,
        AcknowledgementOptions settings, DateTimeOffset now)
    {
        if (Silence(contact) is { } silence) return silence;
        if (contact.Place == Place.Public && !settings.InPublic) return "public";
        if (contact.SupersededBy is not null) return "too-late";
        // A confirmation is separate: it must be sent whatever happened before, and late is better than never.
        if (ends) return null;
        // Thanks want no answer, and neither does what is meant for somebody else.
        if (reading.Closing || reading.Need == NeedKinds.Praise) return "thanks";
        if (reading.Need == NeedKinds.Misdirected) return "misdirected";
        if (now - contact.ReceivedAt > Stale) return "too-late";
        if (file.Case.State == CaseState.Closed) return "case-closed";
        if (file.Case.WaitingSince is not { } since) return "answered";
        var last = Receipts(file, dryRun).Select(r => r.CreatedAt).DefaultIfEmpty(DateTimeOffset.MinValue).Max();
        // A further message does not move the due time, so there is nothing new to say until a colleague answers: this ends loops between
        // auto-responders.
        if (last >= since) return "said-before";
        return last > now.AddHours(-settings.GuardHours) ? "guard" : null;
    }

    /// <summary>Why a contact gets no automatic text at all; null when it may get one.</summary>
    public static string? Silence(Contact contact)
    {
        if (contact.Direction == Direction.Outbound) return "our-own";
        if (contact.Recovery is not null) return "recovered";
        if (contact.Extras is { } extras && (extras.ContainsKey(ExtraNames.Automatic) || extras.ContainsKey("noAutoReply")))
            return "automatic";
        return contact.Kind is ContactKind.Message or ContactKind.Comment or ContactKind.Post or ContactKind.Form
            or ContactKind.MissedCall or ContactKind.Voicemail
            ? null
            : "no-message";
    }

    /// <summary>Receipts of a case that count.</summary>
    public static IEnumerable<CaseReply> Receipts(CaseFile file, bool dryRun) =>
        file.Replies.Where(r => r.Automatic && r.State != ReplyState.Void && (dryRun || r.State != ReplyState.DryRun));
}
