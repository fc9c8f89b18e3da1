namespace Serverless.Local.Seeds;

/// <summary>Compares what came of a seed with what its trio expects.</summary>
internal static class SeedCheck
{
    private static bool IsContactEnd(string end) => end is "case" or "joined" or "updated" or "outbound" or "duplicate";

    /// <summary>One sentence for each difference in the answer.</summary>
    public static IEnumerable<string> Answer(SeedFile seed, int status, string? contentType, string body)
    {
        var expected = seed.Expected;
        if (status != expected.Status) yield return $"{seed.Name}: answered {status}, expected {expected.Status}";
        if (expected.ContentType is { } type && type != contentType)
            yield return $"{seed.Name}: answered as '{contentType}', expected '{type}'";
        if (expected.Body is { } text && text != body) yield return $"{seed.Name}: answered '{Short(body)}', expected '{Short(text)}'";
    }

    /// <summary>One sentence for each difference in the ends.</summary>
    /// <param name="ends">One per element in order; null when nothing was stored, so that there is nothing to have an end.</param>
    /// <param name="before">Whether the same bytes came to their end in this folder before: then a contact is a duplicate, for a second
    /// replay changes nothing.</param>
    public static IEnumerable<string> Ends(SeedFile seed, IReadOnlyList<string>? ends, Replayed before)
    {
        var expected = seed.Expected.Ends;
        if (ends is null)
        {
            // A refusal is an answer: the delivery was not stored and has no row to look at.
            if (expected.All(e => e.Any(w => w.StartsWith("refused:", StringComparison.Ordinal)))) yield break;
            yield return $"{seed.Name}: was not stored, expected {Words(expected)}";
            yield break;
        }
        if (ends.Count != expected.Count)
        {
            yield return $"{seed.Name}: came to {ends.Count} ends ({string.Join(", ", ends)}), expected {Words(expected)}";
            yield break;
        }
        for (var i = 0; i < ends.Count; i++)
        {
            var right = Right(expected[i], before);
            if (!right.Contains(ends[i], StringComparer.Ordinal))
                yield return $"{seed.Name}: element {i + 1} ended as {ends[i]}, expected {string.Join('|', right)}";
        }
    }

    private static IReadOnlyList<string> Right(IReadOnlyList<string> expected, Replayed before)
    {
        // What is no contact has no duplicate: the state of a message of ours is known by now, and told once more.
        if (before == Replayed.Never || !expected.All(IsContactEnd)) return expected;
        return [.. before == Replayed.ToItsEnd
            ? expected.Where(e => !IsContactEnd(e)) : expected.Where(e => e != "duplicate"), "duplicate"];
    }

    private static string Words(IReadOnlyList<IReadOnlyList<string>> ends) =>
        ends.Count == 0 ? "none" : string.Join(", ", ends.Select(e => string.Join('|', e)));

    private static string Short(string text) => text.Length <= 200 ? text : text[..200] + "...";
}

/// <summary>What became of the same bytes in the same folder earlier.</summary>
public enum Replayed
{
    Never,

    /// <summary>Sent, but its end was not seen: the run was stopped.</summary>
    Perhaps,

    ToItsEnd,
}
