using System.Buffers;
using System.Security.Cryptography;
using System.Text;
using Azure;
using Azure.Storage.Blobs.Models;
using Azure.Storage.Blobs.Specialized;

namespace Serverless.Platform.Storage;

/// <content>
/// Blobs that are never whole in memory: written in blocks, read as a stream. The blocks are cut here and not by the SDK's upload: a stream
/// that
/// turns out too long must leave nothing behind, and its bytes are hashed on the way.
/// Source: https://learn.microsoft.com/en-us/rest/api/storageservices/put-block-list
/// </content>
public sealed partial class BlobStore
{
    private const int BlockBytes = 4 * 1024 * 1024;

    /// <summary>Writes a blob from a stream, 4 MiB at a time. Null, and nothing is written, when the stream is longer than the limit. What
    /// the stream throws is thrown.</summary>
    /// <param name="container">Container.</param>
    /// <param name="name">As for the other methods.</param>
    /// <param name="content">Read to its end; not disposed.</param>
    /// <param name="type">MIME type stored with the blob.</param>
    /// <param name="limit">Bytes.</param>
    /// <param name="ct">Cancels.</param>
    public async Task<BlobFacts?> PutStreamAsync(string container, string name, Stream content, string type, long limit,
        CancellationToken ct)
    {
        var blob = Blob(container, name);
        // Two uploads to one name must not mix their blocks: what the one commits makes the other's commit fail.
        var upload = RandomNumberGenerator.GetHexString(16, lowercase: true);
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        List<string> blocks = [];
        var size = 0L;
        var buffer = ArrayPool<byte>.Shared.Rent(BlockBytes);
        while (true)
        {
            var read = await content.ReadAtLeastAsync(buffer.AsMemory(0, BlockBytes), BlockBytes, throwOnEndOfStream: false, ct);
            if (read == 0) break;
            size += read;
            if (size > limit) return null;
            hash.AppendData(buffer, 0, read);
            var block = Convert.ToBase64String(Encoding.ASCII.GetBytes($"{upload}{blocks.Count:d6}"));
            await PutBlockAsync(blob, block, buffer.AsMemory(0, read), ct);
            blocks.Add(block);
            if (read < BlockBytes) break;
        }

        // Not returned when something threw: the transport may still be reading it.
        ArrayPool<byte>.Shared.Return(buffer);
        if (blocks.Count == 0) await PutAsync(blob, ReadOnlyMemory<byte>.Empty, ct);
        else await CommitAsync(blob, blocks, type, ct);
        return new BlobFacts(size, Convert.ToHexStringLower(hash.GetHashAndReset()));
    }

    /// <summary>The content as a stream that the caller disposes, or null when there is no such blob.</summary>
    public async Task<Stream?> OpenAsync(string container, string name, CancellationToken ct)
    {
        var blob = Blob(container, name);
        try
        {
            var answer = await _failures.AskAsync(blob.DownloadStreamingAsync(cancellationToken: ct), ct);
            return answer.Value.Content;
        }
        catch (RequestFailedException e) when (IsMissing(e))
        {
            return null;
        }
        catch (RequestFailedException e)
        {
            throw _failures.Refused(e);
        }
    }

    private Task PutBlockAsync(BlockBlobClient blob, string block, ReadOnlyMemory<byte> content, CancellationToken ct) =>
        WithContainerAsync(blob, async () =>
    {
        await using var stream = BinaryData.FromBytes(content).ToStream();
        await _failures.AskAsync(blob.StageBlockAsync(block, stream, cancellationToken: ct), ct);
    }, ct);

    private Task CommitAsync(BlockBlobClient blob, List<string> blocks, string type, CancellationToken ct) => WithContainerAsync(blob, () =>
        _failures.AskAsync(blob.CommitBlockListAsync(blocks,
            new CommitBlockListOptions { HttpHeaders = new BlobHttpHeaders { ContentType = type } }, ct), ct), ct);
}

/// <summary>Result of writing a stream.</summary>
/// <param name="Size">Bytes.</param>
/// <param name="Sha256">64 lower-case hex digits.</param>
public sealed record BlobFacts(long Size, string Sha256);
