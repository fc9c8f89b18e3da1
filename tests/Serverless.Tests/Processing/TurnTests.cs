using System.Collections.Concurrent;
using Serverless.Channels;
using Serverless.Contacts;
using Serverless.Intake;
using Serverless.Platform.Storage;
using Serverless.Processing;
using Serverless.Tests.Harness;
using Xunit;

namespace Serverless.Tests.Processing;

/// <summary>
/// Turns of a large delivery, without storage: which elements are filed, in which order, and what a row remembers in between.
/// </summary>
public sealed class TurnTests
{
    private static readonly DateTimeOffset At = new(2026, 11, 20, 9, 0, 0, TimeSpan.Zero);
    private readonly Clock _time = new();
    private readonly ConcurrentQueue<string> _taken = new();
    private readonly Dictionary<string, Func<ItemProcessor.Taken>> _special = new(StringComparer.Ordinal);
    private int _atOnce;
    private int _mostAtOnce;
    private readonly TaskCompletionSource _met = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private int _meet;

    [Fact]
    public async Task What_does_not_end_in_time_goes_on_where_it_was_noted()
    {
        var elements = Elements(200, i => $"thread-{i % 20}");
        var row = new TableRow("p", "r");
        var turns = 0;
        for (var isOver = false; !isOver; turns++)
        {
            var turn = Turn(ProcessingProgress.Of(row), seconds: 20);
            isOver = await turn.WorkAsync(elements);
            turn.Progress.Write(row, null);
        }

        Assert.InRange(turns, 5, 40);
        var progress = ProcessingProgress.Of(row);
        Assert.Equal((200, 200), (progress.Done, progress.Ends.Total));
        Assert.Equal(Enumerable.Range(0, 200).Select(i => $"[{i}]").Order(), _taken.Distinct().Order());
        AssertOrder(20);
    }

    [Fact]
    public async Task A_budget_of_nothing_still_advances_by_one()
    {
        var progress = new ProcessingProgress();
        for (var turns = 1; turns <= 3; turns++)
        {
            Assert.Equal(turns == 3, await Turn(progress, seconds: 0.0001).WorkAsync(Elements(3, i => $"t{i}")));
            Assert.Equal(turns, progress.Done);
        }

        Assert.Equal(["[0]", "[1]", "[2]"], _taken);
    }

    [Fact]
    public async Task Conversations_go_side_by_side_and_no_more_than_allowed()
    {
        _meet = 3;
        Assert.True(await Turn(new ProcessingProgress(), sideBySide: 3).WorkAsync(Elements(96, i => $"thread-{i % 12}")));
        Assert.Equal(3, _mostAtOnce);
        AssertOrder(12);
    }

    [Fact]
    public async Task One_conversation_is_worked_one_after_the_other()
    {
        Assert.True(await Turn(new ProcessingProgress(), sideBySide: 8).WorkAsync(Elements(50, _ => "one")));
        Assert.Equal(1, _mostAtOnce);
        Assert.Equal(Enumerable.Range(0, 50).Select(i => $"[{i}]"), _taken);
    }

    [Fact]
    public async Task A_replay_keeps_the_order_of_all_its_pieces()
    {
        Assert.True(await Turn(new ProcessingProgress(), before: []).WorkAsync(Elements(40, i => $"t{i}")));
        Assert.Equal(Enumerable.Range(0, 40).Select(i => $"[{i}]"), _taken);
    }

    [Fact]
    public async Task What_fails_stops_the_others_and_what_was_done_before_it_counts()
    {
        _special["[70]"] = () => throw new StorageUnavailableException("down");
        var turn = Turn(new ProcessingProgress());
        await Assert.ThrowsAsync<StorageUnavailableException>(() => turn.WorkAsync(Elements(200, i => $"t{i}")));
        Assert.InRange(turn.Progress.Done, 64, 70);
        Assert.InRange(_taken.Count, 64, 74);
    }

