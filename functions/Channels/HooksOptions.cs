using System.ComponentModel.DataAnnotations;

namespace Serverless.Channels;

/// <summary>Public address of the app; section <c>Hooks</c>.</summary>
public sealed class HooksOptions
{
    /// <summary>
    /// Scheme, host and optional path prefix under which providers call us, without a slash at the end, e.g.
    /// <c>https://contact.example.com</c>.
    /// Needed by channels whose signature covers the URL or whose answers name one; the Host header of a request is never trusted for that.
    /// </summary>
    [Url]
    public string? PublicBaseUrl { get; set; }
}
