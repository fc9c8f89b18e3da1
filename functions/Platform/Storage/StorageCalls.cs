using System.Text.Json;
using Azure;
using Azure.Core;
using Azure.Core.Pipeline;

namespace Serverless.Platform.Storage;

/// <summary>Sends requests of one storage service (tables, blobs or queues) and names what went wrong.</summary>
internal sealed class StorageCalls(HttpPipeline pipeline, Uri endpoint, string version, string setting, string role)
{
    private readonly string _endpoint = endpoint.AbsoluteUri.TrimEnd('/') + "/";

    /// <summary>Endpoint with a slash at the end.</summary>
    public string Endpoint => _endpoint;

    /// <summary>A request to a path (and query) that is already percent-encoded.</summary>
    public HttpMessage Create(RequestMethod method, string pathAndQuery)
    {
        var message = pipeline.CreateMessage();
        var request = message.Request;
        request.Method = method;
        request.Uri.Reset(new Uri(string.Concat(_endpoint, pathAndQuery)));
        request.Headers.Add("x-ms-version", version);
        return message;
    }

    /// <summary>Sends, with retries; only a cancelled caller sees <see cref="OperationCanceledException"/>.</summary>
    public async ValueTask<Response> SendAsync(HttpMessage message, CancellationToken ct)
    {
        try
        {
            await pipeline.SendAsync(message, ct);
            return message.Response;
        }
        catch (RequestFailedException e) when (e.Status == 401)
        {
            throw new StorageUnavailableException(e.Message, e.Status, e.ErrorCode, e);
        }
        catch (Exception e) when (e is RequestFailedException or AggregateException or IOException or HttpRequestException
            || (e is OperationCanceledException && !ct.IsCancellationRequested))
        {
            throw new StorageUnavailableException($"Storage did not answer. Check that {setting} names the right account and that it can be reached from here.", 0, null, e);
        }
    }

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

    /// <inheritdoc cref="Refused(int, string)"/>
    public StorageUnavailableException Refused(Response response) => Refused(response.Status, Code(response));

    /// <summary>Storage's error code: of the header, or of the body where tables put it.</summary>
    public static string? Code(Response response)
    {
        if (response.Headers.TryGetValue("x-ms-error-code", out var code)) return code;
        return response.ContentStream is null ? null : Code(response.Content.ToMemory().Span);
    }

    /// <summary>The code of <c>{"odata.error":{"code":"...","message":...}}</c>, or null for anything else.</summary>
    public static string? Code(ReadOnlySpan<byte> body)
    {
        var start = body.IndexOf((byte)'{');
        if (start < 0) return null;
        var reader = new Utf8JsonReader(body[start..]);
        try
        {
            while (reader.Read())
            {
                if (reader.TokenType == JsonTokenType.PropertyName && reader.ValueTextEquals("code"u8) && reader.Read() && reader.TokenType == JsonTokenType.String)
                    return reader.GetString();
            }
        }
        catch (JsonException)
        {
            // Not storage's own answer, say a proxy's page: the status alone must do.
        }

        return null;
    }
}
