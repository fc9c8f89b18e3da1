using System.Globalization;
using System.Text.Json;

namespace Serverless.Needs;

/// <summary>
/// Reads a file of rules:
/// <c>{"rules":[{"id":"own-17","when":{"all":[{"words":["garantie"]}],"none":[...]},"then":{"need":"complex","topic":"warranty"}}]}</c>.
/// What does not
/// fit is said with its path, and nothing of the file is taken.
/// </summary>
internal static class RuleFile
{
    public const int MostBytes = 200 * 1024;
    public const int MostRules = 500;
    private const int MostConditions = 20;
    private const int MostWords = 500;
    private const int LongestWord = 80;
    private const int LongestWay = 300;

    private static readonly string[] Members = ["id", "when", "then", "note"];
    private static readonly string[] Outputs = ["need", "urgency", "team", "topic", "confidential", "way"];

    private static readonly Dictionary<string, Func<ConditionDefinition, IReadOnlyList<string>, ConditionDefinition>> Lists =
        new(StringComparer.Ordinal)
    {
        ["words"] = (c, list) => c with { Words = list },
        ["inside"] = (c, list) => c with { Inside = list },
        ["phrase"] = (c, list) => c with { Phrase = list },
        ["near"] = (c, list) => c with { Near = list },
        ["but"] = (c, list) => c with { But = list },
        ["kind"] = (c, list) => c with { Kind = list },
        ["place"] = (c, list) => c with { Place = list },
        ["channel"] = (c, list) => c with { Channel = list },
        ["network"] = (c, list) => c with { Network = list },
        ["entry"] = (c, list) => c with { Entry = list },
        ["sender"] = (c, list) => c with { Sender = list },
        ["senderDomain"] = (c, list) => c with { SenderDomain = list },
        ["language"] = (c, list) => c with { Language = list },
    };

    private static readonly Dictionary<string, Func<ConditionDefinition, bool, ConditionDefinition>> Flags = new(StringComparer.Ordinal)
    {
        ["hasFiles"] = (c, flag) => c with { HasFiles = flag },
        ["hasText"] = (c, flag) => c with { HasText = flag },
        ["question"] = (c, flag) => c with { Question = flag },
    };

    private static readonly Dictionary<string, Func<ConditionDefinition, int, ConditionDefinition>> Numbers = new(StringComparer.Ordinal)
    {
        ["longer"] = (c, number) => c with { Longer = number },
        ["factKinds"] = (c, number) => c with { FactKinds = number },
        ["questions"] = (c, number) => c with { Questions = number },
    };

    private static readonly string[] TextMembers = ["words", "inside", "phrase", "near"];

    private static readonly Dictionary<string, IReadOnlyList<string>> Vocabularies = new(StringComparer.Ordinal)
    {
        ["kind"] = ["message", "comment", "post", "call", "missed-call", "voicemail", "form", "visit", "device-event", "placeholder"],
        ["place"] = ["private", "public"],
        ["sender"] = ConditionDefinition.Senders,
    };

    /// <summary>Reads a file.</summary>
    /// <param name="json">UTF-8.</param>
    /// <param name="own">Whether an admin wrote it: then size, number of rules and ids are bounded, too.</param>
    /// <exception cref="FormatException">It does not fit; the message is a sentence that begins with the path.</exception>
    public static IReadOnlyList<RuleDefinition> Read(ReadOnlyMemory<byte> json, bool own)
    {
        if (own && json.Length > MostBytes) throw new FormatException($"The file has {json.Length} bytes; at most {MostBytes} are read.");
        try
        {
            using var document = JsonDocument.Parse(json, new JsonDocumentOptions { CommentHandling =
                JsonCommentHandling.Skip, AllowTrailingCommas = true });
            return Rules(document.RootElement, own);
        }
        catch (JsonException error)
        {
            throw new FormatException(string.Create(CultureInfo.InvariantCulture, $"line {error.LineNumber + 1}: this is no JSON."), error);
        }
    }

