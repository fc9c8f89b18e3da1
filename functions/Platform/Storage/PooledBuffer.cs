using System.Buffers;
using System.Text.Json;

namespace Serverless.Platform.Storage;

/// <summary>
/// A growing buffer from the shared pool for one request's body. Give it back only after an answer that shows the whole body was read:
/// after a timeout the socket may still be reading it.
/// </summary>
internal sealed class PooledBuffer : IBufferWriter<byte>
{
    [ThreadStatic]
    private static Utf8JsonWriter? t_writer;

    private byte[] _bytes = ArrayPool<byte>.Shared.Rent(4096);

    public int Length { get; private set; }

    public ReadOnlyMemory<byte> Written => _bytes.AsMemory(0, Length);

    public void Advance(int count) => Length += count;

    public Memory<byte> GetMemory(int sizeHint = 0)
    {
        Grow(sizeHint);
        return _bytes.AsMemory(Length);
    }

    public Span<byte> GetSpan(int sizeHint = 0)
    {
        Grow(sizeHint);
        return _bytes.AsSpan(Length);
    }

    /// <summary>This thread's JSON writer over this buffer; flush it before anything else is written and do not keep it over an await.</summary>
    public Utf8JsonWriter Json()
    {
        // Letters beyond ASCII are escaped: the emulator decodes a request chunk by chunk and breaks one that lies across two.
        var writer = t_writer ??= new Utf8JsonWriter(this, new JsonWriterOptions { SkipValidation = true });
        writer.Reset(this);
        return writer;
    }

    public void Return()
    {
        ArrayPool<byte>.Shared.Return(_bytes);
        _bytes = [];
        Length = 0;
    }

    private void Grow(int sizeHint)
    {
        var needed = Length + Math.Max(sizeHint, 1);
        if (needed <= _bytes.Length) return;
        var larger = ArrayPool<byte>.Shared.Rent(Math.Max(needed, _bytes.Length * 2));
        _bytes.AsSpan(0, Length).CopyTo(larger);
        ArrayPool<byte>.Shared.Return(_bytes);
        _bytes = larger;
    }
}
