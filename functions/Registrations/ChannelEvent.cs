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

/// <summary>Published events of channels and credentials, by CloudEvents type. No secrets, no personal data.</summary>
public static class ChannelEvent
{
    public const string Source = "/channels";
    public const string Repaired = "serverless.channel.repaired.v1";
    public const string Drifted = "serverless.channel.drifted.v1";
    public const string Foreign = "serverless.channel.foreign.v1";
    public const string Expiring = "serverless.credential.expiring.v1";

    /// <summary>Every type, with one sentence on when it is published.</summary>
    public static readonly IReadOnlyDictionary<string, string> Catalogue = new Dictionary<string, string>(StringComparer.Ordinal)
    {
        [Repaired] = "A webhook registration was missing or wrong and has been repaired.",
        [Drifted] = "A webhook registration is missing or wrong and was not repaired: contacts may not arrive. data.step has the action to take.",
        [Foreign] = "A webhook registration points to another address; it was not changed.",
        [Expiring] = "A credential or registration expires in 30, 7 or 1 days and has not been renewed.",
    };

    /// <summary>Every type with an invented example.</summary>
    public static IEnumerable<EventKind> Kinds => Catalogue.Select(e => new EventKind(e.Key, e.Value, "channel-event", Example(e.Key)));

    /// <summary>The event.</summary>
    /// <param name="type">One of the types above.</param>
    /// <param name="channel">Name of the channel.</param>
    /// <param name="registration">The registration.</param>
    /// <param name="cause">Names the cause, so that a repeated step makes the same id.</param>
    /// <param name="at">Now.</param>
    /// <param name="days">For <see cref="Expiring"/>: which of the calls it is.</param>
    public static CloudEvent<ChannelFacts> Of(string type, string channel, Registration registration, string cause, DateTimeOffset at,
        int? days = null) => new()
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
    private static string? Bounded(string? sentence) =>
        sentence is { Length: > MostOfSentence } ? string.Concat(sentence.AsSpan(0, MostOfSentence), " …") : sentence;

    private const int MostOfSentence = 400;

    private static byte[] Example(string type)
    {
        var at = DateTimeOffset.Parse("2026-11-20T03:17:00Z", CultureInfo.InvariantCulture);
        var state = type switch { Repaired => RegistrationState.Repaired, Drifted => RegistrationState.Drifted, Foreign =>
            RegistrationState.Foreign, _ => RegistrationState.Right };
        var registration = type == Expiring
            ? new Registration("access token", state, Step: "Create a new token and store it in the vault.", ExpiresAt: at.AddDays(7))
            : new Registration("webhook", state, "Another address is registered.", state == RegistrationState.Drifted
                ? "Register the app's address." : null);
        return JsonSerializer.SerializeToUtf8Bytes(Of(type, "meta", registration, "example", at, type == Expiring ? 7 : null),
            ChannelEventJson.Default.CloudEventChannelFacts);
    }
}

/// <summary>Data of an event: a registration.</summary>
public sealed record ChannelFacts
{
    public required string Channel { get; init; }

    /// <summary>Which registration or credential of the channel.</summary>
    public required string Name { get; init; }

    /// <summary>A name of <see cref="RegistrationState"/>.</summary>
    public required string Status { get; init; }

    /// <summary>The difference, in a sentence.</summary>
    public string? Detail { get; init; }

    /// <summary>Action to take.</summary>
    public string? Step { get; init; }

    public DateTimeOffset? ExpiresAt { get; init; }

    /// <summary>30, 7 or 1 for <see cref="ChannelEvent.Expiring"/>.</summary>
    public int? Days { get; init; }
}

/// <summary>JSON form of channel events and of the overview.</summary>
[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase,
    DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull)]
[JsonSerializable(typeof(CloudEvent<ChannelFacts>))]
[JsonSerializable(typeof(CloudEvent<ChannelFacts>[]))]
[JsonSerializable(typeof(ChannelsReport))]
[JsonSerializable(typeof(ChannelReport))]
public sealed partial class ChannelEventJson : JsonSerializerContext
{
    static ChannelEventJson() => Default = new(PlainJson.Of(Default));
}
