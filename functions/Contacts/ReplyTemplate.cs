namespace Serverless.Contacts;

/// <summary>An approved template of the provider.</summary>
/// <param name="Name">As it is registered.</param>
/// <param name="Language">The provider's code, e.g. <c>de</c>.</param>
/// <param name="Values">Of its placeholders, in order.</param>
public sealed record ReplyTemplate(string Name, string Language, IReadOnlyList<string> Values);
