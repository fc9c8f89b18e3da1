using System.ComponentModel.DataAnnotations;
using Microsoft.Extensions.Options;
using Serverless.Channels.CallFlows;
using Serverless.Platform.Signatures;

namespace Serverless.Channels.Sipgate;

/// <summary>Settings of the sipgate channel; section <c>Channels:Sipgate</c>.</summary>
public sealed class SipgateOptions
{
    /// <summary>
    /// The key with which sipgate signs its pushes, the same for all customers: a fact published in its own SDK.
    /// https://github.com/sipgate-io/sipgateio-node/blob/master/lib/webhook/signatureVerifier.ts
    /// </summary>
    internal const string PublishedKey =
        "MIICIjANBgkqhkiG9w0BAQEFAAOCAg8AMIICCgKCAgEAvFdlnqRfO5TmqzjtsFVCqPz+oW+poi3lXQFvMJJMEAtlU4MbX+yuIkgnC+Qt3AQWIK+oWSEQiybg+p39wEMl" +
        "16PZxEzf9gONQvTg1XhyHnwqYUFQj/AoxPKGYC3jmdjZ224SrESiTN3CdxoOc3vkcXiQstYE7SxnksPtzfk0aIOkicim5/tAP9izNQ18/zmX3ChjK2k72gf5dDlq+qZ8" +
        "pRiHAPZ64TySH6cLQDhaoh6Nbq8FEG3usXXPClbUMh2DZaTMPafpd+LNuTngJ/y+KoZasVuFfXAeBqGA6l5d4Uedfr99Z6qjwDrJ8sU4z2Do9bJrbuqP+mOXEebhSI1K" +
        "vi8trEfrIt8hnDBGsBaB9NEO3kYxvDT2/PhC9fNYFocjEpZNd7/mUqTJDYlpa4UCNDQaU+ATdXG8/P5sGAegks6MQTu+qe9XTO0CV48eswDkz6g3UbLOwmrJK59SjD3J" +
        "yAZ52sluwyDKRWw/PPTt8BTQLjvkdbiLUlc4ehJ4b1X7D7diYWHDPeFL47cAvaXhdXVrZDeBJYibvD1jRx4ES0KlfhwzNXBYUoM/Movg9zMM2PzyHHKS//xIjwUC/FJ6" +
        "/6eykno0Hy2B1ev6s3hdY6VkN2zd7Wf+EK4DxRliwsg1U99szFE3ewLfexF+Uag5M+TfPtOUumI/NHMTvsRW9+ECAwEAAQ==";

    /// <summary>Off until configured.</summary>
    public bool Enabled { get; set; }

    /// <summary>What happens to calls that fail the check.</summary>
    public VerificationMode Mode { get; set; } = VerificationMode.Auto;

    /// <summary>Verify, store, answer, work later.</summary>
    public bool Paused { get; set; }

    /// <summary>The public key that signs the pushes, as PEM or as its base64 alone. Not set: the one that sipgate publishes.</summary>
    [StringLength(4096)]
    public string? PublicKey { get; set; }

    /// <summary>A second public key that counts too, while sipgate changes its own.</summary>
    [StringLength(4096)]
    public string? PreviousPublicKey { get; set; }

    /// <summary>What a number's own plan leaves open; with Rings it is also the plan of every number that has none.</summary>
    public CallFlowOptions Default { get; set; } = new();

    /// <summary>Answer plans by the digits of the dialled number with country code, e.g. <c>493023125100</c>. A number without a plan keeps
    /// sipgate's own routing, and we only listen.</summary>
    public Dictionary<string, CallFlowOptions> Numbers { get; set; } = new(StringComparer.Ordinal);

    /// <summary>Base address of sipgate's REST API.</summary>
    [Url]
    public string ApiUrl { get; set; } = "https://api.sipgate.com/v2";

    /// <summary>Id of a personal access token, e.g. <c>token-ABC123</c>, with the scopes history:read, sessions:sms:write,
    /// settings:sipgateio:read and :write as needed.</summary>
    [StringLength(256)]
    public string? TokenId { get; set; }

    /// <summary>The personal access token itself.</summary>
    [StringLength(256)]
    public string? Token { get; set; }

    /// <summary>The web SMS extension that replies are sent from, e.g. <c>s0</c>. Not set: no replies.</summary>
    [StringLength(64)]
    public string? SmsId { get; set; }

    /// <summary>How often the call history is compared with what reached us, in minutes; Tick runs every five.</summary>
    [Range(5, 1440)]
    public int LookAgainMinutes { get; set; } = 15;

    internal SecretPair Keys => new(string.IsNullOrEmpty(PublicKey) ? PublishedKey : PublicKey, PreviousPublicKey);

    internal bool Routes(string? dialled) => Default.Rings.Count > 0 || Numbers.ContainsKey((dialled ?? "").TrimStart('+'));

    internal bool HasToken => !string.IsNullOrEmpty(TokenId) && !string.IsNullOrEmpty(Token);
}

/// <summary>Holds the settings to the bounds of their attributes; answer plans are judged by
/// <see cref="CallFlow.Problems(CallFlowOptions, string)"/>.</summary>
[OptionsValidator]
public sealed partial class SipgateOptionsValidator : IValidateOptions<SipgateOptions>;
