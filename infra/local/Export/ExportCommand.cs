using System.Text.Json;
using System.Text.Json.Nodes;
using Serverless.Local.CommandLine;

namespace Serverless.Local.Export;

/// <summary>The verbs export and restore: what a nightly workflow runs, and what a person runs on the day it is needed.</summary>
internal static class ExportCommand
{
    public static Task<int> ExportAsync(Arguments arguments, Screen screen, TimeProvider time, CancellationToken ct) => CopyAccount.SayAsync(async () =>
    {
        var source = CopyAccount.Of(Text(arguments, "account"));
        var target = Text(arguments, "to-account") is { } other ? CopyAccount.Of(other) : source;
        var (name, rows) = await new TableCopy(source, target, arguments.Text("container", "exports")).ExportAsync(time.GetUtcNow(), screen.Say, ct);
        screen.Say($"Exported {rows.Values.Sum()} rows of {rows.Count} tables. To put them back: dotnet run --project infra/local -- restore --from {name} --account NAME");
        Console.Out.WriteLine(new JsonObject { ["export"] = name, ["tables"] = JsonSerializer.SerializeToNode(rows) }.ToJsonString());
        return 0;
    });

    public static Task<int> RestoreAsync(Arguments arguments, Screen screen, TimeProvider time, CancellationToken ct) => CopyAccount.SayAsync(async () =>
    {
        if (!arguments.Has("from")) throw new Refusal("Say which export: --from 2026-11-22T020000Z.", Refusal.BadArguments);
        var target = CopyAccount.Of(Text(arguments, "account"));
        var source = Text(arguments, "from-account") is { } other ? CopyAccount.Of(other) : target;
        var rows = await new TableCopy(target, source, arguments.Text("container", "exports")).RestoreAsync(arguments.Text("from", ""), arguments.Has("over"), screen.Say, ct);
        screen.Say($"Restored {rows.Values.Sum()} rows of {rows.Count} tables. Tick queues deliveries without an end within 15 minutes.");
        return 0;
    });

    private static string? Text(Arguments arguments, string option) => arguments.Has(option) ? arguments.Text(option, "") : null;
}
