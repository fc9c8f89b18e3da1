using System.Globalization;
using System.Text.Json;
using System.Text.Json.Serialization;
using Serverless.Cases.Rules;
using Serverless.Channels;
using Serverless.Contacts;
using Serverless.Intake;
using Serverless.Needs;
using Serverless.Platform.Json;
using Serverless.Processing;

namespace Serverless.Operations.Rules;

/// <summary>
/// Shows which contacts other rules would read differently: of given texts, or of the deliveries of a day. Writes nothing and asks no
/// provider.
/// </summary>
public sealed class RuleTrial(DeliveryWalk walk, DeliveryStore deliveries, DeliveryProcessor work, ChannelDirectory channels,
    TimeProvider time)
{
    /// <summary>Most texts of one request, and most characters of each.</summary>
    public const int MostTexts = 100;
    public const int LongestText = 8_000;

    // So that a step ends within seconds.
    private const int Step = 25;
    private const string HasEnded = $"(End eq '{DeliveryEnd.Ended}' or End eq '{DeliveryEnd.Kept}')";

    /// <summary>Given texts, each as a message in private on a network without a name unless it says otherwise.</summary>
    public TrialStep Texts(IReadOnlyList<TrialText> texts, RuleSet before, RuleSet after)
    {
        List<TrialDifference> read = [];
        for (var i = 0; i < texts.Count; i++)
        {
            var contact = ContactOf(texts[i]);
            read.Add(Compare(contact, before, after) with { Text = i });
        }

        return new TrialStep(read.Count, read, null);
    }

    /// <summary>The deliveries of a day, 25 a step; only what is read differently is listed.</summary>
    /// <exception cref="ArgumentException">The continuation is none of this day.</exception>
    public async Task<TrialStep> DayAsync(DateTimeOffset day, string? continuation, RuleSet before, RuleSet after, CancellationToken ct)
    {
        var names = channels.All.Select(c => c.Name).Order(StringComparer.Ordinal).ToList();
        var (at, within) = PlaceOf(continuation, names.Count);
        var hours = HourRange.Parse(null, day.ToString("yyyy-MM-dd", CultureInfo.InvariantCulture), null, null)
            ?? throw new ArgumentException("This is no day.", nameof(day));
        var read = 0;
        List<TrialDifference> different = [];
        for (; at < names.Count; at++)
        {
            var page = await walk.PageAsync(names[at], hours, HasEnded, Step, within, ct, "End");
            foreach (var row in page.Rows) read += await ReadAsync(new DeliveryKey(names[at], row.RowKey), different, before, after, ct);
            within = page.Continuation;
            if (within is not null || page.Rows.Count > 0) break;
        }

        var more = within is not null ? $"{at}~{within}" : at + 1 < names.Count ? string.Create(CultureInfo.InvariantCulture, $"{at + 1}~")
            : null;
        return new TrialStep(read, different, more);
    }

    private async Task<int> ReadAsync(DeliveryKey key, List<TrialDifference> different, RuleSet before, RuleSet after, CancellationToken ct)
    {
        if (channels.Find(key.Channel) is not { } channel || await deliveries.FindAsync(key, ct) is not { } row
            || row.Time(DeliveryEntity.ErasedAt) is not null) return 0;
        var read = 0;
        await foreach (var piece in work.ReadAsync(channel, await deliveries.LoadAsync(key, row, ct), ct))
        {
            if (piece.Reading is not Parsed.Found { Event: { Change: ContactChange.Received,
                Contact: { Direction: Direction.Inbound } contact } }) continue;
            read++;
            var compared = Compare(contact, before, after);
            if (compared.Now != compared.Then) different.Add(compared with { Delivery = key.ToString(), ContactId =
                CaseKeys.Contact(contact) });
        }

        return read;
    }

    private static TrialDifference Compare(Contact contact, RuleSet before, RuleSet after) =>
        new(Of(NeedReader.Read(contact, before)), Of(NeedReader.Read(contact, after)));

    private static TrialReading Of(TextReading reading) => new(reading.Need, reading.NeedRule, reading.Owes, reading.Urgency,
        reading.UrgencyRule, reading.Topic, reading.Team, reading.Language);

    private Contact ContactOf(TrialText text) => new()
    {
        Channel = text.Channel ?? "generic",
        Network = text.Network ?? "web-form",
        Account = "test",
        ExternalId = "test",
        Kind = text.Kind ?? ContactKind.Message,
        Place = text.Place ?? Place.Private,
        Entry = text.Entry,
        OccurredAt = time.GetUtcNow(),
        ReceivedAt = time.GetUtcNow(),
        Text = text.Text,
        Extras = text.Subject is null ? null : new Dictionary<string, string>(StringComparer.Ordinal) { ["subject"] = text.Subject },
    };

    private static (int At, string? Within) PlaceOf(string? continuation, int most)
    {
        if (continuation is null) return (0, null);
        var parts = continuation.Split('~', 2);
        if (parts.Length < 2 || !int.TryParse(parts[0], NumberStyles.None, CultureInfo.InvariantCulture, out var at) || at >= most)
            throw new ArgumentException("The continuation is not one of this day.", nameof(continuation));
        return (at, parts[1].Length > 0 ? parts[1] : null);
    }
}

/// <summary>A text to try rules on.</summary>
public sealed record TrialText
{
    public required string Text { get; init; }

    public string? Subject { get; init; }

    public Place? Place { get; init; }

    public ContactKind? Kind { get; init; }

    public string? Channel { get; init; }

    public string? Network { get; init; }

    public string? Entry { get; init; }
}

/// <summary>What somebody wants to try.</summary>
public sealed record TrialRequest
{
    /// <summary>A file of rules as <c>PUT api/rules</c> takes it; null for the one in force.</summary>
    public JsonElement? Rules { get; init; }

    public IReadOnlyList<TrialText>? Texts { get; init; }

    /// <summary>Such as <c>2026-11-20</c> (UTC).</summary>
    public string? Day { get; init; }

    public string? Continuation { get; init; }
}

/// <summary>One step of a trial.</summary>
/// <param name="Read">Contacts that were read.</param>
/// <param name="Readings">Every text given; of a day only what is read differently.</param>
/// <param name="Continuation">Send it for the next step; null at the end.</param>
public sealed record TrialStep(int Read, IReadOnlyList<TrialDifference> Readings, string? Continuation);

/// <summary>How one contact is read.</summary>
/// <param name="Now">By the rules in force.</param>
/// <param name="Then">By the rules given.</param>
public sealed record TrialDifference(TrialReading Now, TrialReading Then)
{
    /// <summary>Which of the texts, from 0; null for a day.</summary>
    public int? Text { get; init; }

    /// <summary>The delivery, <c>channel/id</c>.</summary>
    public string? Delivery { get; init; }

    /// <summary>As <c>api/cases/{id}</c> names it.</summary>
    public string? ContactId { get; init; }
}

/// <summary>What rules read.</summary>
public sealed record TrialReading(string Need, string NeedRule, string Owes, string Urgency, string UrgencyRule, string? Topic,
    string? Team, string Language);

/// <summary>The wire form of trials.</summary>
[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase, DefaultIgnoreCondition =
    JsonIgnoreCondition.WhenWritingNull)]
[JsonSerializable(typeof(TrialRequest))]
[JsonSerializable(typeof(TrialStep))]
public sealed partial class RulesJson : JsonSerializerContext
{
    static RulesJson() => Default = new(PlainJson.Of(Default));
}
