namespace Serverless.Platform.Storage;

/// <summary>A text that cannot be the key of a row: nothing of that name can be there. A caller of our HTTP functions hears 404 for it.</summary>
public sealed class ImpossibleKeyException(string message, string parameter) : ArgumentException(message, parameter);
