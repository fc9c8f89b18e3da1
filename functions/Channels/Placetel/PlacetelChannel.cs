using System.Security.Cryptography;
using Microsoft.Extensions.Options;
using Serverless.Channels.CallFlows;
using Serverless.Contacts;
using Serverless.Platform.OutboundHttp;
using Serverless.Platform.Signatures;

namespace Serverless.Channels.Placetel;

/// <summary>
/// Placetel's language: calls. One address for notifications and call control, <c>{Hooks__PublicBaseUrl}/api/hooks/placetel</c>. An
/// incoming call to a number with a plan is answered with XML, also while storage is unavailable, since the following notifications bring
/// it back; all others get 200 without a body, or 503 when they could not be stored. https://github.com/Placetel/call-control-notify-api
/// </summary>
public sealed partial class PlacetelChannel(IOptionsMonitor<PlacetelOptions> options, ProviderHttp calls, TimeProvider time) : IChannel
{
    internal const string ChannelName = "placetel";

    /// <summary>Registers the channel and its settings.</summary>
    public static void Add(IServiceCollection services, IConfiguration configuration)
    {
        services.AddOptions<PlacetelOptions>().Bind(configuration.GetSection("Channels:Placetel"));
        services.AddSingleton<IValidateOptions<PlacetelOptions>, PlacetelOptionsValidator>();
        services.AddSingleton<IChannel, PlacetelChannel>();
    }

    public string Name => ChannelName;

    public IReadOnlyList<string> KeptHeaders { get; } = ["x-placetel-signature"];

    /// <summary>Placetel sends forms of a dozen short fields.</summary>
    public int MaxBodyBytes => 64 * 1024;

    public ChannelSettings Settings
    {
        get
        {
            var current = options.CurrentValue;
            return new ChannelSettings(current.Enabled, current.Mode, current.Paused, current.Secrets.Fingerprint);
        }
    }

    public IEnumerable<string> Problems()
    {
        var current = options.CurrentValue;
        if (!current.Enabled) yield break;
        if (current.Secrets.IsMissing)
            yield return "Channels__Placetel__Secret is missing: it is the shared secret of Settings, External APIs at Placetel, and without it no call can be verified.";
        foreach (var problem in CallFlow.Problems(current.Default, current.Numbers, "Channels__Placetel", PlacetelXml.Problems))
            yield return problem;
    }

    public VerificationResult Verify(Delivery delivery)
    {
        if (delivery.Header("x-placetel-signature") is not { Length: > 0 } signature)
        {
            return delivery.Method == "GET"
                ? new VerificationResult.Challenge(
                    WebhookResponse.Text("This address takes calls from Placetel; enter it under Settings, External APIs."))
                : new VerificationResult.Invalid(VerificationReasons.SignatureMissing);
        }

        if (signature.Length != 2 * SHA256.HashSizeInBytes) return new VerificationResult.Invalid(VerificationReasons.SignatureMalformed);
        var secrets = options.CurrentValue.Secrets;
        if (secrets.IsMissing) return new VerificationResult.Invalid(VerificationReasons.NoSecret);
        return secrets.Any(secret => Hmac.MatchesSha256Hex(secret, delivery.Body.Span, signature))
            ? new VerificationResult.Valid() : new VerificationResult.Invalid(VerificationReasons.SignatureWrong);
    }

    public WebhookResponse Respond(Delivery delivery, Acceptance acceptance)
    {
        var form = FormFields.Of(delivery);
        var current = options.CurrentValue;
        if (form?["event"u8] is "IncomingCall" && PlacetelNumber.Of(form["to"u8], current.CountryCode) is { } number
            && current.Routes(number))
            return acceptance == Acceptance.Quarantined ? PlacetelXml.Nothing
                : PlacetelXml.Say(CallFlow.Of(number, current.Numbers, current.Default), delivery.ReceivedAt, current.CountryCode);
        return WebhookResponse.Empty(acceptance == Acceptance.NotStored ? 503 : 200);
    }

    /// <summary>A call takes the routing plan at Placetel; an event whose name did not arrive is answered like one.</summary>
    public WebhookResponse? RespondUnread(Delivery begun) =>
        begun.Method == "POST" && FormFields.Of(begun)?["event"u8] is null or "IncomingCall" ? PlacetelXml.Nothing : null;

    public IEnumerable<DeliveryItem> Read(Delivery delivery)
    {
        var country = options.CurrentValue.CountryCode;
        yield return new DeliveryItem("notification", () =>
            (FormFields.Of(delivery) is { } form ? PlacetelPayload.Read(form, delivery, country) : null) ?? Placeholder(delivery));
    }

    private static Parsed.Found Placeholder(Delivery delivery) =>
        new(ContactEvent.Unread(ChannelName, "unknown", ChannelName, Convert.ToHexStringLower(SHA256.HashData(delivery.Body.Span)),
            delivery.ReceivedAt, delivery.ReceivedAt));
}
