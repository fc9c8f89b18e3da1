using System.Security.Cryptography;
using System.Text;
using Serverless.Channels;
using Serverless.Intake;
using Serverless.Platform.Storage;

namespace Serverless.Processing;

/// <summary>Fetches what thin elements point at and keeps it beside the delivery, so that a repetition or a replay reads what was fetched first and asks nobody.</summary>
public sealed class ReferencedContent(BlobStore blobs)
{
    /// <summary>Largest document that is kept, in bytes.</summary>
    public const int MaxBytes = 16 * 1024 * 1024;

    /// <summary>The document, kept or fetched.</summary>
    /// <param name="key">The delivery that points at it.</param>
    /// <param name="channel">Who can fetch it.</param>
    /// <param name="resource">What the element said.</param>
    /// <param name="mayAsk">False when there is no time left to ask the provider.</param>
    /// <param name="ct">Cancels.</param>
    public async Task<FetchedContent> GetAsync(DeliveryKey key, IFetchesContent channel, string resource, bool mayAsk, CancellationToken ct)
    {
        var name = $"{key.Blob}/{Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(resource)).AsSpan(0, 16))}";
        if (await blobs.GetAsync(DeliveryStore.FetchedContainer, name, ct) is { } kept) return new FetchedContent.Document(kept);
        if (!mayAsk) return new FetchedContent.Later("out-of-time");
        var fetched = await channel.FetchAsync(resource, ct);
        if (fetched is not FetchedContent.Document document) return fetched;
        if (document.Body.Length > MaxBytes) throw new InvalidDataException($"A fetched document has {document.Body.Length} bytes.");
        await blobs.PutAsync(DeliveryStore.FetchedContainer, name, document.Body, ct);
        return document;
    }
}
