using System.ComponentModel.DataAnnotations;
using Microsoft.Extensions.Options;
using Serverless.Platform.Signatures;

namespace Serverless.Channels.Generic;

/// <summary>Settings of the generic channel; section <c>Channels:Generic</c>.</summary>
public sealed class GenericOptions
{
    /// <summary>Off until configured.</summary>
    public bool Enabled { get; set; }

    /// <summary>What happens to calls that fail the check.</summary>
    public VerificationMode Mode { get; set; } = VerificationMode.Auto;

    /// <summary>Verify, store, answer 2xx, work later.</summary>
    public bool Paused { get; set; }

    /// <summary>Standard Webhooks secret of the only sender, or of every source no named sender has claimed: <c>whsec_</c> and base64 of 24
    /// to 64 bytes.</summary>
    public string? Secret { get; set; }

    /// <summary>The secret before <see cref="Secret"/>; counts while it is rotated.</summary>
    public string? PreviousSecret { get; set; }

    /// <summary>Senders with secrets of their own, by a name of our choice, e.g. <c>Channels__Generic__Senders__shop__Secret</c>.</summary>
    public Dictionary<string, GenericSender> Senders { get; set; } = new(StringComparer.OrdinalIgnoreCase);

    /// <summary>How far a sender's clock may be off, both ways, in minutes. Five is what the specification's libraries use; years only to
    /// replay old examples.</summary>
    [Range(1, 5_256_000)]
    public int ToleranceMinutes { get; set; } = 5;

    /// <summary>Origins that may register for deliveries by the OPTIONS handshake, separated by spaces, e.g. <c>eventgrid.azure.net</c>;
    /// empty: none.</summary>
    public string AllowedOrigins { get; set; } = "";

    /// <summary>Requests a minute that the handshake grants. A promise to the sender, not a limit that is enforced here.</summary>
    [Range(1, 1_000_000)]
    public int AllowedRatePerMinute { get; set; } = 6_000;

    internal SecretPair Secrets => new(Secret, PreviousSecret);
}

/// <summary>A sender of the generic channel: its secrets and allowed sources.</summary>
public sealed class GenericSender
{
    /// <summary>Its Standard Webhooks secret.</summary>
    public string? Secret { get; set; }

    /// <summary>The secret before; counts while it is rotated.</summary>
    public string? PreviousSecret { get; set; }

    /// <summary>
    /// Beginnings of the CloudEvents <c>source</c> it may use, separated by spaces, e.g. <c>https://shop.example.com urn:example:till</c>.
    /// A beginning ends at a <c>/</c>, <c>:</c>, <c>?</c> or <c>#</c>, so <c>https://shop.example.com</c> is not
    /// <c>https://shop.example.community</c>.
    /// </summary>
    public string Sources { get; set; } = "";

    internal SecretPair Secrets => new(Secret, PreviousSecret);

    internal bool Owns(string source)
    {
        foreach (var part in Sources.AsSpan().Split(' '))
        {
            var start = Sources.AsSpan()[part];
            if (start.IsEmpty || !source.AsSpan().StartsWith(start, StringComparison.Ordinal)) continue;
            if (source.Length == start.Length || IsBoundary(start[^1]) || IsBoundary(source[start.Length])) return true;
        }

        return false;
    }

    private static bool IsBoundary(char c) => c is '/' or ':' or '?' or '#';
}

/// <summary>Checks the bounds of <see cref="GenericOptions"/> at start.</summary>
[OptionsValidator]
public sealed partial class GenericOptionsValidator : IValidateOptions<GenericOptions>;
