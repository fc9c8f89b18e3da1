using System.Buffers;
using System.IO.Pipelines;

namespace Serverless.Platform.Http;

/// <summary>
/// A body in one buffer of the pool, which grows with what arrives and never with what a sender claims. Dispose gives the buffer back: only
/// when nobody reads <see cref="Memory"/> any more.
/// </summary>
public sealed class PooledBody : IDisposable
{
    private const int First = 4 * 1024;
    private byte[] _buffer = [];

    /// <summary>Bytes that have arrived.</summary>
    public int Length { get; private set; }

    /// <summary>Bytes of the buffer, filled or not.</summary>
    public int Held => _buffer.Length;

    /// <summary>What has arrived.</summary>
    public ReadOnlyMemory<byte> Memory => _buffer.AsMemory(0, Length);

    /// <summary>Reads a body until its end.</summary>
    /// <param name="request">Whose body.</param>
    /// <param name="limit">Most bytes.</param>
    /// <param name="hold">Asked before the buffer grows, with its new size; false ends the reading.</param>
    /// <param name="ct">Ends the reading: the deadline of the whole body belongs in here.</param>
    /// <exception cref="BadHttpRequestException">The sender broke off, or was slower than the server waits for.</exception>
    public async Task<BodyEnd> FillAsync(HttpRequest request, int limit, Func<int, bool> hold, CancellationToken ct)
    {
        if (request.ContentLength > limit) return BodyEnd.TooLong;
        // A read that a token cancels stays begun, and the server cuts the connection: the host behind it would make a 500 of any answer.
        var reader = request.BodyReader;
        await using var deadline = ct.UnsafeRegister(static reader => ((PipeReader)reader!).CancelPendingRead(), reader);
        while (true)
        {
            ct.ThrowIfCancellationRequested();
            var read = await reader.ReadAsync(CancellationToken.None);
            var end = Take(read.Buffer, limit, hold);
            reader.AdvanceTo(read.Buffer.End);
            if (end != BodyEnd.Whole || read.IsCompleted) return end;
        }
    }

    /// <summary>Keeps the buffer out of the pool: a call that was given up may still read it.</summary>
    public void Abandon()
    {
        _buffer = [];
        Length = 0;
    }

    public void Dispose()
    {
        if (Held > 0) ArrayPool<byte>.Shared.Return(_buffer);
        Abandon();
    }

    private BodyEnd Take(ReadOnlySequence<byte> arrived, int limit, Func<int, bool> hold)
    {
        if (arrived.Length > limit - Length) return BodyEnd.TooLong;
        while (Held - Length < arrived.Length)
            if (!Grow(limit, hold)) return BodyEnd.NoRoom;
        arrived.CopyTo(_buffer.AsSpan(Length));
        Length += (int)arrived.Length;
        return BodyEnd.Whole;
    }

    private bool Grow(int limit, Func<int, bool> hold)
    {
        var size = Math.Min(Math.Max(First, 2 * Held), Math.Max(limit, First));
        if (!hold(size)) return false;
        var larger = ArrayPool<byte>.Shared.Rent(size);
        _buffer.AsSpan(0, Length).CopyTo(larger);
        if (Held > 0) ArrayPool<byte>.Shared.Return(_buffer);
        _buffer = larger;
        return true;
    }
}

/// <summary>How the reading of a body ended.</summary>
public enum BodyEnd
{
    /// <summary>All of it is here.</summary>
    Whole,

    /// <summary>It is longer than the limit.</summary>
    TooLong,

    /// <summary>No more bytes may be held now.</summary>
    NoRoom,
}
