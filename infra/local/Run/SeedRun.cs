using System.Diagnostics;
using Serverless.Local.Demo;
using Serverless.Local.Seeds;
using Spectre.Console;

namespace Serverless.Local.Run;

/// <summary>Replays the seeds into a running app, waits until everything has its end, and compares with what the trios expect.</summary>
/// <param name="isTelling">Whether a route's queue still holds a message that is due.</param>
/// <param name="colleague">Answers customers once all have been heard; null: nobody does.</param>
internal sealed class SeedRun(SeedReplay replay, AppApi app, SeedLedger ledger, Func<CancellationToken, Task<bool>> isTelling,
    Colleague? colleague = null)
{
    /// <summary>Looks back far enough to see every earlier replay into the folder.</summary>
    private const int SummaryHours = 720;

    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(100);
    private readonly Dictionary<SentSeed, IReadOnlyList<string>> _ends = [];

    /// <summary>For how long nothing may move before the wait is given up.</summary>
    public TimeSpan Patience { get; init; } = TimeSpan.FromSeconds(120);

    public async Task<SeedOutcome> RunAsync(IReadOnlyList<SeedFile> seeds, IAnsiConsole console, CancellationToken ct)
    {
        var before = seeds.ToDictionary(s => s, ledger.Of);
        var (sent, differences) = (new List<SentSeed>(), new List<string>());
        RunSummary? summary = null;
        IReadOnlyList<ReplyLine> replies = [];
        ledger.Sending(seeds);
        await console.Progress().Columns(new TaskDescriptionColumn { Alignment = Justify.Left }, new ProgressBarColumn(), new CountColumn())
            .StartAsync(async progress =>
        {
            var (sending, ending, telling) = (progress.AddTask("Replaying seeds", true, seeds.Count),
                progress.AddTask("Coming to their end", true, seeds.Count), progress.AddTask("Answering and telling", true, 1));
            foreach (var seed in seeds)
            {
                sent.Add(await replay.SendAsync(seed, ct));
                sending.Increment(1);
            }
            differences.AddRange(sent.SelectMany(s => s.Differences));
            await foreach (var difference in EndsAsync(sent, before, () => ending.Increment(1), ct)) differences.Add(difference);
            if (colleague is not null)
            {
                differences.AddRange(await colleague.AnswerAsync(ct));
                await AboutOursAsync(seeds, ct);
            }

            summary = await ToldAsync(differences, ct);
            replies = colleague is null ? [] : await colleague.RepliesAsync(ct);
            telling.Increment(1);
        });
        if (summary is null) differences.Add("the app did not answer api/operations/summary");
        else if (summary.Unaccounted != 0) differences.Add($"{summary.Unaccounted} deliveries are unaccounted for");
        differences.AddRange(replies.Where(r => !r.IsOut)
            .Select(r => $"a text to the customer of case {r.Number} ({r.Channel}) is {r.State} {r.Reason}".TrimEnd()));
        return new SeedOutcome(seeds.Count, differences, summary, await app.CasesAsync(ct)) { Replies = replies,
            Channels = ByChannel(sent) };
    }

    // What a provider says of a message of ours comes after the message: the bytes that said nothing of interest before say now that it was
    // delivered.
    private async Task AboutOursAsync(IReadOnlyList<SeedFile> seeds, CancellationToken ct)
    {
        foreach (var seed in seeds.Where(s => s.IsAboutOurs))
        {
            var sent = await replay.SendAsync(seed, ct);
            if (sent.DeliveryId is not null) await EndAsync(sent, Stopwatch.StartNew(), ct);
        }
    }

    private async IAsyncEnumerable<string> EndsAsync(
        List<SentSeed> sent, Dictionary<SeedFile, Replayed> before, Action ended,
        [System.Runtime.CompilerServices.EnumeratorCancellation] CancellationToken ct)
    {
        var stuck = Stopwatch.StartNew();
        foreach (var one in sent)
        {
            var end = one.DeliveryId is null ? null : await EndAsync(one, stuck, ct);
            if (one.DeliveryId is not null && end is null)
            {
                yield return $"{one.Seed.Name}: delivery {one.DeliveryId} is still open; nothing moved for {Patience.TotalSeconds:F0} seconds";
                continue;
            }
            stuck.Restart();
            ended();
            _ends[one] = end?.Ends ?? [];
            // A wrong answer says it all when nothing was stored.
            if (end is null && one.Differences.Count > 0) continue;
            foreach (var difference in SeedCheck.Ends(one.Seed, end?.Ends, before[one.Seed])) yield return difference;
            // A seed without an answer was perhaps not delivered at all: it stays "perhaps".
            if (one.Differences.Count == 0) ledger.Ended([one.Seed]);
        }
    }

    private IReadOnlyList<ChannelLine> ByChannel(IEnumerable<SentSeed> sent) =>
    [
        .. sent.GroupBy(s => s.Seed.Channel, StringComparer.Ordinal).OrderBy(c => c.Key, StringComparer.Ordinal).Select(c =>
            ChannelLine.Of(c.Key, c.Count(), c.Count(s => s.Seed.Expected.Status >= 400),
                [.. c.SelectMany(s => _ends.GetValueOrDefault(s) ?? [])])),
    ];

    private async Task<DeliveryLine?> EndAsync(SentSeed sent, Stopwatch stuck, CancellationToken ct)
    {
        while (true)
        {
            if (await app.DeliveryAsync(sent.Seed.Channel, sent.DeliveryId!, ct) is { IsOpen: false } end) return end;
            if (stuck.Elapsed > Patience) return null;
            await Task.Delay(Pause, TimeProvider.System, ct);
        }
    }

    /// <summary>Waits for the outbox, the routes and the subscribers; the last summary, null when the app gives none.</summary>
    private async Task<RunSummary?> ToldAsync(List<string> differences, CancellationToken ct)
    {
        var stuck = Stopwatch.StartNew();
        for (RunSummary? last = null; ;)
        {
            while (await isTelling(ct) && stuck.Elapsed < Patience) await Task.Delay(Pause, TimeProvider.System, ct);
            var summary = await app.SummaryAsync(SummaryHours, ct);
            if (summary is { OutboxPending: 0, NoticesWaiting: 0 } && !await isTelling(ct)) return summary;
            if (summary is not null && last is not null && summary.Progress != last.Progress) stuck.Restart();
            if (stuck.Elapsed >= Patience)
            {
                if (summary is not null)
                    differences.Add(
                        $"{summary.OutboxPending} events in the outbox, {summary.NoticesWaiting} notices{(await isTelling(ct) ? " and messages of routes" : "")} still wait; nothing moved for {Patience.TotalSeconds:F0} seconds");
                return summary;
            }
            last = summary;
            await Task.Delay(Pause * 3, TimeProvider.System, ct);
        }
    }

    /// <summary>How many are done, of how many.</summary>
    private sealed class CountColumn : ProgressColumn
    {
        public override Spectre.Console.Rendering.IRenderable Render(Spectre.Console.Rendering.RenderOptions options, ProgressTask task,
            TimeSpan deltaTime) =>
            new Text($"{task.Value:F0}/{task.MaxValue:F0}");
    }
}

/// <summary>What came of a replay.</summary>
/// <param name="Differences">One sentence each; empty when every seed got the answer and the ends it expects.</param>
/// <param name="Summary">Null when the app gave none.</param>
internal sealed record SeedOutcome(int Seeds, IReadOnlyList<string> Differences, RunSummary? Summary, IReadOnlyList<CaseLine> Cases)
{
    /// <summary>Texts to customers, a colleague's and receipts.</summary>
    public IReadOnlyList<ReplyLine> Replies { get; init; } = [];

    /// <summary>What left the app.</summary>
    public IReadOnlyList<DemoFileKind> Outside { get; init; } = [];

    /// <summary>What came in by each channel.</summary>
    public IReadOnlyList<ChannelLine> Channels { get; init; } = [];

    /// <summary>Null when the app did not say.</summary>
    public Health? Health { get; init; }
}
