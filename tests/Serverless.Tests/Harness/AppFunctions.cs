using System.Text.Json;

namespace Serverless.Tests.Harness;

/// <summary>One function as the worker SDK wrote it down when the app was built.</summary>
/// <param name="Name">Name of the function.</param>
/// <param name="Trigger">httpTrigger, queueTrigger or timerTrigger.</param>
/// <param name="EntryPoint">Namespace, class and method.</param>
public sealed record AppFunction(string Name, string Trigger, string EntryPoint)
{
    /// <summary>Route template below <c>api/</c>; null without an HTTP trigger.</summary>
    public string? Route { get; init; }

    /// <summary>Methods in capitals; empty for all.</summary>
    public IReadOnlyList<string> Methods { get; init; } = [];

    /// <summary>anonymous or function.</summary>
    public string? Authorization { get; init; }

    /// <summary>Name of the queue; null without a queue trigger.</summary>
    public string? Queue { get; init; }

    /// <summary>Setting of the queue's connection.</summary>
    public string Connection { get; init; } = "AzureWebJobsStorage";

    /// <summary>When a timer runs.</summary>
    public string? Schedule { get; init; }

    /// <summary>The folder below functions/ whose class it is a method of.</summary>
    public string Folder => string.Join('/', EntryPoint.Split('.')[1..^2]);

    /// <summary>What is in front of the function, in one text.</summary>
    public string What => Trigger switch
    {
        "httpTrigger" => $"{(Methods.Count == 0 ? "*" : string.Join(",", Methods))} api/{Route}",
        "queueTrigger" => $"queue {Queue}",
        _ => $"timer {Schedule}",
    };
}

/// <summary>The functions of the app, read from the functions.metadata of its build: the only place in tests that knows that
/// file.</summary>
public static class AppFunctions
{
    /// <summary>The file, as it lies in the publish folder too.</summary>
    public const string FileName = "functions.metadata";

    /// <summary>Its text.</summary>
    public static string Text => File.ReadAllText(new DirectoryInfo(Path.Combine(Seed.RepositoryRoot, "functions", "obj"))
        .GetFiles(FileName, SearchOption.AllDirectories).MaxBy(f => f.LastWriteTimeUtc)?.FullName
        ?? throw new InvalidOperationException($"functions/obj holds no {FileName}: build the app first."));

    /// <summary>All of them, by name.</summary>
    public static IReadOnlyList<AppFunction> All => Read(Text);

    /// <summary>The functions of such a file.</summary>
    public static IReadOnlyList<AppFunction> Read(string text)
    {
        using var json = JsonDocument.Parse(text);
        return [.. json.RootElement.EnumerateArray().Select(Of).OrderBy(f => f.Name, StringComparer.Ordinal)];
    }

    private static AppFunction Of(JsonElement function)
    {
        var trigger = function.GetProperty("bindings").EnumerateArray()
            .Single(b => Word(b, "type")!.EndsWith("Trigger", StringComparison.Ordinal));
        return new AppFunction(Word(function, "name")!, Word(trigger, "type")!, Word(function, "entryPoint")!)
        {
            Route = Word(trigger, "route"),
            Methods = trigger.TryGetProperty("methods", out var methods)
                ? [.. methods.EnumerateArray().Select(m => m.GetString()!.ToUpperInvariant())]
                : [],
            Authorization = Word(trigger, "authLevel")?.ToLowerInvariant(),
            Queue = Word(trigger, "queueName"),
            Connection = Word(trigger, "connection") ?? "AzureWebJobsStorage",
            Schedule = Word(trigger, "schedule"),
        };
    }

    private static string? Word(JsonElement element, string name) =>
        element.TryGetProperty(name, out var value) && value.ValueKind == JsonValueKind.String ? value.GetString() : null;
}
