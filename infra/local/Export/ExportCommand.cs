using System.ComponentModel;
using System.Text.Json;
using System.Text.Json.Nodes;
using Serverless.Local.CommandLine;
using Serverless.Local.Machine;
using Spectre.Console;
using Spectre.Console.Cli;

namespace Serverless.Local.Export;

/// <summary>Options of <c>export</c>.</summary>
internal sealed class ExportSettings : ReportSettings
{
    [CommandOption("--account <NAME>")]
    [Description("Storage account, as who is signed in to the Azure CLI; without it the connection string in AzureWebJobsStorage")]
    public string? Account { get; init; }

    [CommandOption("--to-account <NAME>")]
    [Description("Another account that takes the export; without it the same")]
    public string? ToAccount { get; init; }

    [CommandOption("--container <NAME>")]
    [Description("Container that takes it")]
    [DefaultValue("exports")]
    public string Container { get; init; } = "exports";
}

/// <summary>Options of <c>restore</c>.</summary>
internal sealed class RestoreSettings : ReportSettings
{
    [CommandOption("--from <NAME>")]
    [Description("The export, by the name that the command export printed")]
    public string? From { get; init; }

    [CommandOption("--account <NAME>")]
    [Description("Storage account that gets the tables; without it the connection string in AzureWebJobsStorage")]
    public string? Account { get; init; }

    [CommandOption("--from-account <NAME>")]
    [Description("Account that holds the export; without it the same")]
    public string? FromAccount { get; init; }

    [CommandOption("--container <NAME>")]
    [Description("Container that holds it")]
    [DefaultValue("exports")]
    public string Container { get; init; } = "exports";

    [CommandOption("--over")]
    [Description("Overwrite existing rows")]
    public bool Over { get; init; }

    public override ValidationResult Validate() =>
        From is null ? ValidationResult.Error("Say which export: --from 2026-11-22T020000Z") : ValidationResult.Success();
}

/// <summary>The verbs export and restore: what a nightly workflow runs, and what a person runs on the day it is needed.</summary>
internal static class ExportCommand
{
    public static Task<int> ExportAsync(Repository repository, ExportSettings options, Screen screen, CancellationToken ct) =>
        CopyAccount.SayAsync(async () =>
    {
        var source = CopyAccount.Of(options.Account);
        var target = options.ToAccount is { } other ? CopyAccount.Of(other) : source;
        var (name, rows) = await new TableCopy(source, target, options.Container)
            .ExportAsync(TimeProvider.System.GetUtcNow(), screen.Say, ct);
        screen.Say($"Exported {rows.Values.Sum()} rows of {rows.Count} tables. To restore them: dotnet run --project infra/local -- restore --from {name} --account NAME");
        Console.Out.WriteLine(new JsonObject { ["export"] = name, ["tables"] = JsonSerializer.SerializeToNode(rows) }.ToJsonString());
        return 0;
    });

    public static Task<int> RestoreAsync(Repository repository, RestoreSettings options, Screen screen, CancellationToken ct) =>
        CopyAccount.SayAsync(async () =>
    {
        var target = CopyAccount.Of(options.Account);
        var source = options.FromAccount is { } other ? CopyAccount.Of(other) : target;
        var rows = await new TableCopy(target, source, options.Container).RestoreAsync(options.From!, options.Over, screen.Say, ct);
        screen.Say($"Restored {rows.Values.Sum()} rows of {rows.Count} tables. The function Tick queues deliveries without an outcome within 15 minutes.");
        return 0;
    });
}
