namespace Serverless.Operations;

/// <summary>Something read at some cost, once for all who ask within a while. A reading that failed is tried anew by whoever asks next.</summary>
/// <param name="time">Clock.</param>
/// <param name="lasts">For so long nobody reads again.</param>
/// <param name="read">Reads.</param>
internal sealed class Cached<T>(TimeProvider time, TimeSpan lasts, Func<CancellationToken, Task<T>> read)
{
    private readonly Lock _gate = new();
    private Task<T>? _latest;
    private long _at;

    /// <summary>What is known.</summary>
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
