using System.IO.Compression;
using System.Net;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using Serverless.Local.CommandLine;

namespace Serverless.Local.Export;

/// <summary>Copies tables into blobs and back. Rows are kept as the service writes them, each property with its type.</summary>
/// <remarks>
/// An export is no snapshot: the app writes on. So raw deliveries come first, then cases, then everything else: what was half done while the export ran lies in it as a delivery
/// without an end, which Tick works again after a restore; what was done already is found and ends as a duplicate.
/// </remarks>
internal sealed class TableCopy(StorageRest tables, StorageRest blobs, string container)
{
    private const int WritersAtOnce = 16;

    // Compressed; a table of a busy month is more than one array holds.
    private const int LargestPart = 64 * 1024 * 1024;

    /// <summary>Copies every table; gives the name of the export and the rows of each table. The manifest is written last: an export without one did not end.</summary>
    public async Task<(string Name, IReadOnlyDictionary<string, int> Rows)> ExportAsync(DateTimeOffset now, Action<string> say, CancellationToken ct)
    {
        var name = $"{now.UtcDateTime:yyyy-MM-dd'T'HHmmss'Z'}";
        await MakeContainerAsync(ct);
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
    /// <param name="over">Whether rows that are there may be written over; else a table with rows is refused before the first write.</param>
    /// <exception cref="Refusal">The export is not whole, or a table holds rows.</exception>
    public async Task<IReadOnlyDictionary<string, int>> RestoreAsync(string name, bool over, Action<string> say, CancellationToken ct)
    {
        var manifest = JsonNode.Parse(await GetAsync($"{name}/manifest.json", ct) ?? throw new Refusal($"There is no {container}/{name}/manifest.json: no such export, or one that did not end."))!.AsObject();
        if (!over)
        {
            foreach (var (table, _) in manifest)
                if (await HasRowsAsync(table, ct)) throw new Refusal($"Table {table} of {tables.Account} holds rows already; restore into an empty account, or say --over.");
        }

        var rows = new SortedDictionary<string, int>(StringComparer.Ordinal);
        foreach (var (table, entry) in manifest)
        {
            rows[table] = 0;
            await MakeTableAsync(table, ct);
            var hashes = entry!["sha256"]!.AsArray();
            for (var part = 0; part < hashes.Count; part++)
            {
                var bytes = await GetAsync(PartName(name, table, part), ct) ?? throw new Refusal($"{PartName(name, table, part)} is missing.");
                if (Convert.ToHexStringLower(SHA256.HashData(bytes)) != (string?)hashes[part]) throw new Refusal($"{PartName(name, table, part)} is not what was exported.");
                rows[table] += await UnpackAsync(table, bytes, ct);
            }

            if (rows[table] != (int)entry["rows"]!) throw new Refusal($"{table} has {rows[table]} rows, and the manifest says {entry["rows"]}.");
            say($"{table}: {rows[table]} rows");
        }

        return rows;
    }

    private static string PartName(string name, string table, int part) => $"{name}/{table}.{part:d4}.jsonl.gz";

    private static int Rank(string table) => table.StartsWith("deliveries", StringComparison.Ordinal) ? 0 : table == "cases" ? 1 : 2;

    private async Task<List<string>> TableNamesAsync(CancellationToken ct)
    {
        List<string> names = [];
        string? next = null;
        do
        {
            using var answer = await tables.TableAsync(HttpMethod.Get, next is null ? "Tables" : $"Tables?NextTableName={Uri.EscapeDataString(next)}", null, ct);
            using var page = await PageAsync(answer, ct);
            names.AddRange(page.RootElement.GetProperty("value").EnumerateArray().Select(t => t.GetProperty("TableName").GetString()!));
            next = Header(answer, "x-ms-continuation-NextTableName");
        }
        while (next is not null);
        return names;
    }

    private async IAsyncEnumerable<(byte[] Part, int Rows)> PackAsync(string table, [System.Runtime.CompilerServices.EnumeratorCancellation] CancellationToken ct)
    {
        string? partition = null, row = null;
        do
        {
            using var file = new MemoryStream();
            var count = 0;
            await using (var zip = new GZipStream(file, CompressionLevel.Fastest, leaveOpen: true))
            {
                do
                {
                    var query = partition is null ? "" : $"?NextPartitionKey={Uri.EscapeDataString(partition)}{(row is null ? "" : $"&NextRowKey={Uri.EscapeDataString(row)}")}";
                    using var answer = await tables.TableAsync(HttpMethod.Get, $"{table}(){query}", null, ct);
                    using var page = await PageAsync(answer, ct);
                    foreach (var one in page.RootElement.GetProperty("value").EnumerateArray())
                    {
                        await zip.WriteAsync(RowLine(one), ct);
                        count++;
                    }

                    (partition, row) = (Header(answer, "x-ms-continuation-NextPartitionKey"), Header(answer, "x-ms-continuation-NextRowKey"));
                }
                while (partition is not null && file.Length < LargestPart);
            }

            yield return (file.ToArray(), count);
        }
        while (partition is not null);
    }

    // The version and the time of the last write belong to the account, not to the row.
    private static byte[] RowLine(JsonElement row)
    {
        using var line = new MemoryStream();
        using (var json = new Utf8JsonWriter(line))
        {
            json.WriteStartObject();
            foreach (var property in row.EnumerateObject().Where(p => !p.Name.StartsWith("odata.", StringComparison.Ordinal) && p.Name is not ("Timestamp" or "Timestamp@odata.type"))) property.WriteTo(json);
            json.WriteEndObject();
        }

        line.WriteByte((byte)'\n');
        return line.ToArray();
    }

    private async Task MakeTableAsync(string table, CancellationToken ct)
    {
        using var made = await tables.TableAsync(HttpMethod.Post, "Tables", Encoding.UTF8.GetBytes(new JsonObject { ["TableName"] = table }.ToJsonString()), ct);
        if (made.StatusCode != HttpStatusCode.Conflict) Demand(made, $"table {table} was not made");
    }

    private async Task<int> UnpackAsync(string table, byte[] bytes, CancellationToken ct)
    {
        var count = 0;
        await using var zip = new GZipStream(new MemoryStream(bytes), CompressionMode.Decompress);
        using var lines = new StreamReader(zip, Encoding.UTF8);
        await Parallel.ForEachAsync(LinesAsync(lines, ct), new ParallelOptions { MaxDegreeOfParallelism = WritersAtOnce, CancellationToken = ct }, async (line, token) =>
        {
            using var row = JsonDocument.Parse(line);
            string Key(string name) => Uri.EscapeDataString(row.RootElement.GetProperty(name).GetString()!.Replace("'", "''", StringComparison.Ordinal));
            using var answer = await tables.TableAsync(HttpMethod.Put, $"{table}(PartitionKey='{Key("PartitionKey")}',RowKey='{Key("RowKey")}')", Encoding.UTF8.GetBytes(line), token);
            Demand(answer, $"a row of {table} was not written");
            Interlocked.Increment(ref count);
        });
        return count;
    }

    private static async IAsyncEnumerable<string> LinesAsync(StreamReader lines, [System.Runtime.CompilerServices.EnumeratorCancellation] CancellationToken ct)
    {
        while (await lines.ReadLineAsync(ct) is { } line) yield return line;
    }

    private async Task<bool> HasRowsAsync(string table, CancellationToken ct)
    {
        using var answer = await tables.TableAsync(HttpMethod.Get, $"{table}()?$top=1", null, ct);
        if (answer.StatusCode == HttpStatusCode.NotFound) return false;
        using var page = await PageAsync(answer, ct);
        return page.RootElement.GetProperty("value").GetArrayLength() > 0;
    }

    private async Task MakeContainerAsync(CancellationToken ct)
    {
        using var answer = await blobs.BlobAsync(HttpMethod.Put, container, "restype=container", [], ct);
        if (answer.StatusCode != HttpStatusCode.Conflict) Demand(answer, $"container {container} was not made");
    }

    private async Task PutAsync(string blob, byte[] bytes, CancellationToken ct)
    {
        using var answer = await blobs.BlobAsync(HttpMethod.Put, $"{container}/{blob}", "", bytes, ct);
        Demand(answer, $"{blob} was not written");
    }

    private async Task<byte[]?> GetAsync(string blob, CancellationToken ct)
    {
        using var answer = await blobs.BlobAsync(HttpMethod.Get, $"{container}/{blob}", "", null, ct);
        if (answer.StatusCode == HttpStatusCode.NotFound) return null;
        Demand(answer, $"{blob} was not read");
        return await answer.Content.ReadAsByteArrayAsync(ct);
    }

    private static async Task<JsonDocument> PageAsync(HttpResponseMessage answer, CancellationToken ct)
    {
        Demand(answer, "a page of rows was not read");
        return await JsonDocument.ParseAsync(await answer.Content.ReadAsStreamAsync(ct), cancellationToken: ct);
    }

    private static string? Header(HttpResponseMessage answer, string name) => answer.Headers.TryGetValues(name, out var values) ? values.First() : null;

    private static void Demand(HttpResponseMessage answer, string otherwise)
    {
        if (answer.IsSuccessStatusCode) return;
        var role = answer.StatusCode is HttpStatusCode.Unauthorized or HttpStatusCode.Forbidden ? " Export needs Storage Table Data Reader and Storage Blob Data Contributor, restore Storage Table Data Contributor." : "";
        throw new Refusal($"The account answered {(int)answer.StatusCode}: {otherwise}.{role}");
    }
}
