using System.Text;
using System.Text.Json;

namespace Serverless.Channels;

/// <summary>
/// Answers of a form within a messenger, which arrive as a JSON object: each becomes a field, and all of them together the text.
/// </summary>
/// <param name="Text">One line an answer.</param>
/// <param name="Fields">The answers, each name after <c>answer.</c>.</param>
internal sealed record FormAnswers(string Text, IReadOnlyDictionary<string, string> Fields)
{
    private const int Most = 100;

    /// <summary>The answers of a JSON object, also of one within it; null when there are none.</summary>
    /// <param name="json">As the provider wrote it.</param>
    public static FormAnswers? Of(string? json)
    {
        if (string.IsNullOrEmpty(json)) return null;
        try
        {
            using var document = JsonDocument.Parse(json);
            var text = new StringBuilder();
            var fields = new Dictionary<string, string>(StringComparer.Ordinal);
            Add(document.RootElement, "", text, fields);
            return fields.Count == 0 ? null : new FormAnswers(text.ToString().TrimEnd('\n'), fields);
        }
        catch (JsonException)
        {
            return null;
        }
    }

    private static void Add(JsonElement answers, string before, StringBuilder text, Dictionary<string, string> fields)
    {
        foreach (var answer in answers.Properties())
        {
            // The token is the provider's own; it says nothing that the customer said.
            if (fields.Count == Most || answer.Name is "flow_token") continue;
            if (answer.Value.ValueKind == JsonValueKind.Object)
            {
                Add(answer.Value, $"{before}{answer.Name}.", text, fields);
                continue;
            }

            var value = answer.Value.ValueKind == JsonValueKind.Array
                ? string.Join(", ", answer.Value.EnumerateArray().Select(v => v.ToString())) : answer.Value.ToString();
            if (value.Length == 0 || !fields.TryAdd($"answer.{before}{answer.Name}", value)) continue;
            text.Append(before).Append(answer.Name).Append(": ").Append(value).Append('\n');
        }
    }
}
