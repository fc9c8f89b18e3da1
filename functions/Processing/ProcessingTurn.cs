using Serverless.Channels;
using Serverless.Intake;

namespace Serverless.Processing;

/// <summary>
/// One run of a delivery: parses items in order, a window at a time, and files them, different conversations in parallel, until the last
/// one, or until its time is over. Once it is over no further item is begun, except the first of the run: each run advances.
/// </summary>
/// <param name="job">The delivery.</param>
/// <param name="progress">Its progress; advanced with each item.</param>
/// <param name="budget">Time limit of the run.</param>
/// <param name="sideBySide">Most conversations at once.</param>
/// <param name="time">The clock.</param>
/// <param name="read">Reads an element.</param>
/// <param name="take">Files what was read.</param>
internal sealed class ProcessingTurn(
    ItemProcessor.Job job, ProcessingProgress progress, TimeSpan budget, int sideBySide, TimeProvider time,
    Func<DeliveryItem, Task<DeliveryProcessor.Piece>> read, Func<DeliveryProcessor.Piece, Task<ItemProcessor.Taken>> take)
{
    /// <summary>Elements that are read, and held, before they are filed.</summary>
    public const int Window = 32;

    private readonly long _began = time.GetTimestamp();
    private readonly HashSet<int> _waiting = [];
    private bool _hasBegun;

    public ProcessingProgress Progress => progress;

    /// <summary>Why items of this run wait for their provider, and the longest wait it requested; null when none does.</summary>
    public FetchedContent.Later? Waits { get; private set; }

    /// <summary>Whether its time is over: no further window is begun.</summary>
    public bool IsOver => time.GetElapsedTime(_began) >= budget;

    // Half as much again, so that what was read is also filed; then no further element is begun.
    private bool IsLate => time.GetElapsedTime(_began) >= budget * 1.5;

    /// <summary>True when so many elements wait that the others are left for later.</summary>
    public bool IsHeldUp => progress.Left >= ProcessingProgress.MostLeft;

    /// <summary>Works until the last element, or the time is over, or it is held up. True after the last element.</summary>
    /// <param name="elements">All elements of the delivery, in order.</param>
    public async Task<bool> WorkAsync(IEnumerable<DeliveryItem> elements)
    {
        var (index, isAtItsEnd) = (-1, false);
        List<(int Index, DeliveryProcessor.Piece Piece)> window = [];
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
    private async Task<bool> FileAsync(List<(int Index, DeliveryProcessor.Piece Piece)> window)
    {
        var taken = new ItemProcessor.Taken?[window.Count];
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

    private async Task FileAsync(List<DeliveryProcessor.Piece> pieces, ItemProcessor.Taken?[] taken)
    {
        // A replay keeps the order of its pieces: what stood for several of them gives way once.
        List<List<List<int>>> stages = job.Before is null
            ? ConversationOrder.Of(pieces, job.Channel.Name) : [[[.. Enumerable.Range(0, pieces.Count)]]];
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
                        // A failure stops the other conversations after their current item.
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
