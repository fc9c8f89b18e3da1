using System.Globalization;
using System.Text.Json;

namespace Serverless.Tests.Harness;

/// <summary>Says where two JSON values differ, one line for each place.</summary>
public static class JsonDifference
{
    /// <summary>Empty when both say the same. The order of properties does not count; an instant may be written in two ways.</summary>
    public static IEnumerable<string> Between(JsonElement expected, JsonElement actual, string path)
    {
        if (expected.ValueKind != actual.ValueKind) return [$"{path}: expected {expected.GetRawText()}, got {actual.GetRawText()}"];
        return expected.ValueKind switch
        {
            JsonValueKind.Object => Objects(expected, actual, path),
            JsonValueKind.Array => Arrays(expected, actual, path),
            _ => SameValue(expected, actual) ? [] : [$"{path}: expected {expected.GetRawText()}, got {actual.GetRawText()}"],
        };
    }

    private static IEnumerable<string> Objects(JsonElement expected, JsonElement actual, string path)
    {
        foreach (var property in expected.EnumerateObject())
        {
            if (!actual.TryGetProperty(property.Name, out var value))
                yield return $"{path}.{property.Name}: expected {property.Value.GetRawText()}, got nothing";
            else foreach (var line in Between(property.Value, value, $"{path}.{property.Name}")) yield return line;
        }

        foreach (var property in actual.EnumerateObject())
            if (!expected.TryGetProperty(property.Name, out _))
                yield return $"{path}.{property.Name}: expected nothing, got {property.Value.GetRawText()}";
    }

    private static IEnumerable<string> Arrays(JsonElement expected, JsonElement actual, string path)
    {
        if (expected.GetArrayLength() != actual.GetArrayLength())
            yield return $"{path}: expected {expected.GetArrayLength()} items, got {actual.GetArrayLength()}";
        foreach (var (index, (left, right)) in expected.EnumerateArray().Zip(actual.EnumerateArray()).Index())
            foreach (var line in Between(left, right, $"{path}[{index}]"))
                yield return line;
    }

    private static bool SameValue(JsonElement expected, JsonElement actual)
    {
        if (expected.ValueKind != JsonValueKind.String) return expected.GetRawText() == actual.GetRawText();
        var (left, right) = (expected.GetString(), actual.GetString());
        return left == right || (Instant(left) is { } instant && instant == Instant(right));
    }

    private static DateTimeOffset? Instant(string? text) =>
        text is [_, _, _, _, '-', _, _, '-', _, _, 'T', ..]
        && DateTimeOffset.TryParse(text, CultureInfo.InvariantCulture, DateTimeStyles.RoundtripKind, out var instant) ? instant : null;
}
