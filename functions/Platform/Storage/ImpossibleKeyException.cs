namespace Serverless.Platform.Storage;

/// <summary>A text that cannot be the key of a row: nothing of that name can be there. A caller of HTTP functions hears 404.</summary>
public sealed class ImpossibleKeyException(string message, string parameter) : ArgumentException(message, parameter);
