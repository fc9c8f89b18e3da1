using Serverless.Contacts;

namespace Serverless.Channels.Meta;

/// <summary>What a piece of a delivery says, beside who said it, where and when.</summary>
/// <param name="Kind">What it is; a placeholder where we cannot read it.</param>
/// <param name="Text">The customer's words.</param>
/// <param name="Attachments">Null for none.</param>
internal readonly record struct MetaText(
    ContactKind Kind,
    string? Text = null,
    IReadOnlyList<Attachment>? Attachments = null);
