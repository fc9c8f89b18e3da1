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
    /// The answer of a client's call. No answer at all, or one that is not storage's (a proxy's page, say), is a <see cref="StorageUnavailableException"/>;
    /// a status that storage refused with stays the client's exception, since it may be what the caller asks for. A cancelled caller is told so.
    /// </summary>
    public async Task<T> AskAsync<T>(Task<T> call, CancellationToken ct)
    {
        try
        {
            return await call;
        }
        catch (RequestFailedException e) when (e.Status == 0)
        {
            throw Silent(e);
        }
        catch (Exception e) when (e is AggregateException or IOException or HttpRequestException or JsonException or XmlException
            or FormatException || IsAnotherAnswer(e) || (e is OperationCanceledException && !ct.IsCancellationRequested))
        {
            throw Silent(e);
        }
    }

    /// <summary>What a client's refusal means. Its own text is left out, which may repeat a URL or content; only a missing token says it best itself.</summary>
    public StorageUnavailableException Refused(RequestFailedException e) => e.ErrorCode is "NoToken"
        ? new StorageUnavailableException(e.Message, e.Status, e.ErrorCode, e)
        : Refused(e.Status, e.ErrorCode);

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

    // An answer that is JSON, but not of the kind that the client reads (an array for an object, say). The same exception from elsewhere is
    // a mistake of ours.
    private static bool IsAnotherAnswer(Exception e) =>
        e is InvalidOperationException { Source: { } source }
        && (source.StartsWith("System.Text.Json", StringComparison.Ordinal) || source.StartsWith("Azure.", StringComparison.Ordinal));

    private StorageUnavailableException Silent(Exception e) =>
        new($"Storage did not answer. Check that {setting} names the right account and that it can be reached from here.", 0, null, e);
}