    [Fact]
    public async Task What_waits_for_its_provider_is_all_that_is_tried_again()
    {
        var row = new TableRow("p", "r");
        _special["[5]"] = () =>
            new ItemProcessor.Taken("kept:offline", false, new FetchedContent.Later("offline", TimeSpan.FromMinutes(5)));
        var turn = Turn(new ProcessingProgress());
        Assert.True(await turn.WorkAsync(Elements(40, i => $"t{i}")));
        Assert.Equal((40, 1, true, "offline"), (turn.Progress.Done, turn.Progress.Left, turn.Progress.Failed, turn.Waits!.Reason));
        turn.Progress.Write(row, null);

        _special.Clear();
        _taken.Clear();
        turn = Turn(ProcessingProgress.Of(row));
        Assert.True(await turn.WorkAsync(Elements(40, i => $"t{i}")));
        Assert.Equal(["[5]"], _taken);
        Assert.Equal((0, false, 40), (turn.Progress.Left, turn.Progress.Failed, turn.Progress.Ends.Counts["joined"]));
    }

    [Fact]
    public async Task Too_many_that_wait_hold_the_others_up()
    {
        for (var i = 0; i < 500; i++)
            _special[$"[{i}]"] = () => new ItemProcessor.Taken("kept:offline", false, new FetchedContent.Later("offline"));
        var turn = Turn(new ProcessingProgress());
        Assert.False(await turn.WorkAsync(Elements(500, i => $"t{i}")));
        Assert.True(turn.IsHeldUp);
        Assert.InRange(turn.Progress.Done, ProcessingProgress.MostLeft, ProcessingProgress.MostLeft + 32);
        turn.Progress.GiveUp();
        Assert.Equal((0, true), (turn.Progress.Left, turn.Progress.Failed));
        Assert.False(await turn.WorkAsync(Elements(500, i => $"t{i}")) && turn.Progress.Done < 500);
    }

    [Fact]
    public void Bytes_that_are_taken_apart_in_another_way_are_begun_anew()
    {
        var row = new TableRow("p", "r");
        var progress = new ProcessingProgress();
        for (var i = 0; i < 3; i++) progress.Add(i, $"[{i}]", "joined", true, false, null);
        progress.Write(row, null);
        Assert.True(ProcessingProgress.Of(row).Fits(Elements(5, _ => "one")));
        Assert.False(ProcessingProgress.Of(row).Fits(Elements(2, _ => "one")));
        Assert.False(ProcessingProgress.Of(row).Fits(Elements(5, _ => "one").Select(e => e with { Position = "new" + e.Position })));
        row["EndCounts"] = "{}";
        row["Ends"] = "";
        Assert.Equal(0, ProcessingProgress.Of(row).Done);
    }

    [Fact]
    public void Pieces_that_share_an_answer_or_a_second_name_share_a_lane()
    {
        DeliveryProcessor.Piece[] pieces =
        [
            Piece(0, e => e with { Contact = e.Contact with { ThreadKey = "a" } }),
            Piece(1, e => e with { Contact = e.Contact with { ThreadKey = "b" } }),
            Piece(2, e => e with { Contact = e.Contact with { ThreadKey = "c", ThreadAlias = "a" } }),
            Piece(3, e => e with { Contact = e.Contact with { ThreadKey = "d" }, Clues = new ContactClues(null, null, ["x1"]) }),
            new("[4]", new Parsed.StatusUpdate(new MessageStatus("desk", "x1", MessageState.Delivered, At))),
            new("[5]", null, "FormatException"),
            new("[6]", new Parsed.PlaceRenamed("desk", "x", "y")),
            Piece(7, e => e),
        ];
        var stages = ConversationOrder.Of(pieces, "sample");
        Assert.Equal(["0 2|1 3 4|5", "6", "7"], stages.Select(s => string.Join('|', s.Select(l => string.Join(' ', l)))));
    }

