using System.Text;
using Serverless.Platform.Storage;

namespace Serverless.Intake;

/// <summary>
/// Where an item of a delivery was filed; stored with the delivery, so that a replay finds the items it may have to replace.
/// </summary>
/// <param name="Position">The element's position.</param>
/// <param name="CaseId">Its case.</param>
/// <param name="Event">Row key of its event within the case.</param>
/// <param name="IsPlaceholder">Whether it is a placeholder of an unreadable item.</param>
public sealed record ProcessedItem(string Position, string CaseId, string Event, bool IsPlaceholder)
{
    /// <summary>Position of what could not be taken apart, behind the last item that could.</summary>
    public const string RestPosition = "rest";

    private const string Property = "Filed";

    // One property; of a batch with more pieces than fit the rest is found by the ids of its contacts alone.
    private const int Longest = 60 * 1024;

    /// <summary>Writes the list into a row.</summary>
    public static void Write(TableRow row, IEnumerable<ProcessedItem> filed) => Write(row, filed.Select(f => (f, Now: false)));

    /// <summary>Writes two lists into a row, for a delivery processed in several runs.</summary>
    /// <param name="row">The row.</param>
    /// <param name="before">Where pieces were filed before this work; dropped where it knows better, placeholders apart, which may stand
    /// for pieces that are still to come.</param>
    /// <param name="now">Where this run has filed them.</param>
    public static void Write(TableRow row, IReadOnlyList<ProcessedItem> before, IReadOnlyList<ProcessedItem> now)
    {
        var known = now.Select(f => f.Position).ToHashSet(StringComparer.Ordinal);
        var placeholders = before.Where(f => f.IsPlaceholder).Select(f => (f, false));
        var others = before.Where(f => !f.IsPlaceholder && !known.Contains(f.Position)).Select(f => (f, false));
        Write(row, placeholders.Concat(now.Select(f => (f, true))).Concat(others));
    }

    /// <summary>The list of a row; empty when there is none.</summary>
    public static IReadOnlyList<ProcessedItem> Read(TableRow row) => [.. Lines(row).Select(l => l.Filed)];

    /// <summary>Of the two lists of a row one; see
    /// <see cref="Write(TableRow, IReadOnlyList{ProcessedItem}, IReadOnlyList{ProcessedItem})"/>.</summary>
    public static IReadOnlyList<ProcessedItem> Read(TableRow row, bool now) =>
        [.. Lines(row).Where(l => l.Now == now).Select(l => l.Filed)];

    private static IEnumerable<(ProcessedItem Filed, bool Now)> Lines(TableRow row) => row.Bytes(Property) is not { } bytes
        ? []
        : Encoding.UTF8.GetString(bytes.Span).Split('\n').Select(line => line.Split('\t')).Where(p => p.Length == 4)
            .Select(p => (new ProcessedItem(p[3], p[1], p[2], p[0] is "p" or "P"), p[0] is "P" or "C"));

    // A capital letter marks an item that is not completed.
    private static void Write(TableRow row, IEnumerable<(ProcessedItem Filed, bool Now)> filed)
    {
        var text = new StringBuilder();
        foreach (var (one, now) in filed)
        {
            if (text.Length + one.Position.Length + 100 > Longest) break;
            text.Append((now, one.IsPlaceholder) switch { (true, true) => 'P', (true, false) => 'C', (false, true) => 'p', _ => 'c' });
            text.Append('\t').Append(one.CaseId).Append('\t').Append(one.Event).Append('\t').Append(one.Position).Append('\n');
        }

        row.SetBytes(Property, Encoding.UTF8.GetBytes(text.ToString()));
    }

    /// <summary>
    /// What stood for a piece before: what was filed at its position, else a placeholder of something it is a part of (<c>value</c> for
    /// <c>value.items[0]</c>), else the
    /// placeholder of all that could not be taken apart. Null when nothing did.
    /// </summary>
    public static ProcessedItem? Before(IReadOnlyList<ProcessedItem> filed, string position) =>
        filed.FirstOrDefault(f => f.Position == position)
        ?? filed.Where(f => f.IsPlaceholder && position.Length > f.Position.Length
            && position.StartsWith(f.Position, StringComparison.Ordinal) && (position[f.Position.Length] is '.' or '['))
            .MaxBy(f => f.Position.Length)
        ?? filed.FirstOrDefault(f => f.IsPlaceholder && f.Position == RestPosition);
}
