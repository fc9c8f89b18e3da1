using System.Globalization;
using System.Net.Sockets;
using System.Text;
using System.Text.RegularExpressions;
using Serverless.Tests.Harness;

namespace Serverless.Tests.Platform.Worker;

/// <summary>An answer as it came over the wire.</summary>
/// <param name="Status">Its status.</param>
/// <param name="Text">Head and body.</param>
internal sealed record WireAnswer(int Status, string Text);

/// <summary>Requests byte by byte, as no client library of .NET sends them.</summary>
internal static partial class Wire
{
    /// <summary>Sends a request to the host in front of the worker and reads until it closes.</summary>
    /// <param name="world">Whose host.</param>
    /// <param name="request">Request line and headers without Host and Connection; after an empty line the body.</param>
    public static async Task<WireAnswer> SendRawAsync(this TestApp world, string request)
    {
        var line = request.IndexOf("\r\n", StringComparison.Ordinal);
        var text = $"{request[..line]}\r\nHost: contact.example.com\r\nConnection: close{request[line..]}";
        using var client = new TcpClient();
        await client.ConnectAsync(world.Address.Host, world.Address.Port);
        var stream = client.GetStream();
        await stream.WriteAsync(Encoding.UTF8.GetBytes(text));
        using var reader = new StreamReader(stream, Encoding.UTF8);
        var answer = await reader.ReadToEndAsync();
        return new WireAnswer(int.Parse(StatusLine().Match(answer).Groups["status"].Value, CultureInfo.InvariantCulture), answer);
    }

    [GeneratedRegex("^HTTP/1.1 (?<status>[0-9]{3})", RegexOptions.ExplicitCapture, matchTimeoutMilliseconds: 1000)]
    private static partial Regex StatusLine();
}