    private static List<RuleDefinition> Rules(JsonElement root, bool own)
    {
        if (root.ValueKind != JsonValueKind.Object || !root.TryGetProperty("rules", out var rules)
            || rules.ValueKind != JsonValueKind.Array)
            throw Wrong("rules", """is missing: send {"rules":[...]}.""");
        if (own && rules.GetArrayLength() > MostRules) throw Wrong("rules",
            $"has {rules.GetArrayLength()} entries; at most {MostRules} are taken.");
        List<RuleDefinition> read = [];
        HashSet<string> ids = new(StringComparer.Ordinal);
        var at = 0;
        foreach (var rule in rules.EnumerateArray())
        {
            var path = $"rules[{at++}]";
            var one = Rule(rule, path, own);
            if (!ids.Add(one.Id)) throw Wrong($"{path}.id", $"{one.Id} is there twice.");
            read.Add(one);
        }

        return read;
    }

    private static RuleDefinition Rule(JsonElement rule, string path, bool own)
    {
        Only(rule, path, Members);
        var id = Text(rule, "id", path, 60) ?? throw Wrong($"{path}.id", "is missing.");
        if (!id.All(c => char.IsAsciiLetterOrDigit(c) || c is '-' or '.' or '_'))
            throw Wrong($"{path}.id", "has letters, digits, '-', '.' and '_' only.");
        if (own && !id.StartsWith("own-", StringComparison.Ordinal))
            throw Wrong($"{path}.id", "begins with own-, so that everybody sees whose rule decided.");
        if (!rule.TryGetProperty("when", out var when)) throw Wrong($"{path}.when", "is missing.");
        if (!rule.TryGetProperty("then", out var then)) throw Wrong($"{path}.then", "is missing.");
        Only(when, $"{path}.when", ["all", "none"]);
        Only(then, $"{path}.then", Outputs);
        var all = Conditions(when, "all", $"{path}.when");
        if (all.Count == 0) throw Wrong($"{path}.when.all", "names no condition: the rule would hold for everything.");
        var read = new RuleDefinition
        {
            Id = id,
            Own = own,
            All = all,
            None = Conditions(when, "none", $"{path}.when"),
            Need = Word(then, "need", $"{path}.then", NeedKinds.All),
            Urgency = Word(then, "urgency", $"{path}.then", UrgencyKinds.All),
            Team = Text(then, "team", $"{path}.then", 100),
            Topic = Text(then, "topic", $"{path}.then", 40),
            Way = Text(then, "way", $"{path}.then", LongestWay),
            Confidential = then.TryGetProperty("confidential", out var confidential) && Flag(confidential, $"{path}.then.confidential"),
        };
        if (read is { Need: null, Urgency: null, Team: null, Topic: null, Way: null, Confidential: false })
            throw Wrong($"{path}.then", $"says nothing: name one of {string.Join(", ", Outputs)}.");
        return read;
    }

    private static List<ConditionDefinition> Conditions(JsonElement when, string name, string path)
    {
        if (!when.TryGetProperty(name, out var list)) return [];
        path = $"{path}.{name}";
        if (list.ValueKind != JsonValueKind.Array || list.GetArrayLength() > MostConditions)
            throw Wrong(path, $"is a list of at most {MostConditions} conditions.");
        return [.. list.EnumerateArray().Select((c, i) => Condition(c, $"{path}[{i}]"))];
    }

