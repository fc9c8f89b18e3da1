using System.IO.Compression;
using System.Runtime.CompilerServices;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json.Nodes;
using Azure;
using Azure.Data.Tables;
using Azure.Storage.Blobs;
using Azure.Storage.Blobs.Models;
using Serverless.Local.CommandLine;

namespace Serverless.Local.Export;

/// <summary>Copies tables into blobs and back. Rows are kept as the service writes them, each property with its type:
/// <see cref="RowLine"/>.</summary>
/// <remarks>
/// An export is no snapshot: the app writes on. So raw deliveries come first, then cases, then everything else: what was half done while
/// the export ran lies in it as a delivery
/// without an end, which Tick works again after a restore; what was done already is found and ends as a duplicate.
/// </remarks>
internal sealed class TableCopy(CopyAccount tables, CopyAccount blobs, string container)
{
    private const int WritersAtOnce = 16;
    private readonly BlobContainerClient _files = blobs.Blobs.GetBlobContainerClient(container);

    // Compressed; a table of a busy month is more than one array holds.
    private const int LargestPart = 64 * 1024 * 1024;

    /// <summary>Copies every table; gives the name of the export and the rows of each table. The manifest is written last: an export
    /// without one did not end.</summary>
    public async Task<(string Name, IReadOnlyDictionary<string, int> Rows)> ExportAsync(DateTimeOffset now, Action<string> say,
        CancellationToken ct)
    {
        var name = $"{now.UtcDateTime:yyyy-MM-dd'T'HHmmss'Z'}";
        await _files.CreateIfNotExistsAsync(cancellationToken: ct);
        var rows = new SortedDictionary<string, int>(StringComparer.Ordinal);
        var manifest = new JsonObject();
        foreach (var table in (await TableNamesAsync(ct)).OrderBy(Rank).ThenBy(t => t, StringComparer.Ordinal))
        {
            rows[table] = 0;
            var parts = new JsonArray();
            await foreach (var (bytes, count) in PackAsync(table, ct))
            {
                await PutAsync(PartName(name, table, parts.Count), bytes, ct);
                parts.Add(Convert.ToHexStringLower(SHA256.HashData(bytes)));
                rows[table] += count;
            }

            manifest[table] = new JsonObject { ["rows"] = rows[table], ["sha256"] = parts };
            say($"{table}: {rows[table]} rows in {parts.Count} parts");
        }

        await PutAsync($"{name}/manifest.json", Encoding.UTF8.GetBytes(manifest.ToJsonString()), ct);
        return (name, rows);
    }

    /// <summary>Puts every table of an export back; gives the rows of each.</summary>
    /// <param name="over">Whether rows that are there may be written over; else a table with rows is refused before the first
    /// write.</param>
    /// <exception cref="Refusal">The export is not whole, or a table holds rows.</exception>
    public async Task<IReadOnlyDictionary<string, int>> RestoreAsync(string name, bool over, Action<string> say, CancellationToken ct)
    {
        var manifest = JsonNode.Parse(await GetAsync($"{name}/manifest.json", ct)
            ?? throw new Refusal($"There is no {container}/{name}/manifest.json: no such export, or one that did not end."))!.AsObject();
        if (!over)
        {
            foreach (var (table, _) in manifest)
                if (await HasRowsAsync(table, ct))
                    throw new Refusal(
                        $"Table {table} of {tables.Account} holds rows already; restore into an empty account, or say --over.");
        }

        var rows = new SortedDictionary<string, int>(StringComparer.Ordinal);
        foreach (var (table, entry) in manifest)
        {
            rows[table] = 0;
            await tables.Tables.CreateTableIfNotExistsAsync(table, ct);
            var hashes = entry!["sha256"]!.AsArray();
            for (var part = 0; part < hashes.Count; part++)
            {
                var bytes = await GetAsync(PartName(name, table, part), ct)
                    ?? throw new Refusal($"{PartName(name, table, part)} is missing.");
                if (Convert.ToHexStringLower(SHA256.HashData(bytes)) != (string?)hashes[part])
                    throw new Refusal($"{PartName(name, table, part)} is not what was exported.");
                rows[table] += await UnpackAsync(table, bytes, ct);
            }

            if (rows[table] != (int)entry["rows"]!)
                throw new Refusal($"{table} has {rows[table]} rows, and the manifest says {entry["rows"]}.");
            say($"{table}: {rows[table]} rows");
        }

        return rows;
    }

