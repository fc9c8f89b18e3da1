using System.Buffers;
using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Nodes;
using System.Text.Json.Serialization;

namespace Serverless.Platform.Json;

/// <summary>
/// The one way in which the app writes JSON: letters, <c>+</c>, <c>'</c> and <c>&amp;</c> as themselves, so that a number, a name or a
/// secret reads in JSON as it reads elsewhere and can be searched for. Quotes, backslashes and control characters are escaped as JSON
/// demands; characters outside the Basic Multilingual Plane (emoji) are still written as two escapes.
/// </summary>
/// <remarks>
/// The default encoder of System.Text.Json also escapes what would be unsafe inside HTML. No JSON of ours is put into a page: answers are
/// <c>application/json</c> with <c>nosniff</c>. Source:
/// https://learn.microsoft.com/dotnet/standard/serialization/system-text-json/character-encoding
/// </remarks>
public static class PlainJson
{
    private static readonly JsonWriterOptions WriterOptions = new() { Encoder = Encoder };

    /// <summary>Text encoder of every context and writer of the app.</summary>
    public static JavaScriptEncoder Encoder => JavaScriptEncoder.UnsafeRelaxedJsonEscaping;

    /// <summary>
    /// Options of a source-generated context with <see cref="Encoder"/>: its static constructor makes its <c>Default</c> of them.
    /// </summary>
    public static JsonSerializerOptions Of(JsonSerializerContext context) => new(context.Options) { Encoder = Encoder };

#pragma warning disable RS0030 // The one place that makes writers.
    /// <summary>A writer onto a stream.</summary>
    public static Utf8JsonWriter Writer(Stream stream) => new(stream, WriterOptions);

    /// <summary>A writer into a buffer.</summary>
    public static Utf8JsonWriter Writer(IBufferWriter<byte> buffer) => new(buffer, WriterOptions);
#pragma warning restore RS0030

    /// <summary>A document built by hand, as UTF-8.</summary>
    public static byte[] Bytes(JsonNode node)
    {
        using var buffer = new MemoryStream();
        using (var writer = Writer(buffer)) node.WriteTo(writer);
        return buffer.ToArray();
    }

    /// <summary>The same as text.</summary>
    public static string Text(JsonNode node) => System.Text.Encoding.UTF8.GetString(Bytes(node));
}
