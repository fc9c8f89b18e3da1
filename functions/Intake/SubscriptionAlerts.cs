using System.Security.Cryptography;
using System.Text;
using Serverless.Channels;
using Serverless.Platform.Storage;

namespace Serverless.Intake;

/// <summary>
/// Stores that a provider reported a problem with a subscription. The mark is a time and is never cleared: upkeep and reconciliation
/// compare it with its own last run and is due at once when the mark is later.
/// </summary>
public sealed class SubscriptionAlerts(TableStore tables)
{
    private const string Table = "sources";
    private const string Row = "attention";
    private const string AlarmPrefix = "alarm|";

    /// <summary>When and why a channel was last marked.</summary>
    public sealed record Mark(DateTimeOffset At, string Reason);

    /// <summary>Marks a channel; an equal or later mark stays. Alerts that need a person are stored beside it.</summary>
    /// <param name="channel">Channel name.</param>
    /// <param name="asks">The provider's alert.</param>
    /// <param name="at">When the provider said so: the arrival of its delivery, so that working it again marks nothing new.</param>
    /// <param name="ct">Cancels.</param>
    public async Task MarkAsync(string channel, Parsed.Alert asks, DateTimeOffset at, CancellationToken ct)
    {
        if (asks.Alarm is { } alarm) await KeepAsync(channel, alarm, at, ct);
        if (await LastAsync(channel, ct) is { } last && last.At >= at) return;
        await tables.UpsertAsync(Table, new TableRow(channel, Row) { ["At"] = at, ["Reason"] = asks.Reason }, ct);
    }

    /// <summary>Open alerts of providers that need a person.</summary>
    public async Task<IReadOnlyList<Registration>> AlarmsAsync(string channel, CancellationToken ct)
    {
        List<Registration> alarms = [];
        await foreach (var row in tables.QueryAllAsync(Table, TableQuery.Partition(channel).RowPrefix(AlarmPrefix), ct))
            alarms.Add(new Registration(row.Text("Name") ?? "", row.Text("Detail") is null
                ? RegistrationState.Right : RegistrationState.Drifted, row.Text("Detail"), row.Text("Step")));
        return alarms;
    }

    // A later word is never overtaken by an earlier one.
    private async Task KeepAsync(string channel, Registration alarm, DateTimeOffset at, CancellationToken ct)
    {
        var row = new TableRow(channel, AlarmPrefix
            + Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(alarm.Name)).AsSpan(0, 16)))
        {
            ["Name"] = alarm.Name,
            ["Detail"] = alarm.State == RegistrationState.Right ? null : alarm.Detail ?? "",
            ["Step"] = alarm.Step,
            ["At"] = at,
        };
        if (await tables.GetAsync(Table, channel, row.RowKey, ct) is { } known && known.Time("At") > at) return;
        await tables.UpsertAsync(Table, row, ct);
    }

    /// <summary>The last mark; null when there is none.</summary>
    public async Task<Mark?> LastAsync(string channel, CancellationToken ct) =>
        await tables.GetAsync(Table, channel, Row, ct) is { } row && row.Time("At") is { } at
        ? new Mark(at, row.Text("Reason") ?? "") : null;
}
