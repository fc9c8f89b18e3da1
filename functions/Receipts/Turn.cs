using Serverless.Channels;

namespace Serverless.Receipts;

/// <summary>
/// One turn of the work on a delivery: reads elements in order, a window at a time, and has them filed, different conversations side by
/// side, until the last one, or until its time is over. Once it
/// is over no further element is begun, the first of the turn apart: each turn advances.
/// </summary>
/// <param name="job">The delivery.</param>
/// <param name="progress">How far it is; advanced as elements come to their end.</param>
/// <param name="budget">How long the turn may take.</param>
/// <param name="sideBySide">Most conversations at once.</param>
/// <param name="time">The clock.</param>
/// <param name="read">Reads an element.</param>
/// <param name="take">Files what was read.</param>
internal sealed class Turn(
    ElementFiling.Job job, Progress progress, TimeSpan budget, int sideBySide, TimeProvider time,
    Func<Element, Task<DeliveryWork.Piece>> read, Func<DeliveryWork.Piece, Task<ElementFiling.Taken>> take)
{
    /// <summary>Elements that are read, and held, before they are filed.</summary>
    public const int Window = 32;

    private readonly long _began = time.GetTimestamp();
    private readonly HashSet<int> _waiting = [];
    private bool _hasBegun;

    public Progress Progress => progress;

    /// <summary>Why elements of this turn wait for their provider, and the longest wait that it asked for; null when none does.</summary>
    public Fetched.Later? Waits { get; private set; }

    /// <summary>Whether its time is over: no further window is begun.</summary>
    public bool IsOver => time.GetElapsedTime(_began) >= budget;

    // Half as much again, so that what was read is also filed; then no further element is begun.
    private bool IsLate => time.GetElapsedTime(_began) >= budget * 1.5;

    /// <summary>True when so many elements wait that the others are left for later.</summary>
    public bool IsHeldUp => progress.Left >= Progress.MostLeft;

    /// <summary>Works until the last element, or the time is over, or it is held up. True after the last element.</summary>
    /// <param name="elements">All elements of the delivery, in order.</param>
    public async Task<bool> WorkAsync(IEnumerable<Element> elements)
    {
        var (index, isAtItsEnd) = (-1, false);
        List<(int Index, DeliveryWork.Piece Piece)> window = [];
        foreach (var element in elements)
        {
            if (!progress.Wants(++index) || _waiting.Contains(index)) continue;
            if (isAtItsEnd) return false;
            window.Add((index, await read(element)));
            if (window.Count < Window && !IsOver) continue;
            if (!await FileAsync(window)) return false;
            window.Clear();
            isAtItsEnd = IsOver || IsHeldUp;
        }

        return window.Count == 0 || await FileAsync(window);
    }

    // What was filed beyond an element that was not is filed once more later, which changes nothing. False when something was not.
    private async Task<bool> FileAsync(List<(int Index, DeliveryWork.Piece Piece)> window)
    {
        var taken = new ElementFiling.Taken?[window.Count];
        var filing = FileAsync(window.ConvertAll(w => w.Piece), taken);
        await filing.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        for (var i = 0; i < window.Count; i++)
        {
            var (index, piece) = window[i];
            if (taken[i] is not { } one) continue;
            if (index > progress.Done) break;
            progress.Add(index, piece.Position, one.End, one.Readable, one.Later is not null, one.Filed);
            if (one.Later is null) continue;
            _waiting.Add(index);
            if (Waits is null || one.Later.After > (Waits.After ?? TimeSpan.Zero)) Waits = one.Later;
        }

        await filing;
        return !taken.Contains(null);
    }

    private async Task FileAsync(List<DeliveryWork.Piece> pieces, ElementFiling.Taken?[] taken)
    {
        // A replay keeps the order of its pieces: what stood for several of them gives way once.
        List<List<List<int>>> stages = job.Before is null ? Lanes.Of(pieces, job.Channel.Name) : [[[.. Enumerable.Range(0, pieces.Count)]]];
        var stopped = false;
        foreach (var lanes in stages)
        {
            var next = -1;
            await Task.WhenAll(Enumerable.Range(0, Math.Min(lanes.Count, sideBySide)).Select(_ => RunAsync()));
            if (Volatile.Read(ref stopped)) return;

            async Task RunAsync()
            {
                for (int lane; (lane = Interlocked.Increment(ref next)) < lanes.Count;)
                {
                    foreach (var i in lanes[lane])
                    {
                        if (Volatile.Read(ref stopped) || (_hasBegun && IsLate))
                        {
                            Volatile.Write(ref stopped, true);
                            return;
                        }

                        _hasBegun = true;
                        // Whoever fails stops the others too, once they have ended what they are at.
                        var ended = false;
                        try
                        {
                            taken[i] = await take(pieces[i]);
                            ended = true;
                        }
                        finally
                        {
                            if (!ended) Volatile.Write(ref stopped, true);
                        }
                    }
                }
            }
        }
    }
}