    private static string PartName(string name, string table, int part) => $"{name}/{table}.{part:d4}.jsonl.gz";

    private static int Rank(string table) => table.StartsWith("deliveries", StringComparison.Ordinal) ? 0 : table == "cases" ? 1 : 2;

    private async Task<List<string>> TableNamesAsync(CancellationToken ct)
    {
        List<string> names = [];
        await foreach (var table in tables.Tables.QueryAsync(cancellationToken: ct)) names.Add(table.Name);
        return names;
    }

    private async IAsyncEnumerable<(byte[] Part, int Rows)> PackAsync(string table, [EnumeratorCancellation] CancellationToken ct)
    {
        await using var pages = tables.Tables.GetTableClient(table).QueryAsync<TableEntity>(cancellationToken: ct).AsPages()
            .GetAsyncEnumerator(ct);
        var more = await pages.MoveNextAsync();
        do
        {
            using var file = new MemoryStream();
            var count = 0;
            await using (var zip = new GZipStream(file, CompressionLevel.Fastest, leaveOpen: true))
            {
                while (more && file.Length < LargestPart)
                {
                    foreach (var row in pages.Current.Values)
                    {
                        await zip.WriteAsync(RowLine.Write(row), ct);
                        count++;
                    }

                    more = await pages.MoveNextAsync();
                }
            }

            yield return (file.ToArray(), count);
        }
        while (more);
    }

    private async Task<int> UnpackAsync(string table, byte[] bytes, CancellationToken ct)
    {
        var count = 0;
        var client = tables.Tables.GetTableClient(table);
        await using var zip = new GZipStream(new MemoryStream(bytes), CompressionMode.Decompress);
        using var lines = new StreamReader(zip, Encoding.UTF8);
        await Parallel.ForEachAsync(LinesAsync(lines, ct),
            new ParallelOptions { MaxDegreeOfParallelism = WritersAtOnce, CancellationToken = ct }, async (line, token) =>
        {
            await client.UpsertEntityAsync(RowLine.Read(line), TableUpdateMode.Replace, token);
            Interlocked.Increment(ref count);
        });
        return count;
    }

    private static async IAsyncEnumerable<string> LinesAsync(StreamReader lines, [EnumeratorCancellation] CancellationToken ct)
    {
        while (await lines.ReadLineAsync(ct) is { } line) yield return line;
    }

    private async Task<bool> HasRowsAsync(string table, CancellationToken ct)
    {
        try
        {
            await foreach (var page in tables.Tables.GetTableClient(table).QueryAsync<TableEntity>(maxPerPage: 1, cancellationToken: ct)
                .AsPages())
                if (page.Values.Count > 0) return true;
            return false;
        }
        catch (RequestFailedException e) when (e.Status == 404)
        {
            return false;
        }
    }

    private async Task PutAsync(string blob, byte[] content, CancellationToken ct) =>
        await _files.GetBlobClient(blob)
        .UploadAsync(BinaryData.FromBytes(content),
            new BlobUploadOptions { HttpHeaders = new BlobHttpHeaders { ContentType = "application/gzip" } }, ct);

    private async Task<byte[]?> GetAsync(string blob, CancellationToken ct)
    {
        try
        {
            return (await _files.GetBlobClient(blob).DownloadContentAsync(ct)).Value.Content.ToArray();
        }
        catch (RequestFailedException e) when (e.Status == 404)
        {
            return null;
        }
    }
}
