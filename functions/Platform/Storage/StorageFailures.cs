using System.Text.Json;
using System.Xml;
using Azure;

namespace Serverless.Platform.Storage;

/// <summary>What a failed call of an SDK client means to callers of a store, in one sentence that names the setting and the role.</summary>
/// <param name="setting">Section that names the account.</param>
/// <param name="role">Role that the service's calls need.</param>
internal sealed class StorageFailures(string setting, string role)
{
    /// <summary>
    /// The exception to throw for what a client threw; null for what is not storage's doing: a cancelled caller, an argument.
    /// An answer's own text is left out: it may repeat a URL or content.
    /// </summary>
    public StorageUnavailableException? Of(Exception e, CancellationToken ct) => e switch
    {
        RequestFailedException { ErrorCode: "NoToken" } failed => new StorageUnavailableException(failed.Message, failed.Status, failed.ErrorCode, failed),
        RequestFailedException { Status: > 0 } failed => Refused(failed.Status, failed.ErrorCode),
        RequestFailedException or AggregateException or IOException or HttpRequestException => Silent(e),
        OperationCanceledException when !ct.IsCancellationRequested => Silent(e),
        // A success whose body is not storage's: a proxy's page, say.
        JsonException or XmlException or FormatException or InvalidOperationException => Silent(e),
        _ => null,
    };

    /// <summary>The exception for an answer that is neither success nor one of the states a caller knows.</summary>
    public StorageUnavailableException Refused(int status, string? code)
    {
        var what = status switch
        {
            401 => $"Storage did not accept who we are: check {setting}__credential and {setting}__clientId (or the emulator's key).",
            403 => $"Storage refused us: assign the role {role} to the app's identity, and check {setting} and the account's network rules.",
            404 => $"Storage does not know this address: check {setting}.",
            413 => "The request is larger than storage takes.",
            429 or >= 500 => "Storage is busy or down, after retries.",
            _ => "Storage refused the request.",
        };
        return new StorageUnavailableException($"{what} ({status} {code})", status, code);
    }

    private StorageUnavailableException Silent(Exception e) =>
        new($"Storage did not answer. Check that {setting} names the right account and that it can be reached from here.", 0, null, e);
}
