using System.Text;
using Azure.Data.Tables;
using Serverless.Local.Export;

namespace Serverless.Tests.Harness;

/// <summary>Looks for words in all that lies in a storage account: every row of every table with its bytes, every blob, every message of
/// every queue.</summary>
public static class StorageSearch
{
    private static readonly string[] Queues = ["inbound", "attachments", "replies", "inbound-poison", "attachments-poison",
        "replies-poison"];

    /// <summary>Where any of the words is; empty when nothing holds one.</summary>
    public static async Task<List<string>> FindAsync(this TestApp world, params string[] words)
    {
        var account = CopyAccount.Local(world.ConnectionString);
        List<string> found = [];
        void Look(string where, string text) =>
            found.AddRange(words.Where(w => text.Contains(w, StringComparison.OrdinalIgnoreCase)).Select(w => $"{where} holds {w}"));
        await foreach (var table in account.Tables.QueryAsync())
            await foreach (var row in account.Tables.GetTableClient(table.Name).QueryAsync<TableEntity>())
                foreach (var (name, value) in row)
                    Look($"{table.Name} {row.RowKey} {name}",
                        value switch { string text => WithBytes(text), byte[] bytes => Encoding.UTF8.GetString(bytes), _ => "" });
        await foreach (var container in account.Blobs.GetBlobContainersAsync())
        {
            var blobs = account.Blobs.GetBlobContainerClient(container.Name);
            await foreach (var blob in blobs.GetBlobsAsync())
                Look($"{container.Name} {blob.Name}",
                    (await blobs.GetBlobClient(blob.Name).DownloadContentAsync()).Value.Content.ToString());
        }

        foreach (var queue in Queues)
            foreach (var message in await new TestQueue(world.ConnectionString, queue)
                .TakeAsync(32, TimeSpan.FromSeconds(1), CancellationToken.None) ?? [])
                Look(queue, WithBytes(message.Text));
        return found;
    }

    private static string WithBytes(string text)
    {
        var bytes = new byte[text.Length];
        return Convert.TryFromBase64String(text, bytes, out var written) ? $"{text}\n{Encoding.UTF8.GetString(bytes, 0, written)}" : text;
    }
}
