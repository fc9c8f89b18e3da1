using System.ComponentModel.DataAnnotations;
using Microsoft.Extensions.Options;

namespace Serverless.ActionLinks;

/// <summary>Action links in notifications; section <c>Links</c>.</summary>
public sealed class LinksOptions
{
    /// <summary>Signs the links: 32 characters or more, random. Without it notifications carry no links.</summary>
    [MinLength(32)]
    public string? Secret { get; set; }

    /// <summary>Still opens links while <see cref="Secret"/> is rotated.</summary>
    [MinLength(32)]
    public string? PreviousSecret { get; set; }

    /// <summary>Hours for which a link can be followed.</summary>
    [Range(1, 24 * 90)]
    public int ValidHours { get; set; } = 24 * 14;
}

[OptionsValidator]
public sealed partial class LinksOptionsValidator : IValidateOptions<LinksOptions>;
