using System.Security.Cryptography;
using System.Text;
using System.Text.Json;

namespace Serverless.Channels.Vonage;

/// <summary>The fields of one callback: of its JSON body, or of the query where Vonage is set to call by GET.</summary>
internal sealed class VonageCallback : IDisposable
{
    private readonly JsonDocument? _document;
    private readonly string _query;

    private VonageCallback(JsonDocument? document, string query)
    {
        _document = document;
        _query = query;
    }

    public JsonElement Json => _document?.RootElement ?? default;

    /// <summary>The body read as JSON; throws when it is none.</summary>
    public static VonageCallback Of(Delivery delivery) =>
        new(delivery.Body.IsEmpty ? null : JsonDocument.Parse(delivery.Body), QueryOf(delivery));

    /// <summary>The same, but a body that is no JSON has no fields: for responses, which are required in any case.</summary>
    public static VonageCallback OfWhatever(Delivery delivery)
    {
        try
        {
            return Of(delivery);
        }
        catch (JsonException)
        {
            return new(null, QueryOf(delivery));
        }
    }

    /// <summary>A field of the callback; null when it is missing, empty or no text or number.</summary>
    public string? this[string name] => _document is null ? Query(name) : Json.Get(Encoding.UTF8.GetBytes(name)).AsId();

    /// <summary>The same, but unreadable text is empty: for responses, which are required in any case.</summary>
    public string? Word(string name)
    {
        try
        {
            return this[name];
        }
        catch (InvalidOperationException)
        {
            return null;
        }
    }

    /// <summary>A query parameter that our own call control added to the address.</summary>
    public string? Query(string name)
    {
        foreach (var range in _query.AsSpan().Split('&'))
        {
            var pair = _query.AsSpan(range);
            if (pair.Length > name.Length + 1 && pair[name.Length] == '=' && pair.StartsWith(name, StringComparison.Ordinal))
                return Uri.UnescapeDataString(pair[(name.Length + 1)..].ToString().Replace('+', ' '));
        }

        return null;
    }

    /// <summary>An id for what has none: a hash of address and body, so that the same callback again has the same id.</summary>
    public static string IdOf(Delivery delivery)
    {
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        hash.AppendData(Encoding.UTF8.GetBytes(delivery.PathAndQuery));
        hash.AppendData(delivery.Body.Span);
        return Convert.ToHexStringLower(hash.GetHashAndReset());
    }

    public void Dispose() => _document?.Dispose();

    private static string QueryOf(Delivery delivery)
    {
        var mark = delivery.PathAndQuery.IndexOf('?', StringComparison.Ordinal);
        return mark < 0 ? "" : delivery.PathAndQuery[(mark + 1)..];
    }
}
