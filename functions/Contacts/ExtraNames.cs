namespace Serverless.Contacts;

/// <summary>Names in <see cref="Contact.Extras"/> that mean the same on every channel.</summary>
public static class ExtraNames
{
    /// <summary>Our id of a reply, on channels that give it back with the echo (a header of a mail).</summary>
    public const string ReplyId = "reply.id";

    /// <summary>Says that a machine wrote the contact, and what kind of machine.</summary>
    public const string Automatic = "automatic";

    /// <summary>Value of <see cref="Automatic"/> for our own acknowledgements: they are no answer, and the customer still waits.</summary>
    public const string Acknowledgement = "receipt";
}
