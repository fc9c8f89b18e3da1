namespace Serverless.Platform.Storage;

/// <summary>
/// Storage is unavailable or rejected a request after retries. The text names the likely setting or role, never content, a key or a URL.
/// </summary>
public sealed class StorageUnavailableException : Exception
{
    public StorageUnavailableException(string message, int status = 0, string? code = null, Exception? inner = null)
        : base(message, inner)
    {
        Status = status;
        Code = code;
    }

    /// <summary>HTTP status of the last answer; 0 when there was none (no connection, timeout).</summary>
    public int Status { get; }

    /// <summary>Storage's error code, say <c>AuthorizationPermissionMismatch</c>; null when there was none.</summary>
    public string? Code { get; }
}
