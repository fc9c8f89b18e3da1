using System.Text.Json.Serialization;
using Serverless.Platform.Json;

namespace Serverless.Privacy;

/// <summary>
/// A request to find or erase data that needs a scan of storage. Stored before it starts, so that the next run continues it after a
/// crash.
/// </summary>
public sealed record PrivacyRequest
{
    /// <summary>Its id, sortable by time.</summary>
    public required string Id { get; init; }

    public required PrivacyRequestKind Kind { get; init; }

    public required PrivacyRequestStage Stage { get; init; }

    public required DateTimeOffset At { get; init; }

    /// <summary>Not before; null for now.</summary>
    public DateTimeOffset? DueAt { get; init; }

    public DateTimeOffset? DoneAt { get; init; }

    /// <summary>Name of the requester, as given.</summary>
    public string? By { get; init; }

    /// <summary>Whom it is about; null when it is about cases. Gone once it is erased.</summary>
    public string? Address { get; init; }

    /// <summary>Position within the stage; null at its beginning.</summary>
    public string? Continuation { get; init; }

    /// <summary>The first month of deliveries to scan; null when none is needed.</summary>
    public DateTimeOffset? From { get; init; }

    public IReadOnlyList<PrivacyRequestCase> Cases { get; init; } = [];

    /// <summary>Keys of contacts and ids of replies of the cases.</summary>
    public IReadOnlyList<string> Keys { get; init; } = [];

    /// <summary>Matching deliveries, <c>channel/id</c>; the first <see cref="MostDeliveries"/>.</summary>
    public IReadOnlyList<string> Deliveries { get; init; } = [];

    /// <summary>Those of them that are in quarantine.</summary>
    public IReadOnlyList<string> Quarantined { get; init; } = [];

    public int EventsRead { get; init; }

    public int DeliveriesRead { get; init; }

    /// <summary>Number of matching deliveries: found, or erased.</summary>
    public int DeliveriesMet { get; init; }

    /// <summary>Month and key of its row in the audit trail.</summary>
    public string[] Audit { get; init; } = [];

    public const int MostCases = 2_000;
    public const int MostKeys = 8_000;
    public const int MostDeliveries = 2_000;
}

/// <summary>A case of a privacy request.</summary>
/// <param name="Id">32 hex digits.</param>
/// <param name="Number">Case number; null for one that never opened.</param>
/// <param name="State"><c>open</c> or <c>closed</c>; null for one that never opened.</param>
/// <param name="KeepUntil">Until when <c>Retention__CaseMonths</c> keeps it; null while it is open.</param>
public sealed record PrivacyRequestCase(string Id, string? Number, string? State, DateTimeOffset? KeepUntil);

/// <summary>Kind of request.</summary>
[JsonConverter(typeof(JsonStringEnumConverter<PrivacyRequestKind>))]
public enum PrivacyRequestKind
{
    /// <summary>To find what there is of a person; nothing is changed.</summary>
    [JsonStringEnumMemberName("find")] Find,

    /// <summary>To erase a person, or one case.</summary>
    [JsonStringEnumMemberName("erase")] Erase,

    /// <summary>Erases cases past their retention period.</summary>
    [JsonStringEnumMemberName("retention")] Retention,
}

/// <summary>Status of a privacy request.</summary>
[JsonConverter(typeof(JsonStringEnumConverter<PrivacyRequestStage>))]
public enum PrivacyRequestStage
{
    /// <summary>Searches all cases for the address.</summary>
    [JsonStringEnumMemberName("cases")] Cases,

    /// <summary>Erases them, one after the other.</summary>
    [JsonStringEnumMemberName("erase")] Erase,

    /// <summary>Searches raw deliveries.</summary>
    [JsonStringEnumMemberName("deliveries")] Deliveries,

    /// <summary>Searches once more, ten minutes later, for data that was being written.</summary>
    [JsonStringEnumMemberName("again")] Again,

    [JsonStringEnumMemberName("done")] Done,
}

/// <summary>Privacy requests as returned by the API: without the search criteria.</summary>
public sealed record PrivacyRequestReport
{
    public required string Order { get; init; }

    public required PrivacyRequestKind Kind { get; init; }

    public required PrivacyRequestStage Stage { get; init; }

    public required DateTimeOffset At { get; init; }

    public DateTimeOffset? DueAt { get; init; }

    public DateTimeOffset? DoneAt { get; init; }

    public string? By { get; init; }

    public required IReadOnlyList<PrivacyRequestCase> Cases { get; init; }

    public required IReadOnlyList<string> Quarantined { get; init; }

    /// <summary>Matching raw deliveries, including quarantined ones: found, or erased.</summary>
    public required int Deliveries { get; init; }

    public required int EventsRead { get; init; }

    public required int DeliveriesRead { get; init; }

    /// <summary>Next action.</summary>
    public string? Next { get; init; }
}

/// <summary>JSON form of stored and returned requests.</summary>
[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase,
    DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull)]
[JsonSerializable(typeof(PrivacyRequest))]
[JsonSerializable(typeof(PrivacyRequestReport))]
[JsonSerializable(typeof(ErasurePlan))]
[JsonSerializable(typeof(IReadOnlyList<PrivacyRequestReport>))]
internal sealed partial class PrivacyJson : JsonSerializerContext
{
    static PrivacyJson() => Default = new(PlainJson.Of(Default));
}
