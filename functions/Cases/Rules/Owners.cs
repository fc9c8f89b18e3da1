using Serverless.Contacts;

namespace Serverless.Cases.Rules;

/// <summary>Determines the owner of a new case.</summary>
public static class Owners
{
    /// <summary>By entry, then by network, then the default; null is an owner gap.</summary>
    public static string? For(Contact contact, OwnersOptions options)
    {
        if (contact.Entry is { } entry && options.Entries.GetValueOrDefault(entry.TrimStart('+')) is { Length: > 0 } byEntry)
            return byEntry;
        if (options.Networks.GetValueOrDefault(contact.Network) is { Length: > 0 } byNetwork) return byNetwork;
        return string.IsNullOrWhiteSpace(options.Default) ? null : options.Default;
    }
}
