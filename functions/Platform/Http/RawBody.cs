using System.Buffers;

namespace Serverless.Platform.Http;

/// <summary>Reads a request body to the byte, within a limit.</summary>
public static class RawBody
{
    /// <summary>Most bytes of a request of people and programs that use our own API.</summary>
    public const int Small = 16 * 1024;

    /// <summary>The body, or null when it is longer than <paramref name="limit"/> bytes.</summary>
    public static async Task<ReadOnlyMemory<byte>?> ReadAsync(HttpRequest request, int limit = Small)
    {
        var ct = request.HttpContext.RequestAborted;
        if (request.ContentLength > limit) return null;
        if (request.ContentLength is { } known)
        {
            var exact = new byte[known];
            await request.Body.ReadExactlyAsync(exact, ct);
            return exact;
        }

        var buffer = ArrayPool<byte>.Shared.Rent(16 * 1024);
        try
        {
            using var whole = new MemoryStream();
            int read;
            while ((read = await request.Body.ReadAsync(buffer, ct)) > 0)
            {
                if (whole.Length + read > limit) return null;
                whole.Write(buffer, 0, read);
            }

            return whole.GetBuffer().AsMemory(0, (int)whole.Length);
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(buffer);
        }
    }
}
