using System.Text;
using System.Text.Json;
using Microsoft.Extensions.Configuration;
using Serverless.Channels;
using Serverless.Contacts;

namespace Serverless.Tests.Harness;

/// <summary>One trio of <c>seeds/{channel}/</c>: a delivery to the byte, and what must come of it.</summary>
public sealed record Seed
{
    /// <summary>Folder and file without extension, e.g. <c>generic/01-web-form</c>.</summary>
    public required string Name { get; init; }

    /// <summary>One sentence on what happened.</summary>
    public required string About { get; init; }

    /// <summary>The clock at which it was sent: dated signatures are fresh then.</summary>
    public required DateTimeOffset At { get; init; }

    public required string Method { get; init; }

    /// <summary>As sent, from <c>/api/hooks/</c> on.</summary>
    public required string PathAndQuery { get; init; }

    /// <summary>As sent, in order; a name may come twice.</summary>
    public required IReadOnlyList<KeyValuePair<string, string>> Headers { get; init; }

    public required byte[] Body { get; init; }

    /// <summary>What the sender gets.</summary>
    public required SeedAnswer Answer { get; init; }

    /// <summary>How each element ends, in order; alternatives joined with <c>|</c>. Empty for a handshake.</summary>
    public required IReadOnlyList<string> Ends { get; init; }

    /// <summary>The <see cref="ContactEvent"/> of each element that is one, in order.</summary>
    public required IReadOnlyList<JsonElement> Contacts { get; init; }

    /// <summary>What the provider holds for a thin delivery, by the resource it names; see <c>NN-name.fetched.json</c>.</summary>
    public required IReadOnlyDictionary<string, byte[]> Fetched { get; init; }

    public bool IsHandshake => Ends.Count == 0;

    /// <summary>The reason for which it fails the check; null when it passes.</summary>
    public string? RefusedFor =>
        Ends.Count == 1 && Ends[0].Split('|')[0].Split(':') is ["refused" or "quarantined", var reason] ? reason : null;

    /// <summary>Well signed, and not a handshake.</summary>
    public bool IsGenuine => !IsHandshake && RefusedFor is null;

    public static string RepositoryRoot { get; } = FindRoot();

    /// <summary>Every channel that has seeds, sorted.</summary>
    public static IReadOnlyList<string> Channels =>
        [.. Directory.GetDirectories(Path.Combine(RepositoryRoot, "seeds")).Select(d => Path.GetFileName(d)!)
            .Order(StringComparer.Ordinal)];

    /// <summary>All seeds of a channel in the order in which they are replayed.</summary>
    public static IReadOnlyList<Seed> Of(string channel) =>
        [.. Directory.GetFiles(Folder(channel), "*.headers").Order(StringComparer.Ordinal).Select(Load)];

    /// <summary>The app settings under which the seeds of a channel verify, by their environment names
    /// (<c>Channels__Meta__AppSecret</c>).</summary>
    /// <param name="channel">Folder.</param>
    /// <param name="provider">Takes the place of <c>{provider}</c>; by default nobody listens there.</param>
    public static Dictionary<string, string?> SettingsOf(string channel, string provider = "http://127.0.0.1:9")
    {
        using var json = JsonDocument.Parse(File.ReadAllBytes(Path.Combine(Folder(channel), "settings.json")));
        return json.RootElement.EnumerateObject()
            .ToDictionary(p => p.Name, p =>
                (string?)p.Value.ToString().Replace("{provider}", provider, StringComparison.Ordinal), StringComparer.OrdinalIgnoreCase);
    }

    /// <summary>App settings as the app sees them.</summary>
    /// <param name="settings">By environment name; null removes one.</param>
    public static IConfiguration Configuration(IEnumerable<KeyValuePair<string, string?>> settings) =>
        new ConfigurationBuilder()
            .AddInMemoryCollection(settings.Where(s => s.Value is not null)
                .Select(s => KeyValuePair.Create(s.Key.Replace("__", ":", StringComparison.Ordinal), s.Value)))
            .Build();

