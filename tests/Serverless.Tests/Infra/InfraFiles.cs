using System.Text.Json;
using Serverless.Tests.Harness;

namespace Serverless.Tests.Infra;

/// <summary>The texts of a deployment by path from the repository root, as they are or with one of them altered to show that a test would
/// notice.</summary>
internal sealed class InfraFiles
{
    private readonly Dictionary<string, string> _texts;

    private InfraFiles(Dictionary<string, string> texts) => _texts = texts;

    public static InfraFiles Load()
    {
        string[] folders = ["infra", "infra/modules"];
        var paths = folders.SelectMany(f => Directory.GetFiles(Path.Combine(Seed.RepositoryRoot, f)))
            .Append(Path.Combine(Seed.RepositoryRoot, "host.json"));
        return new InfraFiles(paths.ToDictionary(p => Path.GetRelativePath(Seed.RepositoryRoot, p), File.ReadAllText,
            StringComparer.Ordinal));
    }

    /// <summary>The same files with one text replaced; refuses when it is not there, since such a specimen would prove nothing.</summary>
    public InfraFiles With(string path, string old, string changed)
    {
        if (!_texts.TryGetValue(path, out var text) || !text.Contains(old, StringComparison.Ordinal))
            throw new ArgumentException($"{path} does not hold '{old}'.", nameof(old));
        return new InfraFiles(new Dictionary<string, string>(_texts,
            StringComparer.Ordinal) { [path] = text.Replace(old, changed, StringComparison.Ordinal) });
    }

    public string this[string path] => _texts[path];

    public IEnumerable<string> Paths => _texts.Keys;

    public JsonElement Json(string path) =>
        JsonDocument.Parse(this[path], new JsonDocumentOptions { CommentHandling = JsonCommentHandling.Skip }).RootElement;

    public IEnumerable<(string Path, string Text)> Templates =>
        _texts.Where(t => t.Key.EndsWith(".bicep", StringComparison.Ordinal)).Select(t => (t.Key, t.Value));
}
