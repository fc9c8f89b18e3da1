using Serverless.Contacts;
using Serverless.Platform.Storage;

namespace Serverless.Cases;

/// <summary>Distinguishes different contacts with the same id from one sender, such as two mails with one Message-ID.</summary>
internal static class ContactIds
{
    /// <summary>Whether the event is about another contact than the one that has this id.</summary>
    /// <param name="seen">Row of the contact that has the id.</param>
    /// <param name="e">The event.</param>
    public static bool IsAnother(TableRow seen, ContactEvent e) =>
        e.Clues?.Digest is { } digest && seen.Text("Digest") is { } known && known != digest;

    /// <summary>The event under a longer id. Only the second contact and those after it get one, so that ids are the provider's wherever
    /// that can be.</summary>
    public static ContactEvent Renamed(ContactEvent e) => e with
    {
        EventId = $"{e.EventId}#{e.Clues!.Digest}",
        Contact = e.Contact with { ExternalId = $"{e.Contact.ExternalId}#{e.Clues.Digest}" },
    };
}
