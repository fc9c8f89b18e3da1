namespace Serverless.Operations;

/// <summary>
/// Caches an expensive read for a short time and shares it among concurrent callers. A failed read is repeated by the next caller.
/// </summary>
/// <param name="time">Clock.</param>
/// <param name="lasts">Lifetime of a cached value.</param>
/// <param name="read">Reads.</param>
internal sealed class Cached<T>(TimeProvider time, TimeSpan lasts, Func<CancellationToken, Task<T>> read)
{
    private readonly Lock _gate = new();
    private Task<T>? _latest;
    private long _at;

    /// <summary>The cached value.</summary>
    public Task<T> GetAsync(CancellationToken ct)
    {
        lock (_gate)
        {
            if (_latest is null || _latest.IsFaulted || _latest.IsCanceled || time.GetElapsedTime(_at) >= lasts)
            {
                // The read outlives the one who asked first, since others wait for it too.
                _latest = read(CancellationToken.None);
                _at = time.GetTimestamp();
            }

            return _latest.WaitAsync(ct);
        }
    }
}