    [Fact]
    public void A_long_list_of_ends_is_counted_and_no_longer_listed()
    {
        var ends = new ItemOutcomes();
        for (var i = 0; i < 5_000; i++) ends.Add(i % 2 == 0 ? "joined" : "updated");
        var row = new TableRow("p", "r");
        ends.Write(row);
        Assert.Equal("", row.Text("Ends"));
        var read = ItemOutcomes.Read(row);
        Assert.Equal((5_000, 2_500), (read.Total, read.Counts["joined"]));
        read.Add("kept:nested-thin");
        Assert.Equal("nested-thin", read.WithoutCase);
        var few = ItemOutcomes.Of(["case", "joined"]);
        few.Replace(1, "joined", "updated");
        few.Write(row);
        Assert.Equal("case\nupdated", row.Text("Ends"));
    }

    // Within a thread positions rise, whatever was repeated.
    private void AssertOrder(int threads)
    {
        foreach (var thread in _taken.Select(p => int.Parse(p[1..^1])).GroupBy(i => i % threads))
        {
            List<int> first = [.. thread.Distinct()];
            Assert.Equal(first.Order(), first);
        }
    }

    private ProcessingTurn Turn(ProcessingProgress progress, double seconds = 1_000_000, int sideBySide = 4,
        IReadOnlyList<ProcessedItem>? before = null)
    {
        var delivery = new Delivery { Id = new string('0', 32), Channel = "sample", Method = "POST", PathAndQuery = "/",
            Headers = new Dictionary<string, string>(StringComparer.Ordinal), Body = default, ReceivedAt = At };
        var job = new ItemProcessor.Job(new LearningChannel(Seed.Configuration([])), delivery, null, before);
        return new ProcessingTurn(job, progress, TimeSpan.FromSeconds(seconds), sideBySide, _time, element =>
            Task.FromResult(new DeliveryProcessor.Piece(element.Position, element.Read())), TakeAsync);
    }

    private async Task<ItemProcessor.Taken> TakeAsync(DeliveryProcessor.Piece piece)
    {
        var now = Interlocked.Increment(ref _atOnce);
        int most;
        while ((most = Volatile.Read(ref _mostAtOnce)) < now && Interlocked.CompareExchange(ref _mostAtOnce, now, most) != most) continue;
        // Whoever comes first waits for the others, however busy the machine.
        if (now >= _meet) _met.TrySetResult();
        await _met.Task.WaitAsync(TimeSpan.FromSeconds(60));
        await Task.Yield();
        _taken.Enqueue(piece.Position);
        if (_atOnce > 1) await Task.Yield();
        Interlocked.Decrement(ref _atOnce);
        return _special.TryGetValue(piece.Position, out var special)
            ? special() : new ItemProcessor.Taken("joined", true, null, new ProcessedItem(piece.Position, "case", "event|1|2", false));
    }

    private static List<DeliveryItem> Elements(int count, Func<int, string> thread) =>
        [.. Enumerable.Range(0, count)
            .Select(i => new DeliveryItem($"[{i}]", () =>
                Piece(i, e => e with { Contact = e.Contact with { ThreadKey = thread(i) } }).Reading!))];

    private static DeliveryProcessor.Piece Piece(int index, Func<ContactEvent, ContactEvent> change) =>
        new($"[{index}]", new Parsed.Found(change(new ContactEvent($"m{index}", ContactChange.Received, new Contact
    {
        Channel = "sample",
        Network = "sample",
        Account = "desk",
        ExternalId = $"x{index}",
        Kind = ContactKind.Message,
        OccurredAt = At,
        ReceivedAt = At,
    }))));

    // Each look at it takes a second.
    private sealed class Clock : TimeProvider
    {
        private long _looks;

        public override long TimestampFrequency => 1;

        public override long GetTimestamp() => Interlocked.Increment(ref _looks);
    }
}