    private static ConditionDefinition Condition(JsonElement json, string path)
    {
        if (json.ValueKind != JsonValueKind.Object || !json.EnumerateObject().Any())
            throw Wrong(path, $"is an object that names one of {Known()}.");
        var condition = new ConditionDefinition();
        foreach (var member in json.EnumerateObject())
        {
            var at = $"{path}.{member.Name}";
            if (Lists.TryGetValue(member.Name, out var list)) condition = list(condition, Words(member.Value, member.Name, at));
            else if (Flags.TryGetValue(member.Name, out var flag)) condition = flag(condition, Flag(member.Value, at));
            else if (Numbers.TryGetValue(member.Name, out var number)) condition = number(condition, Number(member.Value, at));
            else throw Wrong(at, $"is no condition: known are {Known()}.");
        }

        if (condition.But.Count > 0 && condition.Words.Count + condition.Inside.Count == 0)
            throw Wrong($"{path}.but", "stands beside words or inside.");
        return condition;
    }

    private static List<string> Words(JsonElement json, string name, string path)
    {
        if (json.ValueKind != JsonValueKind.Array || json.GetArrayLength() is 0 or > MostWords)
            throw Wrong(path, $"is a list of 1 to {MostWords} texts.");
        List<string> words = [];
        foreach (var (word, i) in json.EnumerateArray().Select((w, i) => (w, i)))
        {
            if (word.ValueKind != JsonValueKind.String || word.GetString()?.Trim() is not { Length: > 0 and <= LongestWord } text)
                throw Wrong($"{path}[{i}]", $"is a text of 1 to {LongestWord} characters.");
            if (Vocabularies.TryGetValue(name, out var known) && !known.Contains(text, StringComparer.Ordinal))
                throw Wrong($"{path}[{i}]", $"{text} is not known: there are {string.Join(", ", known)}.");
            var parts = text.Split(' ', StringSplitOptions.RemoveEmptyEntries).Length;
            if (name == "near" && parts is < 2 or > 5) throw Wrong($"{path}[{i}]", "has two to five words.");
            if ((TextMembers.Contains(name, StringComparer.Ordinal) || name == "but")
                && FoldedText.Word(text.Replace("*", "", StringComparison.Ordinal)).Length < 2)
                throw Wrong($"{path}[{i}]", "has at least two letters or digits.");
            if (name is "words" or "inside" or "but" && parts > 1)
                throw Wrong($"{path}[{i}]", "is one word; more in a row stand in phrase, words close to each other in near.");
            words.Add(text);
        }

        return words;
    }

    private static string? Word(JsonElement json, string name, string path, IReadOnlyList<string> known)
    {
        if (Text(json, name, path, 60) is not { } word) return null;
        return known.Contains(word, StringComparer.Ordinal) ? word
            : throw Wrong($"{path}.{name}", $"{word} is not known: there are {string.Join(", ", known)}.");
    }

    private static string? Text(JsonElement json, string name, string path, int longest)
    {
        if (!json.TryGetProperty(name, out var value)) return null;
        return value.ValueKind == JsonValueKind.String && value.GetString()?.Trim() is { Length: > 0 } text && text.Length <= longest
            && !text.Any(char.IsControl)
            ? text
            : throw Wrong($"{path}.{name}", $"is a text of 1 to {longest} characters in one line.");
    }

    private static bool Flag(JsonElement json, string path) =>
        json.ValueKind is JsonValueKind.True or JsonValueKind.False ? json.GetBoolean() : throw Wrong(path, "is true or false.");

    private static int Number(JsonElement json, string path) =>
        json.ValueKind == JsonValueKind.Number && json.TryGetInt32(out var number) && number is >= 1 and <= 30_000 ? number
            : throw Wrong(path, "is a number from 1 to 30000.");

    private static void Only(JsonElement json, string path, string[] members)
    {
        if (json.ValueKind != JsonValueKind.Object) throw Wrong(path, "is an object.");
        foreach (var member in json.EnumerateObject())
            if (!members.Contains(member.Name, StringComparer.Ordinal))
                throw Wrong($"{path}.{member.Name}", $"is not known: there are {string.Join(", ", members)}.");
    }

    private static string Known() => string.Join(", ", Lists.Keys.Concat(Flags.Keys).Concat(Numbers.Keys));

    private static FormatException Wrong(string path, string says) => new($"{path}: {says}");
}
