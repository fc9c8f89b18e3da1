namespace Serverless.Local.Azurite;

/// <summary>Why there is no Azurite, in one sentence that says what to do.</summary>
public sealed class AzuriteUnavailableException(string message, Exception? inner = null) : Exception(message, inner);
