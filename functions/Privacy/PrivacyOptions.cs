using System.ComponentModel.DataAnnotations;
using Microsoft.Extensions.Options;

namespace Serverless.Privacy;

/// <summary>Audit of privacy requests; section <c>Privacy</c>.</summary>
public sealed class PrivacyOptions
{
    /// <summary>A long random text, 32 to 256 characters: the audit trail names an address by its HMAC under it. Without it the trail names
    /// no address at all.</summary>
    [StringLength(256, MinimumLength = 32)]
    public string? AuditKey { get; set; }
}

/// <summary>Holds the settings to the bounds of their attributes.</summary>
[OptionsValidator]
public sealed partial class PrivacyOptionsValidator : IValidateOptions<PrivacyOptions>;
