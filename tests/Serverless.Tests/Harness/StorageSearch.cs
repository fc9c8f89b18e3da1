using System.Net;
using System.Text;
using System.Text.Json;
using System.Xml.Linq;
using Serverless.Local.Export;
using Serverless.Local.Hosting;

namespace Serverless.Tests.Harness;

/// <summary>Looks for words in all that lies in a storage account: every row of every table with its bytes, every blob, every message of every queue.</summary>
public static class StorageSearch
{
    private static readonly string[] Queues = ["inbound", "attachments", "replies", "inbound-poison", "attachments-poison", "replies-poison"];

    /// <summary>Where any of the words is; empty when nothing holds one.</summary>
    public static async Task<List<string>> FindAsync(this World world, params string[] words)
    {
        using var http = new HttpClient();
        var rest = StorageRest.Local(world.ConnectionString, http, TimeProvider.System);
        List<string> found = [];
        void Look(string where, string text) => found.AddRange(words.Where(w => text.Contains(w, StringComparison.OrdinalIgnoreCase)).Select(w => $"{where} holds {w}"));
        foreach (var table in (await JsonAsync(rest, "Tables")).SelectMany(page => page.GetProperty("value").EnumerateArray()).Select(t => t.GetProperty("TableName").GetString()!))
            foreach (var row in (await JsonAsync(rest, $"{table}()")).SelectMany(page => page.GetProperty("value").EnumerateArray()))
                foreach (var property in row.EnumerateObject().Where(p => p.Value.ValueKind == JsonValueKind.String)) Look($"{table} {row.GetProperty("RowKey")} {property.Name}", WithBytes(property.Value.GetString()!));
        foreach (var container in await NamesAsync(rest, "", "comp=list"))
        {
            foreach (var blob in await NamesAsync(rest, container, "restype=container&comp=list"))
            {
                using var answer = await rest.BlobAsync(HttpMethod.Get, $"{container}/{blob}", "", null, CancellationToken.None);
                Look($"{container} {blob}", Encoding.UTF8.GetString(await answer.Content.ReadAsByteArrayAsync()));
            }
        }

        using var invoker = new HttpMessageInvoker(new SocketsHttpHandler());
        var account = QueueAccount.Parse("AzureWebJobsStorage", new Dictionary<string, string> { ["AzureWebJobsStorage"] = world.ConnectionString });
        foreach (var queue in Queues)
            foreach (var message in await new QueueRest(invoker, account, queue).TakeAsync(32, TimeSpan.FromSeconds(1), CancellationToken.None) ?? []) Look(queue, WithBytes(message.Text));
        return found;
    }

    private static string WithBytes(string text)
    {
        var bytes = new byte[text.Length];
        return Convert.TryFromBase64String(text, bytes, out var written) ? $"{text}\n{Encoding.UTF8.GetString(bytes, 0, written)}" : text;
    }

    private static async Task<List<JsonElement>> JsonAsync(StorageRest rest, string path)
    {
        List<JsonElement> pages = [];
        var query = "";
        do
        {
            using var answer = await rest.TableAsync(HttpMethod.Get, path + query, null, CancellationToken.None);
            answer.EnsureSuccessStatusCode();
            pages.Add(JsonDocument.Parse(await answer.Content.ReadAsStringAsync()).RootElement);
            string? Next(string name) => answer.Headers.TryGetValues($"x-ms-continuation-{name}", out var values) ? values.First() : null;
            query = Next("NextPartitionKey") is not { } partition ? "" : $"?NextPartitionKey={Uri.EscapeDataString(partition)}&NextRowKey={Uri.EscapeDataString(Next("NextRowKey") ?? "")}";
        }
        while (query.Length > 0);
        return pages;
    }

    private static async Task<List<string>> NamesAsync(StorageRest rest, string path, string query)
    {
        using var answer = await rest.BlobAsync(HttpMethod.Get, path, query, null, CancellationToken.None);
        if (answer.StatusCode == HttpStatusCode.NotFound) return [];
        answer.EnsureSuccessStatusCode();
        return [.. XDocument.Parse((await answer.Content.ReadAsStringAsync()).TrimStart('﻿')).Descendants("Name").Select(n => n.Value)];
    }
}