    /// <summary>The delivery as <c>Receive</c> hands it to a channel: only the kept headers, lower-case, several values joined.</summary>
    public Delivery ToDelivery(IChannel channel) => new()
    {
        Id = Guid.CreateVersion7(At).ToString("N"),
        Channel = channel.Name,
        Method = Method,
        PathAndQuery = PathAndQuery,
        Headers = Headers
            .GroupBy(h => h.Key.ToLowerInvariant(), h => h.Value, StringComparer.Ordinal)
            .Where(h => IsKept(h.Key, channel.KeptHeaders))
            .ToDictionary(h => h.Key, h => string.Join(", ", h), StringComparer.Ordinal),
        Body = Body,
        ReceivedAt = At,
    };

    public override string ToString() => Name;

    private static bool IsKept(string name, IReadOnlyList<string> kept) =>
        name == "content-type" || kept.Any(k => k.EndsWith('*') ? name.StartsWith(k[..^1], StringComparison.Ordinal) : name == k);

    private static Seed Load(string headersFile)
    {
        var stem = Path.ChangeExtension(headersFile, null);
        var lines = File.ReadAllText(headersFile, Encoding.UTF8).Split('\n', StringSplitOptions.RemoveEmptyEntries);
        var request = lines[0].Split(' ');
        var expected = JsonDocument.Parse(File.ReadAllBytes(stem + ".expected.json")).RootElement;
        return new Seed
        {
            Name = $"{Path.GetFileName(Path.GetDirectoryName(headersFile))}/{Path.GetFileName(stem)}",
            About = expected.GetProperty("about").GetString()!,
            At = expected.GetProperty("at").GetDateTimeOffset(),
            Method = request[0],
            PathAndQuery = request[1],
            Headers = [.. lines.Skip(1).Select(line => line.Split(':', 2)).Select(h => KeyValuePair.Create(h[0], h[1].Trim()))],
            Body = File.Exists(stem + ".body") ? File.ReadAllBytes(stem + ".body") : [],
            Answer = SeedAnswer.From(expected.GetProperty("answer")),
            Ends = [.. expected.GetProperty("ends").EnumerateArray().Select(e => e.GetString()!)],
            Fetched = File.Exists(stem + ".fetched.json")
            ? ReadFetched(stem + ".fetched.json") : new Dictionary<string, byte[]>(StringComparer.Ordinal),
            Contacts = expected.TryGetProperty("contacts", out var contacts) ? [.. contacts.EnumerateArray()] : [],
        };
    }

    private static Dictionary<string, byte[]> ReadFetched(string file)
    {
        using var json = JsonDocument.Parse(File.ReadAllBytes(file));
        return json.RootElement.EnumerateObject().ToDictionary(
            p => p.Name,
            p => Encoding.UTF8.GetBytes((p.Value.ValueKind == JsonValueKind.Object && p.Value.TryGetProperty("$document", out var document)
                ? document : p.Value).GetRawText()),
            StringComparer.Ordinal);
    }

    private static string Folder(string channel) => Path.Combine(RepositoryRoot, "seeds", channel);

    private static string FindRoot()
    {
        for (var folder = new DirectoryInfo(AppContext.BaseDirectory); folder is not null; folder = folder.Parent)
            if (File.Exists(Path.Combine(folder.FullName, "Serverless.sln")))
                return folder.FullName;
        throw new DirectoryNotFoundException($"No Serverless.sln above {AppContext.BaseDirectory}.");
    }
}

/// <summary>The answer a seed's sender gets.</summary>
/// <param name="Status">HTTP status.</param>
/// <param name="ContentType">Exact when given.</param>
/// <param name="Body">Exact when given.</param>
/// <param name="Headers">Each of them exact; others may be there.</param>
public sealed record SeedAnswer(int Status, string? ContentType, string? Body, IReadOnlyDictionary<string, string> Headers)
{
    public static SeedAnswer From(JsonElement answer) => new(
        answer.GetProperty("status").GetInt32(),
        answer.TryGetProperty("contentType", out var type) ? type.GetString() : null,
        answer.TryGetProperty("body", out var body) ? body.GetString() : null,
        answer.TryGetProperty("headers", out var headers)
            ? headers.EnumerateObject().ToDictionary(h => h.Name, h => h.Value.GetString()!, StringComparer.OrdinalIgnoreCase)
            : new Dictionary<string, string>(StringComparer.OrdinalIgnoreCase));
}
