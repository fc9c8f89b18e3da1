using System.Security.Cryptography;
using System.Text;
using Serverless.Channels;
using Serverless.Intake;
using Serverless.Platform.Storage;

namespace Serverless.Processing;

/// <summary>
/// Fetches referenced content and stores it beside the delivery, so that a repetition or a replay reads the stored copy and sends no
/// request.
/// </summary>
public sealed class ReferencedContent(BlobStore blobs)
{
    /// <summary>Largest stored document, in bytes.</summary>
    public const int MaxBytes = 16 * 1024 * 1024;

    /// <summary>The document, from storage or fetched.</summary>
    /// <param name="key">The delivery that points at it.</param>
    /// <param name="channel">The channel that fetches it.</param>
    /// <param name="resource">The reference of the item.</param>
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
