using System.ComponentModel.DataAnnotations;
using Microsoft.Extensions.Options;

namespace Serverless.Platform.Worker;

/// <summary>Limits of HTTP functions; section <c>Http</c>.</summary>
public sealed class HttpOptions
{
    /// <summary>Seconds that one storage call may take behind an HTTP call, retries included; then the caller gets 503.</summary>
    [Range(1, 60)]
    public int StorageSeconds { get; set; } = 4;
}

[OptionsValidator]
public sealed partial class HttpOptionsValidator : IValidateOptions<HttpOptions>;
