using System.Globalization;
using System.Text;
using System.Text.Json;
using System.Text.RegularExpressions;
using Serverless.Attachments;
using Xunit;

namespace Serverless.Tests.Harness;

/// <summary>Steps of journeys with files.</summary>
public static partial class FileSteps
{
    /// <summary>Every file of a case, as people see it.</summary>
    public static List<JsonElement> Files(this JsonElement file) =>
        [.. file.GetProperty("contacts").EnumerateArray().SelectMany(c => c.GetProperty("files").EnumerateArray())];

    /// <summary>State and reason of each file, by name.</summary>
    public static SortedDictionary<string, string> FileStates(this JsonElement file) => new(file.Files().ToDictionary(
        f => f.TryGetProperty("name", out var name) ? name.GetString()! : "(nameless)",
        f => f.TryGetProperty("reason", out var reason)
        ? $"{f.GetProperty("state").GetString()}: {reason.GetString()}" : f.GetProperty("state").GetString()!), StringComparer.Ordinal);

    public static async Task<byte[]> DownloadAsync(this TestApp world, string caseId, string file)
    {
        using var answer = await world.RawAsync(HttpMethod.Get, $"/api/cases/{caseId}/attachments/{file}");
        Assert.True(answer.IsSuccessStatusCode, await answer.Content.ReadAsStringAsync());
        return await answer.Content.ReadAsByteArrayAsync();
    }

    /// <summary>Moves the clock to the next try of each waiting file and makes it, as the queue does. Gives the longest wait in
    /// seconds.</summary>
    public static async Task<int> NextFileTryAsync(this TestApp world, string caseId, IEnumerable<string> files)
    {
        var waits = files.Select(f =>
            (File: f, Match: Waits().Match(world.Log.Lines.Last(l => l.StartsWith($"file later {caseId}/{f} ", StringComparison.Ordinal)))))
            .ToList();
        var seconds = waits.Max(w => Whole(w.Match, "seconds"));
        world.Time.Advance(TimeSpan.FromSeconds(seconds + 1));
        foreach (var (file, match) in waits) Assert.True(await world.FetchAsync(caseId, file, Whole(match, "attempt")));
        return seconds;
    }

    public static Task<bool> FetchAsync(this TestApp world, string caseId, string file, int attempt = 0) =>
        world.InvokeAsync("FetchAttachments", "pointer", Encoding.UTF8.GetString(new AttachmentMessage(caseId, file, attempt).ToJson()));

    private static int Whole(Match match, string group) => int.Parse(match.Groups[group].Value, CultureInfo.InvariantCulture);

    [GeneratedRegex("attempt=(?<attempt>[0-9]+) seconds=(?<seconds>[0-9]+)", RegexOptions.ExplicitCapture, matchTimeoutMilliseconds: 1000)]
    private static partial Regex Waits();
}
