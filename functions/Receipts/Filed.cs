using System.Text;
using Serverless.Platform.Storage;

namespace Serverless.Receipts;

/// <summary>Where one piece of a delivery was filed; kept with the delivery, so that a replay finds what it may have to replace.</summary>
/// <param name="Position">The element's position.</param>
/// <param name="CaseId">Its case.</param>
/// <param name="Event">Row key of its event within the case.</param>
/// <param name="IsPlaceholder">Whether it stands for something that could not be read.</param>
public sealed record Filed(string Position, string CaseId, string Event, bool IsPlaceholder)
{
    private const string Property = "Filed";

    // One property; of a batch with more pieces than fit the rest is found by the ids of its contacts alone.
    private const int Longest = 60 * 1024;

    /// <summary>Puts the list into a row.</summary>
    public static void Write(TableRow row, IEnumerable<Filed> filed)
    {
        var text = new StringBuilder();
        foreach (var one in filed)
        {
            if (text.Length + one.Position.Length + 100 > Longest) break;
            text.Append(one.IsPlaceholder ? 'p' : 'c').Append('\t').Append(one.CaseId).Append('\t').Append(one.Event).Append('\t').Append(one.Position).Append('\n');
        }

        row.SetBytes(Property, Encoding.UTF8.GetBytes(text.ToString()));
    }

    /// <summary>The list of a row; empty when there is none.</summary>
    public static IReadOnlyList<Filed> Read(TableRow row) => row.Bytes(Property) is not { } bytes ? [] :
        [.. Encoding.UTF8.GetString(bytes.Span).Split('\n').Select(line => line.Split('\t')).Where(p => p.Length == 4).Select(p => new Filed(p[3], p[1], p[2], p[0] == "p"))];

    /// <summary>
    /// What stood for a piece before: what was filed at its position, else a placeholder of something it is a part of (<c>value</c> for <c>value.items[0]</c>), else the
    /// placeholder of all that could not be taken apart. Null when nothing did.
    /// </summary>
    public static Filed? Before(IReadOnlyList<Filed> filed, string position) =>
        filed.FirstOrDefault(f => f.Position == position)
        ?? filed.Where(f => f.IsPlaceholder && position.Length > f.Position.Length && position.StartsWith(f.Position, StringComparison.Ordinal) && (position[f.Position.Length] is '.' or '['))
            .MaxBy(f => f.Position.Length)
        ?? filed.FirstOrDefault(f => f.IsPlaceholder && f.Position == DeliveryWork.Rest);
}
