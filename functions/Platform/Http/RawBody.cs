namespace Serverless.Platform.Http;

/// <summary>Reads a request body of our own API to the byte, within a limit and a time.</summary>
public static class RawBody
{
    /// <summary>Most bytes of a request of people and programs that use our own API.</summary>
    public const int Small = 16 * 1024;

    private static readonly TimeSpan Deadline = TimeSpan.FromSeconds(30);

    /// <summary>The body; null when it is longer than <paramref name="limit"/> bytes, or took longer than 30 seconds.</summary>
    public static async Task<ReadOnlyMemory<byte>?> ReadAsync(HttpRequest request, int limit = Small)
    {
        var caller = request.HttpContext.RequestAborted;
        using var deadline = CancellationTokenSource.CreateLinkedTokenSource(caller);
        deadline.CancelAfter(Deadline);
        using var body = new PooledBody();
        try
        {
            // Its fields are handed on beyond this call: the buffer is not.
            return await body.FillAsync(request, limit, _ => true, deadline.Token) == BodyEnd.Whole ? body.Memory.ToArray() : null;
        }
        catch (OperationCanceledException) when (!caller.IsCancellationRequested)
        {
            return null;
        }
    }
}
