using System.Globalization;

namespace Serverless.Intake;

/// <summary>Table, partition and row key of a delivery, derived from its channel and id alone.</summary>
/// <remarks>The partition begins with a shard: a time-led key would send every write to the last range of the table (D3).</remarks>
public readonly record struct DeliveryKey(string Channel, string Id)
{
    public const int Shards = 16;

    /// <summary>When the delivery arrived, to the millisecond: the first 48 bits of a version 7 GUID.</summary>
    public DateTimeOffset At =>
        DateTimeOffset.FromUnixTimeMilliseconds(long.Parse(Id.AsSpan(0, 12), NumberStyles.HexNumber, CultureInfo.InvariantCulture));

    /// <summary>One table a month, so that retention drops a table.</summary>
    public string Table => TableOf(At);

    public string Partition =>
        PartitionOf(int.Parse(Id.AsSpan(Id.Length - 1), NumberStyles.HexNumber, CultureInfo.InvariantCulture), Channel, At);

    /// <summary>Name of the blob that keeps a body too large for a row.</summary>
    public string Blob => string.Create(CultureInfo.InvariantCulture, $"{At:yyyyMM}/{Channel}/{Id}");

    public override string ToString() => $"{Channel}/{Id}";

    /// <summary>When the month began (UTC) whose table holds what arrived then.</summary>
    public static DateTimeOffset MonthOf(DateTimeOffset at) => new(at.UtcDateTime.Year, at.UtcDateTime.Month, 1, 0, 0, 0, TimeSpan.Zero);

    public static string TableOf(DateTimeOffset at) => string.Create(CultureInfo.InvariantCulture, $"deliveries{at.UtcDateTime:yyyyMM}");

    public static string PartitionOf(int shard, string channel, DateTimeOffset hour) =>
        string.Create(CultureInfo.InvariantCulture, $"{shard:x2}|{channel}|{hour.UtcDateTime:yyyyMMddHH}");

    /// <summary>The tables that hold deliveries of a span of time, oldest first.</summary>
    public static IEnumerable<string> TablesBetween(DateTimeOffset from, DateTimeOffset to)
    {
        var month = MonthOf(from);
        for (; month <= to; month = month.AddMonths(1)) yield return TableOf(month);
    }

    public static string NewId(DateTimeOffset at) => Guid.CreateVersion7(at).ToString("N");

    /// <summary>True for 32 hex digits whose time a table name can be made of.</summary>
    public static bool IsId(string id) =>
        id is ['0', ..] && id.Length == 32 && Guid.TryParseExact(id, "N", out _);
}
