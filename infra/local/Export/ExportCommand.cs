using System.Text.Json;
using System.Text.Json.Nodes;
using Serverless.Local.CommandLine;

namespace Serverless.Local.Export;

/// <summary>The verbs export and restore: what a nightly workflow runs, and what a person runs on the day it is needed.</summary>
internal static class ExportCommand
{
    public static async Task<int> ExportAsync(Arguments arguments, Screen screen, TimeProvider time, CancellationToken ct)
    {
        using var http = new HttpClient();
        var source = StorageRest.Of(Text(arguments, "account"), http, time);
        var target = Text(arguments, "to-account") is { } other ? StorageRest.Of(other, http, time) : source;
        var (name, rows) = await new TableCopy(source, target, arguments.Text("container", "exports")).ExportAsync(time.GetUtcNow(), screen.Say, ct);
        screen.Say($"Exported {rows.Values.Sum()} rows of {rows.Count} tables. To put them back: dotnet run --project infra/local -- restore --from {name} --account NAME");
        Console.Out.WriteLine(new JsonObject { ["export"] = name, ["tables"] = JsonSerializer.SerializeToNode(rows) }.ToJsonString());
        return 0;
    }

    public static async Task<int> RestoreAsync(Arguments arguments, Screen screen, TimeProvider time, CancellationToken ct)
    {
        if (!arguments.Has("from")) throw new Refusal("Say which export: --from 2026-11-22T020000Z.", Refusal.BadArguments);
        using var http = new HttpClient();
        var target = StorageRest.Of(Text(arguments, "account"), http, time);
        var source = Text(arguments, "from-account") is { } other ? StorageRest.Of(other, http, time) : target;
        var rows = await new TableCopy(target, source, arguments.Text("container", "exports")).RestoreAsync(arguments.Text("from", ""), arguments.Has("over"), screen.Say, ct);
        screen.Say($"Restored {rows.Values.Sum()} rows of {rows.Count} tables. Tick queues deliveries without an end within 15 minutes.");
        return 0;
    }

    private static string? Text(Arguments arguments, string option) => arguments.Has(option) ? arguments.Text(option, "") : null;
}
