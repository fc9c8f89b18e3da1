using System.ComponentModel.DataAnnotations;
using Microsoft.Extensions.Options;
using Serverless.Platform.Signatures;

namespace Serverless.Operations.Diagnostics;

/// <summary>Signs the links under which a sender sees how its calls fared; section <c>Diagnostics</c>.</summary>
public sealed class DiagnosticsOptions
{
    /// <summary>A long random text, 32 to 256 characters. Without it there are no links.</summary>
    [StringLength(256, MinimumLength = 32)]
    public string? Secret { get; set; }

    /// <summary>The secret before the last change; links signed with it hold until they expire or it is taken away.</summary>
    [StringLength(256, MinimumLength = 32)]
    public string? PreviousSecret { get; set; }

    internal SecretPair Secrets => new(Secret, PreviousSecret);
}

/// <summary>Holds the settings to the bounds of their attributes.</summary>
[OptionsValidator]
public sealed partial class DiagnosticsOptionsValidator : IValidateOptions<DiagnosticsOptions>;
