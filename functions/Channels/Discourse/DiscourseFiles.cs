using System.Buffers;
using System.Net;
using Serverless.Contacts;

namespace Serverless.Channels.Discourse;

/// <content>Files: uploads of the forum by its own addresses. Where uploads lie in a store apart, the forum sends us on, once; our key
/// stays behind.</content>
public sealed partial class DiscourseChannel : IReadsAttachments
{
    private static readonly SearchValues<char> Unwanted = SearchValues.Create("?#\\\r\n ");

    public async Task<OpenedAttachment> OpenAsync(Contact contact, Attachment attachment, CancellationToken ct)
    {
        if (PathOf(attachment.Reference) is not { } path) return new OpenedAttachment.Gone("not-an-upload");
        if (ApiOf(contact.Account) is not var (api, site)) return new OpenedAttachment.Later("no-address");
        var response = await api.OpenAsync(path, ct);
        if (response is { StatusCode: HttpStatusCode.Found or HttpStatusCode.MovedPermanently or HttpStatusCode.SeeOther
            or HttpStatusCode.TemporaryRedirect or HttpStatusCode.PermanentRedirect, Headers.Location: { } location })
        {
            var onward = new Uri(new Uri($"{site.Address!.AbsoluteUri.TrimEnd('/')}/{path}"), location);
            response.Dispose();
            using var request = new HttpRequestMessage(HttpMethod.Get, onward);
            response = await calls.OpenAsync(request, ct);
        }

        if (response is null) return new OpenedAttachment.Later("unreachable");
        if (response.IsSuccessStatusCode)
            return new OpenedAttachment.Content(await response.Content.ReadAsStreamAsync(ct),
                response.Content.Headers.ContentType?.MediaType);
        using (response)
        {
            return OpenedAttachment.Without(response.StatusCode, calls.RetryAfter(response));
        }
    }

    // upload://{hash}.{ending} is short for uploads/short-url/{hash}.{ending}.
    // https://github.com/discourse/discourse/blob/main/config/routes.rb
    private static string? PathOf(string reference)
    {
        if (reference.Contains("..", StringComparison.Ordinal) || reference.AsSpan().ContainsAny(Unwanted)) return null;
        if (reference.StartsWith("upload://", StringComparison.Ordinal))
            return reference[9..] is var name && !name.Contains('/', StringComparison.Ordinal) ? $"uploads/short-url/{name}" : null;
        return reference.StartsWith("/uploads/", StringComparison.Ordinal)
            || reference.StartsWith("/secure-uploads/", StringComparison.Ordinal) ? reference[1..] : null;
    }
}
