using System.Collections.Concurrent;
using System.Text.Json.Nodes;
using Microsoft.AspNetCore.Http;
using Serverless.Tests.Harness;

namespace Serverless.Tests.Channels.Placetel;

/// <summary>Placetel's REST API on loopback, as far as it is used: SMS, strict about token and fields. What the test does not know of fails
/// it. https://api.placetel.de/v2/docs/</summary>
public sealed class PlacetelApi : IAsyncDisposable
{
    public const string Token = "fake-placetel-token";

    private StrictEndpoint _endpoint = null!;

    public ConcurrentQueue<JsonObject> Sms { get; } = new();

    public string Url => $"{_endpoint.Address.AbsoluteUri}v2";

    public static async Task<PlacetelApi> StartAsync()
    {
        var api = new PlacetelApi();
        api._endpoint = await StrictEndpoint.StartAsync(api.AnswerAsync);
        return api;
    }

    /// <summary>The next call gets this answer; status 0 resets the connection.</summary>
    public void Trouble(int status) => _endpoint.Trouble(status);

    public ValueTask DisposeAsync() => _endpoint.DisposeAsync();

    private Task AnswerAsync(HttpContext context, RecordedRequest request)
    {
        if (request.Headers.GetValueOrDefault("Authorization") != $"Bearer {Token}") context.Response.StatusCode = 401;
        else if ((request.Method, request.Target) is ("POST", "/v2/sms") && JsonNode.Parse(request.Body) is JsonObject { Count: 2 } sms
            && ((string)sms["recipient"]!).StartsWith('+') && sms["message"] is not null) Sms.Enqueue(sms);
        else
        {
            _endpoint.Complain($"{request.Method} {request.Target}");
            context.Response.StatusCode = 404;
        }

        return Task.CompletedTask;
    }
}
