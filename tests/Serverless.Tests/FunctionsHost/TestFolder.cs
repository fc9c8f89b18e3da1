using System.Text.Json.Nodes;

namespace Serverless.Tests.FunctionsHost;

/// <summary>A folder of one test, with the file in which the small worker writes down what it was given.</summary>
public sealed class TestFolder : IDisposable
{
    private string Record => System.IO.Path.Combine(Path, "record.jsonl");

    /// <summary>The folder.</summary>
    public string Path { get; } = Directory.CreateTempSubdirectory("functions-host-").FullName;

    /// <summary>The records so far, a half-written last line left out.</summary>
    public IReadOnlyList<JsonNode> Records
    {
        get
        {
            if (!File.Exists(Record)) return [];
            using var file = new StreamReader(new FileStream(Record, FileMode.Open, FileAccess.Read, FileShare.ReadWrite));
            var text = file.ReadToEnd();
            return [.. text[..(text.LastIndexOf('\n') + 1)].Split('\n', StringSplitOptions.RemoveEmptyEntries)
                .Select(line => JsonNode.Parse(line)!)];
        }
    }

    /// <summary>Waits until a condition holds, at most half a minute.</summary>
    public static async Task UntilAsync(Func<bool> condition)
    {
        using var limit = new CancellationTokenSource(TimeSpan.FromSeconds(30));
        while (!condition()) await Task.Delay(TimeSpan.FromMilliseconds(10), limit.Token);
    }

    /// <inheritdoc/>
    public void Dispose() => Directory.Delete(Path, recursive: true);
}
