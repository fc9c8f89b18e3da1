using System.Buffers;
using System.Net.Http.Headers;
using System.Text.Json;
using Serverless.Platform.Json;
using Serverless.Platform.OutboundHttp;

namespace Serverless.Channels.Telegram;

/// <summary>Calls the Bot API for one bot. The token is part of each address, so an address never leaves this file.</summary>
/// <remarks>https://core.telegram.org/bots/api#making-requests</remarks>
internal sealed class BotApi(ProviderHttp calls, string apiUrl, string token)
{
    /// <summary>Calls a method.</summary>
    /// <param name="method">As the Bot API names it, e.g. <c>sendMessage</c>.</param>
    /// <param name="parameters">Writes the fields of the JSON body.</param>
    /// <param name="ct">Cancels.</param>
    public async Task<BotAnswer> CallAsync(string method, Action<Utf8JsonWriter> parameters, CancellationToken ct)
    {
        var body = new ArrayBufferWriter<byte>();
        using (var json = PlainJson.Writer(body))
        {
            json.WriteStartObject();
            parameters(json);
            json.WriteEndObject();
        }

        using var request = new HttpRequestMessage(HttpMethod.Post,
            Address($"bot{token}/{method}")) { Content = new ReadOnlyMemoryContent(body.WrittenMemory) };
        request.Content.Headers.ContentType = new MediaTypeHeaderValue("application/json");
        return new BotAnswer(await calls.SendAsync(request, ct));
    }

    /// <summary>Opens a file for reading; null when it could not be reached. https://core.telegram.org/bots/api#getfile</summary>
    /// <param name="path">As <c>getFile</c> gave it.</param>
    /// <param name="ct">Cancels.</param>
    public async Task<HttpResponseMessage?> OpenAsync(string path, CancellationToken ct)
    {
        using var request = new HttpRequestMessage(HttpMethod.Get, Address($"file/bot{token}/{path}"));
        return await calls.OpenAsync(request, ct);
    }

    private Uri Address(string path) => new($"{apiUrl.TrimEnd('/')}/{path}");
}

/// <summary>What the Bot API answered: a result, or an error with its code and a sentence.</summary>
/// <remarks>https://core.telegram.org/bots/api#making-requests, https://core.telegram.org/bots/api#responseparameters</remarks>
internal sealed class BotAnswer
{
    private readonly JsonElement _root;

    public BotAnswer(ProviderResponse answer)
    {
        Raw = answer;
        if (answer.TooLarge || answer.Body.IsEmpty) return;
        try
        {
            // A copy of its own: it outlives this call.
            using var document = JsonDocument.Parse(answer.Body);
            _root = document.RootElement.Clone();
        }
        catch (JsonException)
        {
            // A proxy's page, say: the status has to do.
        }
    }

    public ProviderResponse Raw { get; }

    public int Status => Raw.Status;

    /// <summary>The result; undefined unless the call succeeded.</summary>
    public JsonElement Result => Raw.Succeeded && _root.Get("ok"u8).IsTrue() ? _root.Get("result"u8) : default;

    /// <summary>Telegram's sentence, at most 200 characters; null when there is none.</summary>
    public string? Description => _root.Get("description"u8).AsText() is { } text ? text.Length > 200 ? text[..200] : text : null;

    /// <summary>Stands in the body, not in a header.</summary>
    public TimeSpan? RetryAfter => _root.Get("parameters"u8).Get("retry_after"u8).AsNumber() is { } seconds and > 0 and < 1_000_000
        ? TimeSpan.FromSeconds(seconds) : Raw.RetryAfter;

    /// <summary>The chat's new id, when a group has become a supergroup; null otherwise.</summary>
    public string? MovedTo => _root.Get("parameters"u8).Get("migrate_to_chat_id"u8).AsId();

    public bool Says(string words) => Description?.Contains(words, StringComparison.OrdinalIgnoreCase) == true;
}
