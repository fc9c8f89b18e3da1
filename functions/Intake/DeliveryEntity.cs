using System.Security.Cryptography;
using System.Text.Json;
using Serverless.Channels;
using Serverless.Platform.Storage;

namespace Serverless.Intake;

/// <summary>Outcome of a delivery as a whole; the outcomes of its items are counted separately.</summary>
public static class DeliveryEnd
{
    /// <summary>Stored, not yet worked.</summary>
    public const string Open = "open";

    /// <summary>Stored while its channel is paused.</summary>
    public const string Paused = "paused";

    /// <summary>Every element reached its end.</summary>
    public const string Ended = "ended";

    /// <summary>Failed verification; stored and replayable.</summary>
    public const string Quarantined = "quarantined";

    /// <summary>Failed verification; only metadata is stored. Also the outcome of a delivery discarded from quarantine.</summary>
    public const string Refused = "refused";

    /// <summary>Content erased; metadata and the outcomes of its items are still counted.</summary>
    public const string Erased = "erased";

    /// <summary>At least one item could not be processed by the current code; stored for a replay.</summary>
    public const string Kept = "kept";
}

/// <summary>A delivery as a row of <c>deliveries{yyyyMM}</c>: everything needed to verify and parse it again, and its outcome.</summary>
public static class DeliveryEntity
{
    /// <summary>Set when it was let out of quarantine.</summary>
    public const string ReleasedAt = "ReleasedAt";

    /// <summary>Set when it was given to the code once more.</summary>
    public const string ReplayedAt = "ReplayedAt";

    /// <summary>Set when what it said was erased.</summary>
    public const string ErasedAt = "ErasedAt";

    private const string Looked = "looked-again";

    /// <summary>The row of a new delivery. Its body is in it, unless <paramref name="bodyInBlob"/>.</summary>
    public static TableRow Write(Delivery delivery, string end, string? reason, bool bodyInBlob, bool keepBody = true)
    {
        var key = new DeliveryKey(delivery.Channel, delivery.Id);
        var row = new TableRow(key.Partition, key.Id)
        {
            ["End"] = end,
            ["Reason"] = reason,
            ["Method"] = delivery.Method,
            ["Url"] = delivery.PathAndQuery,
            ["Headers"] = JsonSerializer.Serialize(new Dictionary<string, string>(delivery.Headers, StringComparer.Ordinal),
                IntakeJson.Default.DictionaryStringString),
            ["ReceivedAt"] = delivery.ReceivedAt,
            ["QueuedAt"] = delivery.ReceivedAt,
            ["Tries"] = 0,
            ["BodyLength"] = delivery.Body.Length,
            ["BodyHash"] = SHA256.HashData(delivery.Body.Span),
        };
        if (delivery.Arrival == Arrival.LookedAgain) row["Arrival"] = Looked;
        if (!keepBody) return row;
        if (bodyInBlob) row["BodyBlob"] = key.Blob;
        else row.SetBytes("Body", delivery.Body);
        return row;
    }

    /// <summary>Keeps metadata and failure reason only; the content is discarded.</summary>
    public static TableRow Fact(TableRow row, DateTimeOffset now)
    {
        var fact = new TableRow(row.PartitionKey, row.RowKey) { ["End"] = DeliveryEnd.Refused, ["DiscardedAt"] = now };
        string[] kept = ["Reason", "Source", "Method", "ReceivedAt", "QueuedAt", "SentAt", "Tries", "BodyLength", "BodyHash", "BodyBlob"];
        foreach (var name in kept) fact[name] = row[name];
        return fact;
    }

    /// <summary>Metadata that remains of an erased delivery: arrival, length and outcome.</summary>
    public static TableRow Erased(TableRow row, DateTimeOffset now)
    {
        // What failed its check stays counted as that.
        var end = row.Text("End") is DeliveryEnd.Quarantined or DeliveryEnd.Refused ? DeliveryEnd.Refused : DeliveryEnd.Erased;
        var fact = new TableRow(row.PartitionKey, row.RowKey) { ["End"] = end, [ErasedAt] = row[ErasedAt] ?? now };
        foreach (var name in new[] { "Reason", "Method", "ReceivedAt", "QueuedAt", "SentAt", "EndedAt", "Tries", "BodyLength", "EndCounts",
            "Ends" }) fact[name] = row[name];
        return fact;
    }

    /// <summary>The delivery as it arrived.</summary>
    /// <param name="key">Which one.</param>
    /// <param name="row">Its row.</param>
    /// <param name="blobBody">The body when the row names a blob.</param>
    public static Delivery Read(DeliveryKey key, TableRow row, ReadOnlyMemory<byte>? blobBody) => new()
    {
        Id = key.Id,
        Channel = key.Channel,
        Method = row.Text("Method") ?? "POST",
        PathAndQuery = row.Text("Url") ?? "",
        Headers = JsonSerializer.Deserialize(row.Text("Headers") ?? "{}", IntakeJson.Default.DictionaryStringString)!,
        Body = blobBody ?? row.Bytes("Body") ?? default,
        ReceivedAt = row.Time("ReceivedAt") ?? key.At,
        Arrival = row.Text("Arrival") == Looked ? Arrival.LookedAgain : Arrival.Called,
    };
}
