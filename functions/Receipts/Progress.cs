using System.Globalization;
using System.Security.Cryptography;
using Serverless.Channels;
using Serverless.Platform.Storage;

namespace Serverless.Receipts;

/// <summary>
/// How far a delivery is worked. A small one is worked in one turn and this stays in memory; of one that takes several turns the row keeps
/// it in between: how many elements were
/// tried, how they ended, where they were filed, and which of them the provider could not give yet. Not thread-safe.
/// </summary>
internal sealed class Progress
{
    /// <summary>
    /// Most elements that may wait for their provider before the others are tried: what waits is listed in the row, some 30 characters
    /// each.
    /// </summary>
    public const int MostLeft = 300;

    private const string DoneProperty = "Done";
    private const string AtProperty = "DoneAt";
    private const string FailedProperty = "DoneFailed";
    private const string LeftProperty = "DoneLeft";
    private const string TurnProperty = "DoneTurn";

    private readonly SortedDictionary<int, (string Word, bool Readable)> _left = [];
    private readonly List<Filed> _filed = [];
    private readonly string _turn = Convert.ToHexStringLower(RandomNumberGenerator.GetBytes(16));
    private string _at = "";
    private bool _failed;

    /// <summary>Elements from the beginning that were all tried; those that are left among them.</summary>
    public int Done { get; private set; }

    /// <summary>How many of them the row knows of.</summary>
    public int Noted { get; private set; }

    public Ends Ends { get; private set; } = new();

    /// <summary>Where elements were filed by this work.</summary>
    public IReadOnlyList<Filed> Filed => _filed;

    /// <summary>True: an element could not be read, or is kept.</summary>
    public bool Failed => _failed || _left.Values.Any(l => !l.Readable);

    /// <summary>Elements that were tried, and that the provider could not give then.</summary>
    public int Left => _left.Count;

    /// <summary>What a row says; nothing done for a delivery that was not begun.</summary>
    public static Progress Of(TableRow row)
    {
        var progress = new Progress();
        if (row.Int(DoneProperty) is not ({ } done and > 0)) return progress;
        (progress.Done, progress.Noted) = (done, done);
        (progress._at, progress._failed) = (row.Text(AtProperty) ?? "", row.Flag(FailedProperty) is true);
        progress.Ends = Ends.Read(row);
        progress._filed.AddRange(Receipts.Filed.Read(row, now: true));
        foreach (var line in (row.Text(LeftProperty) ?? "").Split('\n', StringSplitOptions.RemoveEmptyEntries))
        {
            if (line.Split('\t') is [var index, var readable, var word])
                progress._left[int.Parse(index, CultureInfo.InvariantCulture)] = (word, readable == "1");
        }

        // What no longer fits together is begun anew: every step may be repeated.
        return progress.Ends.Total == done ? progress : new Progress();
    }

    /// <summary>Takes back what a row said of a delivery.</summary>
    public static void Reset(TableRow row) => row[DoneProperty] = 0;

    /// <summary>
    /// True when the last element that was done is still at its place: an update of the app in between may take the bytes apart in another
    /// way.
    /// </summary>
    /// <param name="elements">The delivery's elements.</param>
    public bool Fits(IEnumerable<Element> elements) => Done == 0 || elements.ElementAtOrDefault(Done - 1).Position == _at;

    /// <summary>
    /// True when the row holds what this work wrote: a write that was repeated after its answer got lost finds its own row changed.
    /// </summary>
    public bool IsIn(TableRow row) => row.Text(TurnProperty) == _turn && row.Int(DoneProperty) == Done;

    /// <summary>True for an element that is to be worked.</summary>
    public bool Wants(int index) => index >= Done || _left.ContainsKey(index);

    /// <summary>What became of an element: the next one, or one that was left.</summary>
    /// <param name="index">Which, from 0.</param>
    /// <param name="position">Its position.</param>
    /// <param name="word">Its end word.</param>
    /// <param name="readable">False when it is to be kept for a replay.</param>
    /// <param name="waits">True when it is to be tried again.</param>
    /// <param name="filed">Where it was filed.</param>
    public void Add(int index, string position, string word, bool readable, bool waits, Filed? filed)
    {
        if (index == Done)
        {
            Ends.Add(word);
            (Done, _at) = (Done + 1, position);
        }
        else if (_left.Remove(index, out var left))
        {
            Ends.Replace(index, left.Word, word);
            _filed.RemoveAll(f => f.Position == position);
        }

        if (waits) _left[index] = (word, readable);
        else _failed |= !readable;
        if (filed is not null) _filed.Add(filed);
    }

    /// <summary>What is left has waited long enough: its word counts.</summary>
    public void GiveUp()
    {
        _failed = Failed;
        _left.Clear();
    }

    /// <summary>Puts it into a row.</summary>
    /// <param name="row">The row.</param>
    /// <param name="before">Where the elements were filed before, for a replay; kept as far as they may still be asked for.</param>
    public void Write(TableRow row, IReadOnlyList<Filed>? before)
    {
        (row[DoneProperty], row[AtProperty], row[FailedProperty], row[TurnProperty]) = (Done, _at, _failed, _turn);
        row[LeftProperty] = string.Join('\n', _left.Select(l =>
            string.Create(CultureInfo.InvariantCulture, $"{l.Key}\t{(l.Value.Readable ? 1 : 0)}\t{l.Value.Word}")));
        Ends.Write(row);
        Receipts.Filed.Write(row, before ?? [], _filed);
        Noted = Done;
    }
}
