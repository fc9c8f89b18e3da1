using System.Globalization;

namespace Serverless.Local.CommandLine;

/// <summary>What was typed, checked against the verbs; anything else is refused with exit code 2.</summary>
internal sealed class Arguments
{
    private readonly Dictionary<string, string> _given = new(StringComparer.Ordinal);

    private Arguments(Verb verb) => Verb = verb;

    public Verb Verb { get; }

    public bool Help { get; private set; }

    public bool Has(string option) => _given.ContainsKey(option);

    public string Text(string option, string otherwise) => _given.GetValueOrDefault(option, otherwise);

    /// <summary>Every value of an option that may be repeated.</summary>
    public string[] All(string option) => _given.TryGetValue(option, out var text) ? text.Split('\n') : [];

    public int Number(string option, int otherwise) =>
        _given.TryGetValue(option, out var text) ? int.Parse(text, CultureInfo.InvariantCulture) : otherwise;

    public static Arguments Parse(IReadOnlyList<string> args)
    {
        var named = args.Count > 0 && !args[0].StartsWith('-');
        var verb = named ? Verb.All.FirstOrDefault(v => v.Name == args[0]) : Verb.All[0];
        if (verb is null) throw Wrong($"There is no verb '{args[0]}'; there are {string.Join(", ", Verb.All.Select(v => v.Name))}.");

        var arguments = new Arguments(verb) { Help = args.Any(a => a is "--help" or "-h" or "-?") };
        if (arguments.Help) return arguments;

        for (var i = named ? 1 : 0; i < args.Count; i++) i = arguments.Take(args, i);
        if (verb.Name == "run" && arguments.Has("json") && !arguments.Has("once")) throw Wrong("--json prints the outcome of a run that ends: say --once --json.");
        return arguments;
    }

    private int Take(IReadOnlyList<string> args, int at)
    {
        var (name, value) = args[at].Split('=', 2) is [var n, var v] ? (n, v) : (args[at], null);
        var option = name.StartsWith("--", StringComparison.Ordinal) ? Verb.Options.FirstOrDefault(o => o.Name == name[2..]) : null;
        if (option is null) throw Wrong($"'{Verb.Name}' does not know '{name}'.");
        if (_given.ContainsKey(option.Name) && !option.Repeats) throw Wrong($"{name} is there twice.");
        if (option.Value is null)
        {
            if (value is not null) throw Wrong($"{name} takes no value.");
            _given[option.Name] = "";
            return at;
        }
        if (value is null && (++at >= args.Count || args[at].StartsWith("--", StringComparison.Ordinal))) throw Wrong($"{name} needs a value: {name} {option.Value}.");
        value = Checked(option, value ?? args[at]);
        _given[option.Name] = _given.TryGetValue(option.Name, out var before) ? $"{before}\n{value}" : value;
        return at;
    }

    private static string Checked(Option option, string value)
    {
        if (option.Number is var (min, max) && (!int.TryParse(value, NumberStyles.None, CultureInfo.InvariantCulture, out var number) || number < min || number > max))
        {
            throw Wrong($"--{option.Name} must be a whole number from {min} to {max}, not '{value}'.");
        }
        if (option.Name == "folder" && (value.Length is 0 or > 60 || value is "app" or "bare" or "build" or "empty" or "load" or "outside" || !value.All(c => char.IsAsciiLetterOrDigit(c) || c is '-' or '_')))
        {
            throw Wrong($"--folder must be a plain name (letters, digits, - and _, at most 60; not app, bare, build, empty, load or outside), not '{value}'.");
        }
        if (option is { Name: "host", Value: "func" } && value != "func") throw Wrong($"--host takes func, not '{value}'.");
        return value;
    }

    private static Refusal Wrong(string sentence) => new(sentence + " See --help.", Refusal.BadArguments);
}
