using System.ComponentModel.DataAnnotations;
using Microsoft.Extensions.Options;
using Serverless.Channels.CallFlows;
using Serverless.Platform.Signatures;

namespace Serverless.Channels.Placetel;

/// <summary>Settings of the Placetel channel; section <c>Channels:Placetel</c>.</summary>
public sealed class PlacetelOptions
{
    /// <summary>Off until configured.</summary>
    public bool Enabled { get; set; }

    /// <summary>What happens to calls that fail the check.</summary>
    public VerificationMode Mode { get; set; } = VerificationMode.Auto;

    /// <summary>Verify, store, answer, work later.</summary>
    public bool Paused { get; set; }

    /// <summary>The shared secret of Settings, External APIs, at most 256 characters.</summary>
    [StringLength(256)]
    public string? Secret { get; set; }

    /// <summary>The secret before; counts while it is changed.</summary>
    [StringLength(256)]
    public string? PreviousSecret { get; set; }

    /// <summary>Country code without plus: Placetel writes numbers as they are dialled there, <c>03023125…</c> for
    /// <c>+493023125…</c>.</summary>
    [RegularExpression("^[1-9][0-9]{0,2}$")]
    public string CountryCode { get; set; } = "49";

    /// <summary>What a number's own plan leaves open; with Rings it is also the plan of every number that has none.</summary>
    public CallFlowOptions Default { get; set; } = new();

    /// <summary>
    /// Call flows by the digits of the dialled number with country code, e.g. <c>493023125100</c>; used only where the number's routing
    /// is External API.
    /// </summary>
    public Dictionary<string, CallFlowOptions> Numbers { get; set; } = new(StringComparer.Ordinal);

    /// <summary>Base address of Placetel's REST API.</summary>
    [Url]
    public string ApiUrl { get; set; } = "https://api.placetel.de/v2";

    /// <summary>API token of Settings, API. Not set: no replies.</summary>
    [StringLength(256)]
    public string? Token { get; set; }

    internal SecretPair Secrets => new(Secret, PreviousSecret);

    internal bool Routes(string? number) => Default.Rings.Count > 0 || Numbers.ContainsKey((number ?? "").TrimStart('+'));
}

/// <summary>Holds the settings to the bounds of their attributes; answer plans are judged by
/// <see cref="CallFlow.Problems(CallFlowOptions, string)"/>.</summary>
[OptionsValidator]
public sealed partial class PlacetelOptionsValidator : IValidateOptions<PlacetelOptions>;
