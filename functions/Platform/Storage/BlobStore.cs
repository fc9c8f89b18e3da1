using System.Collections.Concurrent;
using System.Runtime.CompilerServices;
using System.Text.RegularExpressions;
using Azure;
using Azure.Storage.Blobs;
using Azure.Storage.Blobs.Models;
using Azure.Storage.Blobs.Specialized;
using Serverless.Platform.Telemetry;

namespace Serverless.Platform.Storage;

/// <summary>
/// Whole blobs, for what does not fit in a row. A container that does not exist is created by the first put and reads as empty.
/// Source: https://learn.microsoft.com/en-us/rest/api/storageservices/blob-service-rest-api
/// </summary>
public sealed partial class BlobStore
{
    private static readonly BlobUploadOptions Upload =
        new() { HttpHeaders = new BlobHttpHeaders { ContentType = "application/octet-stream" } };
    private readonly Lazy<BlobServiceClient> _service;
    private readonly ConcurrentDictionary<string, BlobContainerClient> _containers = new(StringComparer.Ordinal);
    private readonly StorageFailures _failures;

    public BlobStore(StorageAccount account, CallCount count)
    {
        _service = new(() => account.BlobService(count.CountStorage));
        _failures = new StorageFailures(account.Setting, "Storage Blob Data Contributor");
    }

    /// <summary>Writes the blob, in place of one of that name. Names have 1 to 1024 characters and no segment <c>.</c> or
    /// <c>..</c>.</summary>
    public Task PutAsync(string container, string name, ReadOnlyMemory<byte> content, CancellationToken ct) =>
        PutAsync(Blob(container, name), content, ct);

    /// <summary>The whole content, or null when there is no such blob.</summary>
    public async Task<ReadOnlyMemory<byte>?> GetAsync(string container, string name, CancellationToken ct)
    {
        var blob = Blob(container, name);
        try
        {
            var answer = await _failures.AskAsync(blob.DownloadContentAsync(ct), ct);
            return answer.Value.Content.ToMemory();
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

    /// <summary>The whole content and its ETag, or null when there is no such blob.</summary>
    public async Task<(ReadOnlyMemory<byte> Content, ETag ETag)?> ReadAsync(string container, string name, CancellationToken ct)
    {
        var blob = Blob(container, name);
        try
        {
            var answer = await _failures.AskAsync(blob.DownloadContentAsync(ct), ct);
            return (answer.Value.Content.ToMemory(), answer.Value.Details.ETag);
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

    /// <summary>Writes the blob in place of the one that was read. False when somebody changed it since.</summary>
    /// <param name="container">Its container.</param>
    /// <param name="name">Its name.</param>
    /// <param name="content">The new content.</param>
    /// <param name="read">ETag it was read with; null when there was none.</param>
    /// <param name="ct">Cancels.</param>
    public async Task<bool> ReplaceAsync(string container, string name, ReadOnlyMemory<byte> content, ETag? read, CancellationToken ct)
    {
        var conditions = read is { } etag ? new BlobRequestConditions { IfMatch = etag }
            : new BlobRequestConditions { IfNoneMatch = ETag.All };
        var blob = Blob(container, name);
        var written = true;
        await WithContainerAsync(blob, async () =>
        {
            await using var stream = BinaryData.FromBytes(content).ToStream();
            try
            {
                await _failures.AskAsync(blob.UploadAsync(stream,
                    new BlobUploadOptions { HttpHeaders = Upload.HttpHeaders, Conditions = conditions }, ct), ct);
            }
            catch (RequestFailedException e) when (e.Status is 409 or 412 && e.ErrorCode is "ConditionNotMet" or "BlobAlreadyExists")
            {
                written = false;
            }
        }, ct);
        return written;
    }

    /// <summary>Names that begin with the prefix, in ordinal order, page by page.</summary>
    public async IAsyncEnumerable<string> ListAsync(string container, string prefix, [EnumeratorCancellation] CancellationToken ct)
    {
        string? marker = null;
        do
        {
            var page = await PageAsync(Container(container), prefix, marker, ct);
            if (page is null) yield break;
            foreach (var blob in page.Values) yield return blob.Name;
            marker = page.ContinuationToken;
        }
        while (!string.IsNullOrEmpty(marker));
    }

    /// <summary>Deletes the blob, if there is one.</summary>
    public async Task DeleteAsync(string container, string name, CancellationToken ct)
    {
        var blob = Blob(container, name);
        try
        {
            await _failures.AskAsync(blob.DeleteIfExistsAsync(cancellationToken: ct), ct);
        }
        catch (RequestFailedException e)
        {
            throw _failures.Refused(e);
        }
    }

    private Task PutAsync(BlockBlobClient blob, ReadOnlyMemory<byte> content, CancellationToken ct) => WithContainerAsync(blob, async () =>
    {
        await using var stream = BinaryData.FromBytes(content).ToStream();
        await _failures.AskAsync(blob.UploadAsync(stream, Upload, ct), ct);
    }, ct);

    // The container is made by the first write that misses it.
    private async Task WithContainerAsync(BlockBlobClient blob, Func<Task> write, CancellationToken ct)
    {
        try
        {
            try
            {
                await write();
            }
            catch (RequestFailedException e) when (e.ErrorCode is "ContainerNotFound")
            {
                await _failures.AskAsync(Container(blob.BlobContainerName).CreateIfNotExistsAsync(cancellationToken: ct), ct);
                await write();
            }
        }
        catch (RequestFailedException e)
        {
            throw _failures.Refused(e);
        }
    }

    private async Task<Page<BlobItem>?> PageAsync(BlobContainerClient container, string prefix, string? marker, CancellationToken ct)
    {
        try
        {
            var blobs = container.GetBlobsAsync(BlobTraits.None, BlobStates.None, prefix, ct);
            await using var pages = blobs.AsPages(marker).GetAsyncEnumerator(ct);
            return await _failures.AskAsync(pages.MoveNextAsync().AsTask(), ct) ? pages.Current : null;
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

    private static bool IsMissing(RequestFailedException e) => e.ErrorCode is "BlobNotFound" or "ContainerNotFound";

    private BlobContainerClient Container(string container)
    {
        if (_containers.TryGetValue(container, out var client)) return client;
        if (!ContainerName().IsMatch(container))
            throw new ArgumentException($"'{container}' is no container name: 3 to 63 lower-case letters, digits and single dashes.",
                nameof(container));
        return _containers.GetOrAdd(container, _service.Value.GetBlobContainerClient(container));
    }

    private BlockBlobClient Blob(string container, string name)
    {
        var client = Container(container);
        if (name.Length is < 1 or > 1024) throw new ArgumentException("A blob's name has 1 to 1024 characters.", nameof(name));
        // A URL cannot carry dot segments: they would name another blob.
        if (name.Split('/').Any(s => s is "" or "." or ".."))
            throw new ArgumentException("A blob's name has no empty segment and none of dots.", nameof(name));
        return client.GetBlockBlobClient(name);
    }

    [GeneratedRegex("^(?=.{3,63}$)[a-z0-9]+(-[a-z0-9]+)*$", RegexOptions.ExplicitCapture, matchTimeoutMilliseconds: 1000)]
    private static partial Regex ContainerName();
}
