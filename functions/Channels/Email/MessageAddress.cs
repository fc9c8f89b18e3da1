namespace Serverless.Channels.Email;

/// <summary>
/// Address of a message, as a text: <c>users/{mailbox}/mailFolders/{folder}/messages/{id}</c>. The folder is the watched one where it
/// arrived; the message may have been moved since, its immutable id stays valid.
/// </summary>
/// <param name="Folder">The mailbox and folder.</param>
/// <param name="Id">The immutable id. https://learn.microsoft.com/en-us/graph/outlook-immutable-id</param>
internal readonly record struct MessageAddress(Watched Folder, string Id)
{
    private const int MaxId = 512;

    public override string ToString() => $"users/{Folder.Address}/mailFolders/{Folder.Folder}/messages/{Id}";

    /// <summary>Reads what <see cref="ToString"/> wrote; null for anything else.</summary>
    public static MessageAddress? Parse(string text) =>
        text.Split('/') is ["users", var address, "mailFolders", var folder, "messages", var id] && IsId(id)
        ? new(new(address, folder), id) : null;

    /// <summary>Whether it can be an id: it becomes part of an address, so nothing else may pass.</summary>
    public static bool IsId(string? id) =>
        id is { Length: > 0 and <= MaxId } && id.All(c => char.IsAsciiLetterOrDigit(c) || c is '-' or '_' or '=' or '+' or '.');
}
