using Serverless.Contacts;

namespace Serverless.Needs;

/// <summary>Where a contact was written, and whether its need belongs there.</summary>
internal static class Places
{
    private const string Phone = "phone";
    private const string Mail = "mail";
    private const string Messenger = "messenger";
    private const string Forum = "forum";
    private const string Public = "public";
    private const string Elsewhere = "elsewhere";

    /// <summary>Null where the place does not matter, or nobody can choose it (a device, a shop).</summary>
    public static bool? Fits(string need, Contact contact)
    {
        var place = Of(contact);
        if (place == Elsewhere) return null;
        var isPrivate = contact.Place == Place.Private;
        return need switch
        {
            NeedKinds.Safety or NeedKinds.Complaint or NeedKinds.Praise or NeedKinds.Idea => true,
            NeedKinds.Withdrawal or NeedKinds.Cancellation or NeedKinds.PrivacyRequest or NeedKinds.Press or NeedKinds.Confidential
                or NeedKinds.Complex => isPrivate,
            NeedKinds.Fault => place is Phone or Mail or Messenger or Forum,
            NeedKinds.Callback => place == Phone,
            NeedKinds.KnownQuestion => place is Forum or Messenger,
            NeedKinds.CanWait => place == Mail ? true : null,
            _ => null,
        };
    }

    private static string Of(Contact contact)
    {
        if (contact.Kind is ContactKind.DeviceEvent or ContactKind.Visit or ContactKind.Placeholder) return Elsewhere;
        if (contact.Call is not null || contact.Kind is ContactKind.Call or ContactKind.MissedCall or ContactKind.Voicemail) return Phone;
        if (contact.Place == Place.Public) return contact.Channel == "discourse" || contact.Kind == ContactKind.Post
            && contact.Network == "forum" ? Forum : Public;
        return contact.Network is "email" or "mail" || contact.Kind == ContactKind.Form ? Mail : Messenger;
    }
}
