using System.Text.Json;
using Microsoft.Extensions.Options;
using Serverless.Cases;
using Serverless.Platform.Audit;

namespace Serverless.Privacy;

/// <summary>Accepts privacy requests and returns their status. Entries in <c>actions</c> name no address.</summary>
public sealed class PrivacyRequests(PrivacyRequestStore book, PrivacyRequestProcessor work, CaseEraser eraser, CaseReader reader,
    CaseStore cases, AuditLog actions, IOptionsMonitor<PrivacyOptions> options)
{
    /// <summary>Time budget of the HTTP call; the timer continues after that.</summary>
    private static readonly TimeSpan AtOnce = TimeSpan.FromSeconds(20);

    /// <summary>Begins to find what there is of a person.</summary>
    public Task<PrivacyRequest> FindAsync(PersonAddress address, string? by, CancellationToken ct) =>
        BeginAsync("find-person", PrivacyRequestKind.Find, address, by, ct);

    /// <summary>Begins to erase a person.</summary>
    public Task<PrivacyRequest> EraseAsync(PersonAddress address, string? by, CancellationToken ct) =>
        BeginAsync("erase-person", PrivacyRequestKind.Erase, address, by, ct);

    /// <summary>Records an export.</summary>
    public async Task ExportedAsync(PrivacyRequest order, PersonAddress address, string? by, CancellationToken ct)
    {
        var begun = await actions.BeginAsync("export-person", "all", address.NameUnder(options.CurrentValue.AuditKey)
            ?? "a person", by, ct);
        await actions.EndAsync(begun, new Dictionary<string, int>(StringComparer.Ordinal) { ["cases"] = order.Cases.Count }, ct);
    }

    /// <summary>Data that would be erased with a case; null when it does not exist or was erased.</summary>
    public async Task<ErasurePlan?> PlanAsync(string idOrNumber, CancellationToken ct)
    {
        if (await reader.IdOfAsync(idOrNumber, ct) is not { } id || await cases.HeadAsync(id, ct) is not { IsErased: false } head)
            return null;
        var traces = await eraser.TracesAsync(id, ct);
        return new ErasurePlan(work.Named(id, head.Head), traces.Keys.Count - traces.Replies, traces.Files, traces.Replies);
    }

    /// <summary>Begins to erase one case.</summary>
    public async Task<PrivacyRequest> EraseAsync(ErasurePlan plan, string? by, CancellationToken ct)
    {
        var begun = await actions.BeginAsync("erase-case", "all", plan.Case.Number ?? plan.Case.Id, by, ct);
        var order = New(PrivacyRequestKind.Erase, PrivacyRequestStage.Erase, by, [begun.Month, begun.Key]) with { Cases = [plan.Case] };
        return await work.WorkAsync(await book.OpenAsync(order, ct), AtOnce, ct);
    }

    /// <summary>An order; null when there is none.</summary>
    public async Task<PrivacyRequest?> OrderAsync(string id, CancellationToken ct) => (await book.FindAsync(id, ct))?.Order;

    /// <summary>Orders that are not done.</summary>
    public async Task<IReadOnlyList<PrivacyRequestReport>> OpenAsync(CancellationToken ct) =>
        [.. (await book.OpenOnesAsync(ct)).Select(o => Report(o.Order))];

    /// <summary>An order as people see it.</summary>
    public static PrivacyRequestReport Report(PrivacyRequest order) => new()
    {
        Order = order.Id,
        Kind = order.Kind,
        Stage = order.Stage,
        At = order.At,
        DueAt = order.DueAt,
        DoneAt = order.DoneAt,
        By = order.By,
        Cases = order.Cases,
        Quarantined = order.Quarantined,
        Deliveries = order.DeliveriesMet,
        EventsRead = order.EventsRead,
        DeliveriesRead = order.DeliveriesRead,
        Next = (order.Kind, order.Stage) switch
        {
            (PrivacyRequestKind.Find or PrivacyRequestKind.Erase,
                PrivacyRequestStage.Done) when order.Cases.Count == PrivacyRequest.MostCases =>
                $"There may be more: an order holds {PrivacyRequest.MostCases} cases. Erase these, then ask again.",
            (PrivacyRequestKind.Find, PrivacyRequestStage.Done) =>
                "Nothing was changed. POST api/operations/privacy/export with this order hands it out; POST api/operations/privacy/erase with the address and \"dryRun\":false erases it.",
            (_, PrivacyRequestStage.Done) => null,
            (_, PrivacyRequestStage.Again) => "It is gone; Tick looks once more after dueAt for what was being written just then.",
            _ => $"Tick goes on every five minutes: GET api/operations/privacy/{order.Id} says how far it is.",
        },
    };

    private async Task<PrivacyRequest> BeginAsync(string what, PrivacyRequestKind kind, PersonAddress address, string? by,
        CancellationToken ct)
    {
        var begun = await actions.BeginAsync(what, "all", address.NameUnder(options.CurrentValue.AuditKey) ?? "a person", by, ct);
        var order = New(kind, PrivacyRequestStage.Cases, by, [begun.Month, begun.Key]) with { Address = address.ToString() };
        return await work.WorkAsync(await book.OpenAsync(order, ct), AtOnce, ct);
    }

    // The store assigns id and time.
    private static PrivacyRequest New(PrivacyRequestKind kind, PrivacyRequestStage stage, string? by, string[] audit) =>
        new() { Id = "", Kind = kind, Stage = stage, At = default, By = by, Audit = audit };
}

/// <summary>Data that would be erased with a case.</summary>
/// <param name="Case">Which; <c>keepUntil</c> is until when retention keeps it.</param>
/// <param name="Contacts">Number of contacts.</param>
/// <param name="Files">Number of attachments.</param>
/// <param name="Replies">Number of replies.</param>
public sealed record ErasurePlan(PrivacyRequestCase Case, int Contacts, int Files, int Replies)
{
    public bool DryRun { get; init; } = true;
}

/// <summary>Body of a privacy request.</summary>
public sealed record PrivacyRequestBody
{
    public const string HowTo =
        """Send {"address":"..."}, or {"case":"<number or id>"} to erase, or {"order":"<id of a completed find>"} to export; by is the name of the person (at most 100 characters).""";

    private const int LongestBy = 100;

    public string? Address { get; init; }

    public string? Case { get; init; }

    public string? Order { get; init; }

    /// <summary>Of erasures only.</summary>
    public bool DryRun { get; init; } = true;

    public string? By { get; init; }

    /// <summary>The request in a body; null when it is none.</summary>
    public static PrivacyRequestBody? Parse(ReadOnlyMemory<byte> body)
    {
        try
        {
            using var json = JsonDocument.Parse(body);
            string? Text(string name) =>
                json.RootElement.TryGetProperty(name, out var value) && value.ValueKind != JsonValueKind.Null ? value.GetString() : null;
            var request = new PrivacyRequestBody
            {
                Address = Text("address"),
                Case = Text("case"),
                Order = Text("order"),
                By = Text("by")?.Trim(),
                DryRun = !json.RootElement.TryGetProperty("dryRun", out var dryRun) || dryRun.GetBoolean(),
            };
            var named = new[] { request.Address, request.Case, request.Order }.Count(n => n is not null);
            return named != 1 || request.By?.Length > LongestBy || request.By?.Any(char.IsControl) == true ? null : request;
        }
        catch (Exception error) when (error is JsonException or InvalidOperationException)
        {
            return null;
        }
    }
}
