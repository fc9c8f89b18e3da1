using System.Text.Json;
using Serverless.Tests.Harness;

namespace Serverless.Tests.Infra;

/// <summary>The functions of the app with their triggers; the only place of these tests that reads where they are declared.</summary>
internal static class DeclaredFunctions
{
    private static readonly Lazy<IReadOnlyList<DeclaredFunction>> Read = new(() =>
        [.. Directory.GetDirectories(Path.Combine(Seed.RepositoryRoot, "functions")).Select(d => Path.Combine(d, "function.json")).Where(File.Exists).Select(Parse)]);

    public static IReadOnlyList<DeclaredFunction> All => Read.Value;

    /// <summary>Queues with a trigger.</summary>
    public static IEnumerable<string> Queues => All.Where(f => f.Trigger == "queueTrigger").Select(f => f.Binding.GetProperty("queueName").GetString()!);

    /// <summary>Settings that name a connection.</summary>
    public static IEnumerable<string> Connections => All.Where(f => f.Binding.TryGetProperty("connection", out _)).Select(f => f.Binding.GetProperty("connection").GetString()!).Distinct(StringComparer.Ordinal);

    private static DeclaredFunction Parse(string path)
    {
        using var json = JsonDocument.Parse(File.ReadAllText(path));
        var trigger = json.RootElement.GetProperty("bindings").EnumerateArray().First(b => b.GetProperty("type").GetString()!.EndsWith("Trigger", StringComparison.Ordinal));
        return new DeclaredFunction(Path.GetFileName(Path.GetDirectoryName(path)!), trigger.GetProperty("type").GetString()!, trigger.Clone());
    }
}

/// <summary>One function.</summary>
/// <param name="Name">Its name.</param>
/// <param name="Trigger">Type of its trigger, for example queueTrigger.</param>
/// <param name="Binding">The trigger as declared.</param>
internal sealed record DeclaredFunction(string Name, string Trigger, JsonElement Binding);
