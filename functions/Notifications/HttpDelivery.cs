using System.Net.Http.Headers;
using Serverless.Platform.OutboundHttp;

namespace Serverless.Notifications;

/// <summary>
/// Sends the HTTP request of a route and returns the outcome. Only the status counts: the body of the response is not read, redirects are
/// not followed.
/// </summary>
public sealed class HttpDelivery(GuardedHttp http, TimeProvider time)
{
    /// <summary>Sends once.</summary>
    /// <param name="request">To a public address.</param>
    /// <param name="patience">Until the answer's head is there.</param>
    /// <param name="ct">Cancels.</param>
    public async Task<AttemptOutcome> SendAsync(HttpRequestMessage request, TimeSpan patience, CancellationToken ct)
    {
        using var late = new CancellationTokenSource(patience, time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(ct, late.Token);
        try
        {
            using var response = await http.Client.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, either.Token);
            return AttemptOutcome.Of(response.StatusCode, WaitOf(response.Headers.RetryAfter));
        }
        catch (OperationCanceledException) when (!ct.IsCancellationRequested)
        {
            return new AttemptOutcome(AttemptOutcomeKind.Later, "timeout");
        }
        catch (HttpRequestException error) when (error.InnerException is ForbiddenAddressException)
        {
            return new AttemptOutcome(AttemptOutcomeKind.Later, "address-not-public");
        }
        catch (HttpRequestException error)
        {
            return new AttemptOutcome(AttemptOutcomeKind.Later, error.HttpRequestError.ToString());
        }
    }

    // Seconds or a date; a date in the past asks for nothing.
    private TimeSpan? WaitOf(RetryConditionHeaderValue? retryAfter)
    {
        var wait = retryAfter?.Delta ?? retryAfter?.Date - time.GetUtcNow();
        return wait > TimeSpan.Zero ? wait : null;
    }
}
