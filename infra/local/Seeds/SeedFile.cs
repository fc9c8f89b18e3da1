using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using Serverless.Local.CommandLine;

namespace Serverless.Local.Seeds;

/// <summary>One recorded call of a provider, to the byte, with what must come of it.</summary>
/// <param name="Name">Path below <c>seeds/</c> without ending, e.g. <c>meta/03-whatsapp-text</c>.</param>
/// <param name="Target">Path and query as sent.</param>
/// <param name="Headers">As sent, in order; no Host, no Content-Length.</param>
internal sealed record SeedFile(string Name, string Method, string Target, IReadOnlyList<(string Name, string Value)> Headers, byte[] Body,
    Expectation Expected)
{
    /// <summary>The channel in its address.</summary>
    public string Channel =>
        Target.Split('?')[0].Split('/', StringSplitOptions.RemoveEmptyEntries) is ["api", "hooks", var channel, ..] ? channel : "";

    /// <summary>Whether it tells what became of a message of ours.</summary>
    public bool IsAboutOurs => Target.EndsWith("/messages/status", StringComparison.Ordinal);

    /// <summary>Tells whether the same bytes were sent before.</summary>
    public string Fingerprint =>
        Convert.ToHexStringLower(
            SHA256.HashData([.. Encoding.UTF8.GetBytes($"{Method} {Target}\n{string.Join('\n', Headers)}\n"), .. Body]));

    /// <summary>All trios below a folder, in order of their full path.</summary>
    public static IReadOnlyList<SeedFile> ReadAll(string folder) =>
        !Directory.Exists(folder)
            ? []
            : [.. Directory.EnumerateFiles(folder, "*.headers", SearchOption.AllDirectories).Order(StringComparer.Ordinal)
                .Select(f => Read(folder, f))];

    private static SeedFile Read(string folder, string headersFile)
    {
        var stem = headersFile[..^".headers".Length];
        var name = Path.GetRelativePath(folder, stem);
        var (method, target, headers) = ParseHeaders(name, File.ReadAllText(headersFile));
        return new SeedFile(name, method, target, headers, File.ReadAllBytes(Part(stem, name, ".body")),
            Expectation.Parse(name, File.ReadAllBytes(Part(stem, name, ".expected.json"))));
    }

    private static string Part(string stem, string name, string ending) =>
        File.Exists(stem + ending) ? stem + ending
        : throw new Refusal($"The seed {name} has no {ending}: a seed is a trio of .body, .headers and .expected.json.");

    private static (string Method, string Target, IReadOnlyList<(string, string)> Headers) ParseHeaders(string name, string text)
    {
        var lines = text.Split('\n').Select(l => l.TrimEnd('\r')).ToList();
        if (lines[0].Split(' ') is not [var method, ['/', ..] target])
            throw new Refusal($"The seed {name} must start its .headers with a method and a path, not '{lines[0]}'.");
        var headers = new List<(string, string)>();
        foreach (var line in lines.Skip(1).Where(l => l.Length > 0))
        {
            var colon = line.IndexOf(':', StringComparison.Ordinal);
            if (colon <= 0) throw new Refusal($"The seed {name} has a header line without a colon: '{line}'.");
            headers.Add((line[..colon], line[(colon + 1)..].Trim()));
        }
        return (method, target, headers);
    }
}

/// <summary>What must come of a seed.</summary>
/// <param name="Status">Of the answer.</param>
/// <param name="ContentType">Exact when given.</param>
/// <param name="Body">Exact when given.</param>
/// <param name="Ends">One per element in order, each with its alternatives; empty for a handshake.</param>
internal sealed record Expectation(int Status, string? ContentType, string? Body, IReadOnlyList<IReadOnlyList<string>> Ends)
{
    public static Expectation Parse(string name, byte[] json)
    {
        try
        {
            using var document = JsonDocument.Parse(json);
            var answer = document.RootElement.GetProperty("answer");
            return new Expectation(
                answer.GetProperty("status").GetInt32(),
                Text(answer, "contentType"),
                Text(answer, "body"),
                [.. document.RootElement.GetProperty("ends").EnumerateArray().Select(e => e.GetString()!.Split('|'))]);
        }
        catch (Exception e) when (e is JsonException or KeyNotFoundException or InvalidOperationException)
        {
            throw new Refusal(string.Create(CultureInfo.InvariantCulture,
                $"The .expected.json of the seed {name} is not what it must be: {e.Message}"));
        }
    }

    private static string? Text(JsonElement element, string name) => element.TryGetProperty(name, out var value) ? value.GetString() : null;
}
