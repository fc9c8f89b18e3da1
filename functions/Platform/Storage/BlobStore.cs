using System.Runtime.CompilerServices;
using System.Text.RegularExpressions;
using System.Xml;
using Azure;
using Azure.Core;
using Serverless.Cloud;
using Serverless.Telemetry;

namespace Serverless.Platform.Storage;

/// <summary>
/// Whole blobs, for what does not fit in a row. A container that does not exist is created by the first put and reads as empty.
/// Source: https://learn.microsoft.com/en-us/rest/api/storageservices/blob-service-rest-api
/// </summary>
public sealed partial class BlobStore
{
    private const string Version = "2021-12-02";
    private readonly StorageCalls _calls;

    public BlobStore(StorageAccount account, CallCount count)
    {
        var pipeline = CloudPipeline.Build(account.Transport, account.Authentication(forTables: false), count.CountStorage);
        _calls = new StorageCalls(pipeline, account.Blobs, Version, account.Setting, "Storage Blob Data Contributor");
    }

    /// <summary>Writes the blob, in place of one of that name. Names have 1 to 1024 characters and no segment <c>.</c> or <c>..</c>.</summary>
    public async Task PutAsync(string container, string name, ReadOnlyMemory<byte> content, CancellationToken ct)
    {
        var path = BlobPath(container, name);
        if (await TryPutAsync(path, content, ct)) return;
        await CreateAsync(container, ct);
        if (!await TryPutAsync(path, content, ct)) throw _calls.Refused(404, "ContainerNotFound");
    }

    /// <summary>The whole content, or null when there is no such blob.</summary>
    public async Task<ReadOnlyMemory<byte>?> GetAsync(string container, string name, CancellationToken ct)
    {
        using var message = _calls.Create(RequestMethod.Get, BlobPath(container, name));
        var response = await _calls.SendAsync(message, ct);
        if (response.Status == 200) return response.Content.ToMemory();
        var code = StorageCalls.Code(response);
        return code is "BlobNotFound" or "ContainerNotFound" ? null : throw _calls.Refused(response.Status, code);
    }

    /// <summary>Names that begin with the prefix, in ordinal order, page by page.</summary>
    public async IAsyncEnumerable<string> ListAsync(string container, string prefix, [EnumeratorCancellation] CancellationToken ct)
    {
        CheckContainer(container);
        string? marker = null;
        do
        {
            var (names, next) = await PageAsync(container, prefix, marker, ct);
            foreach (var name in names) yield return name;
            marker = next;
        }
        while (!string.IsNullOrEmpty(marker));
    }

    /// <summary>Takes the blob away; nothing happens when there is none.</summary>
    public async Task DeleteAsync(string container, string name, CancellationToken ct)
    {
        using var message = _calls.Create(RequestMethod.Delete, BlobPath(container, name));
        var response = await _calls.SendAsync(message, ct);
        if (response.Status == 202) return;
        var code = StorageCalls.Code(response);
        if (code is not ("BlobNotFound" or "ContainerNotFound")) throw _calls.Refused(response.Status, code);
    }

    private async ValueTask<bool> TryPutAsync(string path, ReadOnlyMemory<byte> content, CancellationToken ct)
    {
        using var message = _calls.Create(RequestMethod.Put, path);
        message.Request.Headers.Add("x-ms-blob-type", "BlockBlob");
        message.Request.Headers.Add("Content-Type", "application/octet-stream");
        message.Request.Content = RequestContent.Create(content);
        var response = await _calls.SendAsync(message, ct);
        if (response.Status == 201) return true;
        var code = StorageCalls.Code(response);
        return code is "ContainerNotFound" ? false : throw _calls.Refused(response.Status, code);
    }

    private async Task CreateAsync(string container, CancellationToken ct)
    {
        using var message = _calls.Create(RequestMethod.Put, container + "?restype=container");
        message.Request.Content = RequestContent.Create(ReadOnlyMemory<byte>.Empty);
        var response = await _calls.SendAsync(message, ct);
        if (response.Status == 201) return;
        var code = StorageCalls.Code(response);
        if (code is not "ContainerAlreadyExists") throw _calls.Refused(response.Status, code);
    }

    private async Task<(List<string> Names, string? Next)> PageAsync(string container, string prefix, string? marker, CancellationToken ct)
    {
        var path = $"{container}?restype=container&comp=list&prefix={Uri.EscapeDataString(prefix)}";
        using var message = _calls.Create(RequestMethod.Get, string.IsNullOrEmpty(marker) ? path : $"{path}&marker={Uri.EscapeDataString(marker)}");
        var response = await _calls.SendAsync(message, ct);
        if (response.Status == 200) return Names(response);
        var code = StorageCalls.Code(response);
        return code is "ContainerNotFound" ? ([], null) : throw _calls.Refused(response.Status, code);
    }

    private static (List<string> Names, string? Next) Names(Response response)
    {
        var names = new List<string>();
        string? next = null;
        using var xml = XmlReader.Create(response.Content.ToStream(), new XmlReaderSettings { DtdProcessing = DtdProcessing.Prohibit });
        while (!xml.EOF)
        {
            // ReadElementContentAsString stands on the next node already.
            if (xml.NodeType == XmlNodeType.Element && xml.Name == "Name") names.Add(xml.ReadElementContentAsString());
            else if (xml.NodeType == XmlNodeType.Element && xml.Name == "NextMarker") next = xml.ReadElementContentAsString();
            else xml.Read();
        }

        return (names, next);
    }

    private static string BlobPath(string container, string name)
    {
        CheckContainer(container);
        if (name.Length is < 1 or > 1024) throw new ArgumentException("A blob's name has 1 to 1024 characters.", nameof(name));
        var segments = name.Split('/');
        // A URL cannot carry dot segments: they would name another blob.
        if (segments.Any(s => s is "" or "." or "..")) throw new ArgumentException("A blob's name has no empty segment and none of dots.", nameof(name));
        return $"{container}/{string.Join('/', segments.Select(Uri.EscapeDataString))}";
    }

    private static void CheckContainer(string container)
    {
        if (!ContainerName().IsMatch(container))
            throw new ArgumentException($"'{container}' is no container name: 3 to 63 lower-case letters, digits and single dashes.", nameof(container));
    }

    [GeneratedRegex("^(?=.{3,63}$)[a-z0-9]+(-[a-z0-9]+)*$", RegexOptions.ExplicitCapture, matchTimeoutMilliseconds: 1000)]
    private static partial Regex ContainerName();
}
