using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Nodes;
using Serverless.Local.CommandLine;
using Serverless.Local.Machine;

namespace Serverless.Local.Run;

/// <summary>The app settings of a local run: the committed defaults, what the seeds of each channel need, and what only this run
/// knows.</summary>
internal static class LocalSettings
{
    /// <summary>For files that people open: indented, and with umlauts as they are.</summary>
    public static readonly JsonSerializerOptions Readable = new() { WriteIndented = true,
        Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    /// <summary>Later ones win. Defaults may hold <c>{name}</c>, filled from <paramref name="places"/>.</summary>
    /// <param name="ours">What only this run knows, e.g. the connection strings.</param>
    public static SortedDictionary<string, string> Merge(Repository repository, IReadOnlyDictionary<string, string> places,
        IReadOnlyDictionary<string, string> ours)
    {
        var settings = new SortedDictionary<string, string>(StringComparer.Ordinal);
        var defaults = Path.Combine(repository.Root, "infra", "local", "local.settings.json");
        Add(settings, Read(defaults)["Values"] as JsonObject
            ?? throw new Refusal($"{defaults} has no object 'Values': restore it from git."), defaults, places);

        if (Directory.Exists(repository.Seeds))
        {
            foreach (var file in Directory.EnumerateFiles(repository.Seeds, "settings.json", SearchOption.AllDirectories)
                .Order(StringComparer.Ordinal))
            {
                Add(settings, Read(file), file, places);
            }
        }
        foreach (var (name, value) in ours) settings[name] = value;
        return settings;
    }

    /// <summary>The two connections that the functions name.</summary>
    public static Dictionary<string, string> Connections(string storage, string bus) => new(StringComparer.Ordinal)
    {
        ["AzureWebJobsStorage"] = storage,
        ["ServiceBusConnection"] = bus,
    };

    /// <summary>In the form that people with Core Tools know.</summary>
    public static void Write(string file, IReadOnlyDictionary<string, string> settings)
    {
        var values = new JsonObject(settings.Select(s => KeyValuePair.Create(s.Key, (JsonNode?)JsonValue.Create(s.Value))));
        var json = new JsonObject { ["IsEncrypted"] = false, ["Values"] = values };
        RunFolder.Write(file, System.Text.Encoding.UTF8.GetBytes(json.ToJsonString(Readable) + "\n"));
    }

    private static void Add(SortedDictionary<string, string> settings, JsonObject values, string file,
        IReadOnlyDictionary<string, string> places)
    {
        foreach (var (name, value) in values)
        {
            var text = value switch
            {
                JsonValue v when v.GetValueKind() == JsonValueKind.String => v.GetValue<string>(),
                JsonValue v when v.GetValueKind() is JsonValueKind.Number or JsonValueKind.True or JsonValueKind.False => v.ToJsonString(),
                _ => throw new Refusal($"The setting '{name}' in {file} must be text, a number, true or false: app settings are flat."),
            };
            foreach (var (place, filling) in places) text = text.Replace($"{{{place}}}", filling, StringComparison.Ordinal);
            settings[name] = text;
        }
    }

    private static JsonObject Read(string file)
    {
        try
        {
            return JsonNode.Parse(File.ReadAllText(file)) as JsonObject ?? throw new Refusal($"{file} must be a JSON object.");
        }
        catch (JsonException e)
        {
            throw new Refusal($"{file} is not JSON (line {e.LineNumber + 1}): fix it and start again.");
        }
        catch (FileNotFoundException)
        {
            throw new Refusal($"{file} is missing: restore it from git.");
        }
    }
}
