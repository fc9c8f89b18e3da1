namespace Serverless.Platform.Storage;

/// <summary>A text that is not a valid row key, so no such row exists. Callers of HTTP functions get 404.</summary>
public sealed class ImpossibleKeyException(string message, string parameter) : ArgumentException(message, parameter);
