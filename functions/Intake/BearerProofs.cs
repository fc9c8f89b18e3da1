using System.Text.Json;
using Serverless.Channels;
using Serverless.Platform.Json;
using Serverless.Platform.Signatures;

namespace Serverless.Intake;

/// <summary>Removes secrets that a sender transmits (<see cref="IChannel.BearerProofs"/>) from stored and returned data.</summary>
public static class BearerProofs
{
    private const string Removed = "(removed)";

    /// <summary>The delivery as it is stored: each proof in a header or the query is replaced by its keyed hash.</summary>
    public static Delivery Stored(IChannel channel, Delivery delivery)
    {
        if (channel.BearerProofs.Count == 0) return delivery;
        var headers = new Dictionary<string, string>(delivery.Headers, StringComparer.Ordinal);
        var url = delivery.PathAndQuery;
        foreach (var proof in channel.BearerProofs)
        {
            if (proof.StartsWith('?')) url = WithoutQuery(url, proof[1..], delivery.Id);
            else if (headers.TryGetValue(proof, out var given) && given.Length > 0) headers[proof] = BearerProof.Hide(given, delivery.Id);
        }

        return delivery with { Headers = headers, PathAndQuery = url };
    }

    /// <summary>A body for people: the values of the JSON properties that are proofs are replaced. A body that is no JSON, or names none,
    /// is given back as it is.</summary>
    public static ReadOnlyMemory<byte> HandedOut(IChannel channel, ReadOnlyMemory<byte> body)
    {
        var names = channel.BearerProofs.Where(p => p.StartsWith('$')).Select(p => p[1..]).ToHashSet(StringComparer.Ordinal);
        if (names.Count == 0) return body;
        try
        {
            using var json = JsonDocument.Parse(body);
            using var buffer = new MemoryStream();
            using (var writer = PlainJson.Writer(buffer)) Write(json.RootElement, names, writer);
            return buffer.ToArray();
        }
        catch (JsonException)
        {
            return body;
        }
    }

    private static void Write(JsonElement value, HashSet<string> names, Utf8JsonWriter writer)
    {
        switch (value.ValueKind)
        {
            case JsonValueKind.Object:
                writer.WriteStartObject();
                foreach (var property in value.EnumerateObject())
                {
                    writer.WritePropertyName(property.Name);
                    if (names.Contains(property.Name)) writer.WriteStringValue(Removed);
                    else Write(property.Value, names, writer);
                }

                writer.WriteEndObject();
                break;
            case JsonValueKind.Array:
                writer.WriteStartArray();
                foreach (var item in value.EnumerateArray()) Write(item, names, writer);
                writer.WriteEndArray();
                break;
            default:
                value.WriteTo(writer);
                break;
        }
    }

    private static string WithoutQuery(string url, string name, string deliveryId)
    {
        var mark = url.IndexOf('?', StringComparison.Ordinal);
        if (mark < 0) return url;
        var parts = url[(mark + 1)..].Split('&');
        for (var i = 0; i < parts.Length; i++)
        {
            var field = FormFields.Parse(System.Text.Encoding.UTF8.GetBytes(parts[i]));
            if (field?[System.Text.Encoding.UTF8.GetBytes(name)] is { } given) parts[i] = $"{name}={BearerProof.Hide(given, deliveryId)}";
        }

        return $"{url[..mark]}?{string.Join('&', parts)}";
    }
}
