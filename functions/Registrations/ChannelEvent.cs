using System.Buffers.Text;
using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using System.Text.Json.Serialization;
using Serverless.Channels;
using Serverless.Outbox;
using Serverless.Platform.Json;

namespace Serverless.Registrations;

/// <summary>What subscribers hear of channels and credentials, by CloudEvents type. No secret and nothing personal.</summary>
public static class ChannelEvent
{
    public const string Source = "/channels";
    public const string Repaired = "serverless.channel.repaired.v1";
    public const string Drifted = "serverless.channel.drifted.v1";
    public const string Foreign = "serverless.channel.foreign.v1";
    public const string Expiring = "serverless.credential.expiring.v1";

    /// <summary>Every type, with one sentence on when it is told.</summary>
    public static readonly IReadOnlyDictionary<string, string> Catalogue = new Dictionary<string, string>(StringComparer.Ordinal)
    {
        [Repaired] = "A registration at a provider was missing or wrong, and was put right by us.",
        [Drifted] = "A registration at a provider is missing or wrong and was not put right: customers may not reach us there. data.step says what a person does.",
        [Foreign] = "A registration at a provider leads to another address than ours; it was left as it is.",
        [Expiring] = "A credential or registration ends in 30, 7 or 1 days, and nobody has renewed it yet.",
    };

    /// <summary>Every type with an example of a registration that never was.</summary>
    public static IEnumerable<EventKind> Kinds => Catalogue.Select(e => new EventKind(e.Key, e.Value, "channel-event", Example(e.Key)));

    /// <summary>The event.</summary>
    /// <param name="type">One of the types above.</param>
    /// <param name="channel">Name of the channel.</param>
    /// <param name="registration">What it is about.</param>
    /// <param name="cause">Names the cause, so that a repeated step makes the same id.</param>
    /// <param name="at">Now.</param>
    /// <param name="days">For <see cref="Expiring"/>: which of the calls it is.</param>
    public static CloudEvent<ChannelFacts> Of(string type, string channel, Registration registration, string cause, DateTimeOffset at, int? days = null) => new()
    {
        Id = Base64Url.EncodeToString(SHA256.HashData(Encoding.UTF8.GetBytes($"{channel}\n{registration.Name}\n{type}\n{cause}"))),
        Source = Source,
        Type = type,
        Subject = channel,
        Time = at,
        Data = new ChannelFacts
        {
            Channel = channel,
            Name = registration.Name,
            Status = registration.State.ToString(),
            Detail = Bounded(registration.Detail),
            Step = Bounded(registration.Step),
            ExpiresAt = registration.ExpiresAt,
            Days = days,
        },
    };

    // What a provider answered may be part of it, and an event has 8 KB; JSON writes a letter as six bytes at most.
    private static string? Bounded(string? sentence) => sentence is { Length: > MostOfSentence } ? string.Concat(sentence.AsSpan(0, MostOfSentence), " …") : sentence;

    private const int MostOfSentence = 400;

    private static byte[] Example(string type)
    {
        var at = DateTimeOffset.Parse("2026-11-20T03:17:00Z", CultureInfo.InvariantCulture);
        var state = type switch { Repaired => RegistrationState.Repaired, Drifted => RegistrationState.Drifted, Foreign => RegistrationState.Foreign, _ => RegistrationState.Right };
        var registration = type == Expiring
            ? new Registration("access token", state, Step: "Make a new token and put it into the vault.", ExpiresAt: at.AddDays(7))
            : new Registration("webhook", state, "The address entered there is not ours.", state == RegistrationState.Drifted ? "Enter our address." : null);
        return JsonSerializer.SerializeToUtf8Bytes(Of(type, "meta", registration, "example", at, type == Expiring ? 7 : null), ChannelEventJson.Default.CloudEventChannelFacts);
    }
}

/// <summary>What an event says of a registration.</summary>
public sealed record ChannelFacts
{
    public required string Channel { get; init; }

    /// <summary>Which registration or credential of the channel.</summary>
    public required string Name { get; init; }

    /// <summary>How it is: a word of <see cref="RegistrationState"/>.</summary>
    public required string Status { get; init; }

    /// <summary>What differs, in a sentence.</summary>
    public string? Detail { get; init; }

    /// <summary>What a person does.</summary>
    public string? Step { get; init; }

    public DateTimeOffset? ExpiresAt { get; init; }

    /// <summary>30, 7 or 1 for an event about an end.</summary>
    public int? Days { get; init; }
}

/// <summary>The wire form of channel events and of the overview.</summary>
[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase, DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull)]
[JsonSerializable(typeof(CloudEvent<ChannelFacts>))]
[JsonSerializable(typeof(CloudEvent<ChannelFacts>[]))]
[JsonSerializable(typeof(ChannelsReport))]
[JsonSerializable(typeof(ChannelReport))]
public sealed partial class ChannelEventJson : JsonSerializerContext
{
    static ChannelEventJson() => Default = new(PlainJson.Of(Default));
}
