using System.ComponentModel.DataAnnotations;
using Microsoft.Extensions.Options;

namespace Serverless.Operations;

/// <summary>Bounds of the health page; section <c>Health</c>.</summary>
public sealed class HealthOptions
{
    /// <summary>Seconds after which a part of the page is told as without an answer: monitors wait three seconds and more.</summary>
    [Range(0.5, 60)]
    public double PartSeconds { get; set; } = 2.5;
}

[OptionsValidator]
public sealed partial class HealthOptionsValidator : IValidateOptions<HealthOptions>;
