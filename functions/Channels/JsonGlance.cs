using System.Text.Json;

namespace Serverless.Channels;

/// <summary>Reads the beginning of an unverified body: at most 4 KiB of it, whatever its size.</summary>
public static class JsonGlance
{
    private const int Most = 4 * 1024;
    private const int LongestValue = 200;

    /// <summary>The first text of a member at a depth; null when it is not there. Never throws for what a stranger sent.</summary>
    /// <param name="body">A body.</param>
    /// <param name="name">Name of the member.</param>
    /// <param name="depth">1 for a member of the outermost object, 3 for one of an object within its array.</param>
    public static string? Text(ReadOnlySpan<byte> body, ReadOnlySpan<byte> name, int depth)
    {
        try
        {
            var reader = new Utf8JsonReader(body[..Math.Min(body.Length, Most)], isFinalBlock: false, default);
            while (reader.Read())
            {
                if (reader.TokenType != JsonTokenType.PropertyName || reader.CurrentDepth != depth || !reader.ValueTextEquals(name))
                    continue;
                if (!reader.Read() || reader.TokenType != JsonTokenType.String || reader.ValueSpan.Length > LongestValue) return null;
                return reader.GetString();
            }
        }
        catch (Exception e) when (e is JsonException or InvalidOperationException)
        {
            // No JSON, or no text: it names nobody.
        }

        return null;
    }
}
