using System.ComponentModel.DataAnnotations;
using Microsoft.Extensions.Options;

namespace Serverless.Attachments;

/// <summary>Limits of attachments; section <c>Attachments</c>.</summary>
public sealed class AttachmentsOptions
{
    /// <summary>Largest stored file, in bytes; a larger one is shown in its case as failed: too-large.</summary>
    [Range(1024, 2L * 1024 * 1024 * 1024)]
    public long MaxBytes { get; set; } = 64 * 1024 * 1024;
}

/// <summary>Checks the bounds of <see cref="AttachmentsOptions"/> at start.</summary>
[OptionsValidator]
public sealed partial class AttachmentsOptionsValidator : IValidateOptions<AttachmentsOptions>;
