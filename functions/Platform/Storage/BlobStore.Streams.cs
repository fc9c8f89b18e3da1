using System.Buffers;
using System.Security.Cryptography;
using System.Text;
using Azure.Core;

namespace Serverless.Platform.Storage;

/// <content>
/// Blobs that are never whole in memory: written in blocks, read as a stream.
/// Source: https://learn.microsoft.com/en-us/rest/api/storageservices/put-block-list
/// </content>
public sealed partial class BlobStore
{
    private const int BlockBytes = 4 * 1024 * 1024;

    /// <summary>Writes a blob from a stream, 4 MiB at a time. Null, and nothing is written, when the stream is longer than the limit. What the stream throws is thrown.</summary>
    /// <param name="container">Container.</param>
    /// <param name="name">As for the other methods.</param>
    /// <param name="content">Read to its end; not disposed.</param>
    /// <param name="type">MIME type that is kept with the blob.</param>
    /// <param name="limit">Bytes.</param>
    /// <param name="ct">Cancels.</param>
    public async Task<BlobFacts?> PutStreamAsync(string container, string name, Stream content, string type, long limit, CancellationToken ct)
    {
        var path = BlobPath(container, name);
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
            if (!await TryPutBlockAsync(path, block, buffer.AsMemory(0, read), ct))
            {
                await CreateAsync(container, ct);
                if (!await TryPutBlockAsync(path, block, buffer.AsMemory(0, read), ct)) throw _calls.Refused(404, "ContainerNotFound");
            }

            blocks.Add(block);
            if (read < BlockBytes) break;
        }

        // Not returned when something threw: the transport may still be reading it.
        ArrayPool<byte>.Shared.Return(buffer);
        if (blocks.Count == 0) await PutAsync(container, name, ReadOnlyMemory<byte>.Empty, ct);
        else await CommitAsync(path, blocks, type, ct);
        return new BlobFacts(size, Convert.ToHexStringLower(hash.GetHashAndReset()));
    }

    /// <summary>The content as a stream that the caller disposes, or null when there is no such blob.</summary>
    public async Task<Stream?> OpenAsync(string container, string name, CancellationToken ct)
    {
        using var message = _calls.Create(RequestMethod.Get, BlobPath(container, name));
        message.BufferResponse = false;
        var response = await _calls.SendAsync(message, ct);
        if (response.Status == 200) return message.ExtractResponseContent();
        var code = response.Headers.TryGetValue("x-ms-error-code", out var header) ? header : null;
        return code is "BlobNotFound" or "ContainerNotFound" ? null : throw _calls.Refused(response.Status, code);
    }

    private async ValueTask<bool> TryPutBlockAsync(string path, string block, ReadOnlyMemory<byte> content, CancellationToken ct)
    {
        using var message = _calls.Create(RequestMethod.Put, $"{path}?comp=block&blockid={Uri.EscapeDataString(block)}");
        message.Request.Content = RequestContent.Create(content);
        var response = await _calls.SendAsync(message, ct);
        if (response.Status == 201) return true;
        var code = StorageCalls.Code(response);
        return code is "ContainerNotFound" ? false : throw _calls.Refused(response.Status, code);
    }

    private async Task CommitAsync(string path, List<string> blocks, string type, CancellationToken ct)
    {
        using var message = _calls.Create(RequestMethod.Put, $"{path}?comp=blocklist");
        message.Request.Headers.Add("x-ms-blob-content-type", type);
        message.Request.Headers.Add("Content-Type", "application/xml");
        var list = $"""<?xml version="1.0" encoding="utf-8"?><BlockList>{string.Concat(blocks.Select(b => $"<Latest>{b}</Latest>"))}</BlockList>""";
        message.Request.Content = RequestContent.Create(Encoding.ASCII.GetBytes(list));
        var response = await _calls.SendAsync(message, ct);
        if (response.Status != 201) throw _calls.Refused(response);
    }
}

/// <summary>What was written from a stream.</summary>
/// <param name="Size">Bytes.</param>
/// <param name="Sha256">64 lower-case hex digits.</param>
public sealed record BlobFacts(long Size, string Sha256);
