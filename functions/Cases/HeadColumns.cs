using System.Text.Json;
using Serverless.Cases.Rules;
using Serverless.Platform.Storage;

namespace Serverless.Cases;

/// <summary>The head of a case as columns of its row.</summary>
internal static class HeadColumns
{
    /// <summary>The row of a head.</summary>
    public static TableRow Write(Case head) => NeedColumns.Write(head, new(head.Id, CaseKeys.Head)
    {
        ["Number"] = head.Number,
        ["State"] = head.State == CaseState.Closed ? "closed" : "open",
        ["Owner"] = head.Owner,
        ["Networks"] = string.Join(' ', head.Networks),
        ["OpenedAt"] = head.OpenedAt,
        ["WaitingSince"] = head.WaitingSince,
        ["WaitingFor"] = head.WaitingFor,
        ["DueAt"] = head.DueAt,
        ["Promises"] = PromiseRows.Write(head.Promises),
        ["LookAt"] = head.LookAt,
        ["AcceptBy"] = head.AcceptBy,
        ["AnsweredAt"] = head.AnsweredAt,
        ["AcceptedBy"] = head.AcceptedBy,
        ["AcceptedAt"] = head.AcceptedAt,
        ["HandOver"] = head.HandOver is { } offer ? JsonSerializer.Serialize(offer, CaseJson.Default.HandOver) : null,
        ["HandOvers"] = head.HandOvers,
        ["FormerOwners"] = head.FormerOwners.Count == 0 ? null : string.Join('\n', head.FormerOwners),
        ["Overdue"] = head.Overdue,
        ["ClosedAt"] = head.ClosedAt,
        ["Cause"] = head.Cause,
        ["Reopened"] = head.Reopened,
        ["Version"] = head.Version,
    });

    /// <summary>The head of a row.</summary>
    public static Case Read(TableRow row) => NeedColumns.Read(row, new()
    {
        Id = row.PartitionKey,
        Number = row.Text("Number") ?? "",
        State = row.Text("State") == "closed" ? CaseState.Closed : CaseState.Open,
        Owner = row.Text("Owner"),
        Owes = row.Text("Owes") ?? "",
        OwesRule = row.Text("OwesRule") ?? "",
        Networks = (row.Text("Networks") ?? "").Split(' ', StringSplitOptions.RemoveEmptyEntries),
        OpenedAt = row.Time("OpenedAt") ?? default,
        WaitingSince = row.Time("WaitingSince"),
        WaitingFor = row.Text("WaitingFor"),
        DueAt = row.Time("DueAt"),
        Promises = PromiseRows.Parse(row.Text("Promises")),
        LookAt = row.Time("LookAt"),
        AcceptBy = row.Time("AcceptBy"),
        AnsweredAt = row.Time("AnsweredAt"),
        AcceptedBy = row.Text("AcceptedBy"),
        AcceptedAt = row.Time("AcceptedAt"),
        HandOver = row.Text("HandOver") is { } offer ? JsonSerializer.Deserialize(offer, CaseJson.Default.HandOver) : null,
        HandOvers = row.Int("HandOvers") ?? 0,
        FormerOwners = row.Text("FormerOwners")?.Split('\n') ?? [],
        Overdue = row.Int("Overdue") ?? 0,
        ClosedAt = row.Time("ClosedAt"),
        Cause = row.Text("Cause"),
        Reopened = row.Int("Reopened") ?? 0,
        Version = row.Int("Version") ?? 1,
    });
}
