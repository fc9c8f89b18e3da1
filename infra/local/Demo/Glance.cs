using System.Text.Json;

namespace Serverless.Local.Demo;

/// <summary>The first lines of what a kept file says to its reader.</summary>
internal static class Glance
{
    private static readonly string[] OfEvent = ["type", "id", "time"];
    private const int MostLines = 6;
    private const int MostCharacters = 150;

    public static IReadOnlyList<string> At(string file)
    {
        var text = Path.ChangeExtension(file, ".txt");
        var lines = File.Exists(text) ? File.ReadAllLines(text) : Words(file);
        return [.. lines.Select(l => l.Trim()).Where(l => l.Length > 0).Take(MostLines)
            .Select(l => l.Length <= MostCharacters ? l : l[..MostCharacters] + " ...")];
    }

    private static IEnumerable<string> Words(string file)
    {
        using var json = JsonDocument.Parse(File.ReadAllBytes(file));
        // A webhook has no words: what it is about stands for them.
        if (json.RootElement.TryGetProperty("headers", out _)
            && json.RootElement.GetProperty("body") is { ValueKind: JsonValueKind.Object } body)
            return OfEvent.Where(n => body.TryGetProperty(n, out _)).Select(n => $"{n}: {body.GetProperty(n)}").ToList();
        // What the provider was asked says the same once more.
        if (json.RootElement.TryGetProperty("asked", out _)) return (json.RootElement.GetProperty("text").GetString() ?? "").Split('\n');
        List<string> found = [];
        Collect(json.RootElement, found);
        return found.SelectMany(t => t.Split('\n'));
    }

    // In a card every sentence is a property "text", every fact a title with a value.
    private static void Collect(JsonElement element, List<string> found)
    {
        if (element.ValueKind == JsonValueKind.Array)
        {
            foreach (var item in element.EnumerateArray()) Collect(item, found);
            return;
        }

        if (element.ValueKind != JsonValueKind.Object) return;
        if (element.TryGetProperty("text", out var text) && text.ValueKind == JsonValueKind.String) found.Add(text.GetString()!);
        else if (element.TryGetProperty("title", out var title) && element.TryGetProperty("value", out var value))
            found.Add($"{title}: {value}");
        foreach (var property in element.EnumerateObject()) Collect(property.Value, found);
    }
}
