using System.Net;
using Serverless.Contacts;

namespace Serverless.Channels.Telegram;

/// <content>Files: <c>getFile</c> gives a path that holds for an hour; bots may load up to 20 MB.
/// https://core.telegram.org/bots/api#getfile</content>
public sealed partial class TelegramChannel : IReadsAttachments
{
    private const long LargestFile = 20_000_000;

    public async Task<OpenedAttachment> OpenAsync(Contact contact, Attachment attachment, CancellationToken ct)
    {
        if (attachment.Size > LargestFile) return new OpenedAttachment.Gone("too-large-for-bots");
        if (ApiOf(contact.Account) is not var (api, _)) return new OpenedAttachment.Later("no-token");
        var answer = await api.CallAsync("getFile", json => json.WriteString("file_id"u8, attachment.Reference), ct);
        if (answer.Result.Get("file_path"u8).AsText() is not { } path) return Failed(answer);

        // It becomes part of an address, so nothing may lead out of the bot's own files.
        if (path.Contains("..", StringComparison.Ordinal) || path.StartsWith('/') || path.AsSpan().IndexOfAny("?#\\:") >= 0)
            return new OpenedAttachment.Gone("path-refused");
        var response = await api.OpenAsync(path, ct);
        if (response is null) return new OpenedAttachment.Later("unreachable");
        if (response.IsSuccessStatusCode)
            return new OpenedAttachment.Content(await response.Content.ReadAsStreamAsync(ct), TypeOf(response, attachment));
        using (response)
        {
            return response.StatusCode is HttpStatusCode.NotFound or HttpStatusCode.Gone
                ? new OpenedAttachment.Gone("gone-at-provider") : new OpenedAttachment.Later("unreachable", calls.RetryAfter(response));
        }
    }

    // Telegram labels most files application/octet-stream; the message knew better.
    private static string? TypeOf(HttpResponseMessage response, Attachment attachment) =>
        response.Content.Headers.ContentType?.MediaType is { } type and not "application/octet-stream" ? type
        : attachment.Type?.Contains('/', StringComparison.Ordinal) == true ? attachment.Type : null;

    private static OpenedAttachment Failed(BotAnswer answer) => answer.Status switch
    {
        429 => new OpenedAttachment.Later("rate-limited", answer.RetryAfter),
        401 or 403 or 404 => new OpenedAttachment.Later("refused"),
        400 when answer.Says("too big") => new OpenedAttachment.Gone("too-large-for-bots"),

        // Telegram says the same of an id that never was and of a file it cannot reach right now.
        400 when answer.Says("temporarily unavailable") => new OpenedAttachment.Later("unavailable"),
        400 => new OpenedAttachment.Gone("gone-at-provider"),
        _ => new OpenedAttachment.Later("unreachable"),
    };
}
