using System.Globalization;
using System.Net;

namespace Serverless.Platform.OutboundHttp;

/// <summary>Calls a provider's API: guarded, bounded in time and size; errors are returned as values.</summary>
public sealed class ProviderHttp(GuardedHttp http, TimeProvider time)
{
    /// <summary>Largest answer that is read whole, in bytes.</summary>
    public const int MaxBytes = 16 * 1024 * 1024;

    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(20);

    /// <summary>Sends a request and reads the answer whole, at most <see cref="MaxBytes"/>. Throws only when cancelled by the
    /// caller.</summary>
    public async Task<ProviderResponse> SendAsync(HttpRequestMessage request, CancellationToken ct)
    {
        using var patience = CancellationTokenSource.CreateLinkedTokenSource(ct);
        patience.CancelAfter(Patience);
        try
        {
            if (request.RequestUri is not { } url || !GuardedClient.MayCall(url, http.LoopbackToo)) return ProviderResponse.NotCalled;
            using var response = await http.Client.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, patience.Token);
            if (response.Content.Headers.ContentLength > MaxBytes)
                return new ProviderResponse((int)response.StatusCode, default, RetryAfter(response), MaybeSent: true) { TooLarge = true };
            var body = await ReadAsync(response.Content, patience.Token);
            return new ProviderResponse((int)response.StatusCode, body
                ?? default, RetryAfter(response), MaybeSent: true) { TooLarge = body is null };
        }
        catch (Exception error) when (error is HttpRequestException or IOException or ForbiddenAddressException
            || (error is OperationCanceledException && !ct.IsCancellationRequested))
        {
            // Nothing was sent only if no connection came about; after that nobody knows.
            var never = error is ForbiddenAddressException
                or HttpRequestException { HttpRequestError: HttpRequestError.ConnectionError or HttpRequestError.NameResolutionError
                    or HttpRequestError.SecureConnectionError, InnerException: not IOException };
            return new ProviderResponse(0, default, null, MaybeSent: !never);
        }
    }

    /// <summary>Opens an answer for streaming; null body on failure. The caller disposes the response. Throws only when cancelled by the
    /// caller.</summary>
    public async Task<HttpResponseMessage?> OpenAsync(HttpRequestMessage request, CancellationToken ct)
    {
        using var patience = CancellationTokenSource.CreateLinkedTokenSource(ct);
        patience.CancelAfter(Patience);
        try
        {
            if (request.RequestUri is not { } url || !GuardedClient.MayCall(url, http.LoopbackToo)) return null;
            return await http.Client.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, patience.Token);
        }
        catch (Exception error) when (error is HttpRequestException or IOException or ForbiddenAddressException
            || (error is OperationCanceledException && !ct.IsCancellationRequested))
        {
            return null;
        }
    }

    /// <summary>
    /// Delay requested by a response, in seconds, as a date, or as the second at which a limit is reset (X and others); null when there
    /// is none.
    /// </summary>
    public TimeSpan? RetryAfter(HttpResponseMessage response) => response.Headers.RetryAfter switch
    {
        { Delta: { } delta } => delta,
        { Date: { } date } when date > time.GetUtcNow() => date - time.GetUtcNow(),
        _ => response.StatusCode is HttpStatusCode.TooManyRequests ? UntilReset(response) : null,
    };

    private TimeSpan? UntilReset(HttpResponseMessage response) =>
        response.Headers.TryGetValues("x-rate-limit-reset", out var values)
        && long.TryParse(values.First(), NumberStyles.None, CultureInfo.InvariantCulture, out var seconds)
        && seconds - time.GetUtcNow().ToUnixTimeSeconds() is > 0 and < 24 * 60 * 60 and var wait ? TimeSpan.FromSeconds(wait) : null;

    private static async Task<ReadOnlyMemory<byte>?> ReadAsync(HttpContent content, CancellationToken ct)
    {
        await using var stream = await content.ReadAsStreamAsync(ct);
        using var whole = new MemoryStream();
        var buffer = new byte[16 * 1024];
        int read;
        while ((read = await stream.ReadAsync(buffer, ct)) > 0)
        {
            if (whole.Length + read > MaxBytes) return null;
            whole.Write(buffer, 0, read);
        }

        return whole.GetBuffer().AsMemory(0, (int)whole.Length);
    }
}

/// <summary>Response of a provider's API.</summary>
/// <param name="Status">HTTP status code; 0 when no answer came.</param>
/// <param name="Body">To the byte.</param>
/// <param name="RetryAfter">Requested delay.</param>
/// <param name="MaybeSent">False when the request certainly did not reach it.</param>
public sealed record ProviderResponse(int Status, ReadOnlyMemory<byte> Body, TimeSpan? RetryAfter, bool MaybeSent)
{
    /// <summary>The address may not be called: not https, or not public.</summary>
    public static ProviderResponse NotCalled { get; } = new(0, default, null, MaybeSent: false);

    /// <summary>The answer was larger than we read.</summary>
    public bool TooLarge { get; init; }

    public bool Succeeded => Status is >= 200 and < 300 && !TooLarge;
}
