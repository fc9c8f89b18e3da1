using System.ComponentModel.DataAnnotations;
using Microsoft.Extensions.Options;

namespace Serverless.Platform.Worker;

/// <summary>Bounds of HTTP functions; section <c>Http</c>.</summary>
public sealed class HttpOptions
{
    /// <summary>Seconds that one call of storage may take behind an HTTP call, retries included; then the caller hears 503.</summary>
    [Range(1, 60)]
    public int StorageSeconds { get; set; } = 4;
}

[OptionsValidator]
public sealed partial class HttpOptionsValidator : IValidateOptions<HttpOptions>;
