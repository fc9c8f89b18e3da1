using System.Text.Json;
using System.Text.RegularExpressions;
using Serverless.Tests.Harness;

namespace Serverless.Tests.Infra;

/// <summary>The texts of a deployment by path from the repository root, as they are or with one of them altered to show that a test would notice.</summary>
internal sealed partial class InfraFiles
{
    private readonly Dictionary<string, string> _texts;

    private InfraFiles(Dictionary<string, string> texts) => _texts = texts;

    public static InfraFiles Load()
    {
        string[] folders = ["infra", "infra/modules"];
        var paths = folders.SelectMany(f => Directory.GetFiles(Path.Combine(Seed.RepositoryRoot, f))).Append(Path.Combine(Seed.RepositoryRoot, "host.json"));
        var texts = paths.ToDictionary(p => Path.GetRelativePath(Seed.RepositoryRoot, p), File.ReadAllText, StringComparer.Ordinal);
        return new InfraFiles(new(texts, StringComparer.Ordinal) { [AppFunctions.FileName] = AppFunctions.Text });
    }

    /// <summary>The same files with one text replaced; refuses when it is not there, since such a specimen would prove nothing.</summary>
    public InfraFiles With(string path, string old, string changed)
    {
        if (!_texts.TryGetValue(path, out var text) || !text.Contains(old, StringComparison.Ordinal)) throw new ArgumentException($"{path} does not hold '{old}'.", nameof(old));
        return new InfraFiles(new Dictionary<string, string>(_texts, StringComparer.Ordinal) { [path] = text.Replace(old, changed, StringComparison.Ordinal) });
    }

    public string this[string path] => _texts[path];

    public IEnumerable<string> Paths => _texts.Keys;

    public JsonElement Json(string path) => JsonDocument.Parse(this[path], new JsonDocumentOptions { CommentHandling = JsonCommentHandling.Skip }).RootElement;

    public IEnumerable<(string Path, string Text)> Templates => _texts.Where(t => t.Key.EndsWith(".bicep", StringComparison.Ordinal)).Select(t => (t.Key, t.Value));

    /// <summary>The functions of the built app.</summary>
    public IReadOnlyList<AppFunction> Functions => AppFunctions.Read(this[AppFunctions.FileName]);

    /// <summary>What lies between a declaration and the bracket that closes it: <c>var x = [</c> up to <c>]</c> at the same depth.</summary>
    public string Block(string path, string beginning)
    {
        var text = this[path];
        var start = text.IndexOf(beginning, StringComparison.Ordinal);
        if (start < 0) return "";
        var depth = 0;
        for (var i = start; i < text.Length; i++)
        {
            if (text[i] is '[' or '{' or '(') depth++;
            else if (text[i] is ']' or '}' or ')' && --depth == 0) return text[start..(i + 1)];
        }

        return "";
    }

    /// <summary>Quoted strings of a text, without the quotes.</summary>
    public static IEnumerable<string> Quoted(string text) => QuotedText().Matches(text).Select(m => m.Groups["text"].Value);

    /// <summary>Names of the app settings that a block of name-value pairs sets.</summary>
    public static IEnumerable<string> SettingNames(string block) => SettingName().Matches(block).Select(m => m.Groups["name"].Value);

    /// <summary>Names of the properties of a Bicep type.</summary>
    public IEnumerable<string> TypeProperties(string type) => TypeProperty().Matches(Block("infra/types.bicep", $"type {type} = {{")).Select(m => m.Groups["name"].Value);

    [GeneratedRegex("'(?<text>[^'\\n]*)'", RegexOptions.ExplicitCapture, matchTimeoutMilliseconds: 5000)]
    private static partial Regex QuotedText();

    [GeneratedRegex(@"\{ name: '(?<name>[^']+)', value:", RegexOptions.ExplicitCapture, matchTimeoutMilliseconds: 5000)]
    private static partial Regex SettingName();

    [GeneratedRegex(@"^  (?<name>\w+): ", RegexOptions.ExplicitCapture | RegexOptions.Multiline, matchTimeoutMilliseconds: 5000)]
    private static partial Regex TypeProperty();
}
