using Azure;
using Azure.Core;
using Azure.Core.Pipeline;
using Serverless.Cloud;
using Serverless.Telemetry;

namespace Serverless.Platform.Messaging;

/// <summary>Requests to the bus: retried, counted, and what goes wrong said in one sentence.</summary>
internal sealed class BusCalls(BusNamespace bus, CallCount count)
{
    private readonly HttpPipeline _pipeline = CloudPipeline.Build(bus.Transport, bus.Authentication(), count.CountBus);

    /// <summary>A request to a path whose segments are escaped here; the query, if any, is taken as it is.</summary>
    public HttpMessage Create(RequestMethod method, string path, string query = "")
    {
        var call = _pipeline.CreateMessage();
        call.Request.Method = method;
        call.Request.Uri.Reset(new Uri(bus.Endpoint, string.Join('/', path.Split('/').Select(Uri.EscapeDataString)) + query));
        return call;
    }

    /// <summary>Sends it; no answer at all is a <see cref="BusUnavailableException"/>.</summary>
    public async ValueTask SendAsync(HttpMessage call, CancellationToken ct)
    {
        try
        {
            await _pipeline.SendAsync(call, ct);
        }
        catch (RequestFailedException e) when (e.Status == 401)
        {
            throw new BusUnavailableException(e.Message, e.Status, retryable: true, e);
        }
        catch (Exception e) when (e is RequestFailedException or AggregateException or IOException or HttpRequestException
            || (e is OperationCanceledException && !ct.IsCancellationRequested))
        {
            throw new BusUnavailableException($"The bus did not answer. Check that {bus.Setting} names the right namespace and that it can be reached from here.", 0, retryable: true, e);
        }
    }

    /// <summary>What a status means that was not hoped for.</summary>
    /// <param name="status">HTTP status.</param>
    /// <param name="role">The role that the call needs.</param>
    public BusUnavailableException Refused(int status, string role)
    {
        var what = status switch
        {
            401 or 403 => $"The bus refused us: assign the role {role} to the app's identity, and check {bus.Setting}__credential and {bus.Setting}__clientId.",
            404 or 410 => $"The bus has no such topic: check {bus.Setting} and that the topics of messaging.json are deployed.",
            413 => "The message is larger than the bus takes.",
            429 or >= 500 => "The bus is busy or down, after retries.",
            _ => "The bus refused the message.",
        };
        return new BusUnavailableException($"{what} ({status})", status, retryable: status is 408 or 429 or >= 500);
    }
}
