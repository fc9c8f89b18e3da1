using System.Text;
using Azure;
using Azure.Core;
using Microsoft.AspNetCore.Http;
using Serverless.Platform.Storage;
using Serverless.Platform.Telemetry;
using Serverless.Tests.Harness;
using Xunit;

namespace Serverless.Tests.Platform.Storage;

/// <summary>What callers see when storage is down, refuses us or is configured wrongly.</summary>
public sealed class TroubleTests(AzuriteFixture azurite) : IClassFixture<AzuriteFixture>
{
    private const string Key = "Eby8vdM02xNOcqFlqUwJPLlmEtlCDXJ1OUzFT50uSRZ6IFsuFq2UVErCz4I6tq/K1SZFPTOtr/KBHBeksoGMGw==";
    private readonly CallCount _count = new();

    [Fact]
    public async Task Storage_that_is_down_is_tried_four_times_and_then_unavailable()
    {
        var stopped = await RecordingEndpoint.StartAsync(200);
        var account = At(stopped);
        await stopped.DisposeAsync();
        var e = await Assert.ThrowsAsync<StorageUnavailableException>(() =>
            new TableStore(account, _count).InsertAsync("table", new TableRow("p", "r"), default));
        Assert.Equal((0, null), (e.Status, e.Code));
        Assert.Contains("AzureWebJobsStorage", e.Message, StringComparison.Ordinal);
        Assert.Equal(4, _count.Storage);
        await Assert.ThrowsAsync<StorageUnavailableException>(() =>
            new QueueStore(account, _count).SendAsync("queue", "{}"u8.ToArray(), TimeSpan.Zero, default));
        await Assert.ThrowsAsync<StorageUnavailableException>(() => new BlobStore(account, _count).GetAsync("container", "name", default));
        Assert.Equal(12, _count.Storage);
    }

    [Fact]
    public async Task Storage_that_is_busy_for_a_moment_is_tried_again()
    {
        await using var busy = await RecordingEndpoint.StartAsync(503, 500, 204);
        Assert.Equal(WriteState.Written,
            (await new TableStore(At(busy), _count).InsertAsync("table", new TableRow("p", "r") { ["A"] = "ä" }, default)).State);
        Assert.Equal(3, _count.Storage);
        Assert.All(busy.Requests, r => Assert.Equal("""{"PartitionKey":"p","RowKey":"r","A":"\u00E4"}""", Encoding.UTF8.GetString(r.Body)));
    }

    [Fact]
    public async Task Storage_that_stays_busy_is_unavailable_with_its_status()
    {
        await using var busy = await RecordingEndpoint.StartAsync(503);
        var e = await Assert.ThrowsAsync<StorageUnavailableException>(() =>
            new TableStore(At(busy), _count).GetAsync("table", "p", "r", default));
        Assert.Equal(503, e.Status);
        Assert.Equal(4, _count.Storage);
    }

    [Fact]
    public async Task A_batch_whose_inside_says_busy_is_unavailable()
    {
        await using var busy = await RecordingEndpoint.StartAsync(async (_, context) =>
        {
            context.Response.StatusCode = 202;
            context.Response.ContentType = "multipart/mixed; boundary=batchresponse_1";
            await context.Response.Body.WriteAsync(Encoding.ASCII.GetBytes(
                "--batchresponse_1\r\nContent-Type: multipart/mixed; boundary=changesetresponse_1\r\n\r\n--changesetresponse_1\r\nContent-Type: application/http\r\n\r\nHTTP/1.1 503 Service Unavailable\r\n\r\n"
                + """{"odata.error":{"code":"ServerBusy","message":{"lang":"en-US","value":"0:The server is busy."}}}"""
                + "\r\n--changesetresponse_1--\r\n--batchresponse_1--\r\n"));
        });
        var e = await Assert.ThrowsAsync<StorageUnavailableException>(() =>
            new TableStore(At(busy), _count).BatchAsync("table", [new TableOperation.Insert(new TableRow("p", "r"))], default));
        Assert.Equal((503, "ServerBusy"), (e.Status, e.Code));
    }

    [Fact]
    public async Task A_batch_that_got_no_inner_answer_is_not_called_written()
    {
        await using var odd = await RecordingEndpoint.StartAsync(202);
        await Assert.ThrowsAsync<StorageUnavailableException>(() =>
            new TableStore(At(odd), _count).BatchAsync("table", [new TableOperation.Insert(new TableRow("p", "r"))], default));
    }

    [Theory]
    [InlineData("[]")]
    [InlineData("\"text\"")]
    [InlineData("""{"value":{}}""")]
    [InlineData("""{"value":[1]}""")]
    [InlineData("<html>A proxy's page</html>")]
    [InlineData("")]
    public async Task An_answer_that_is_not_storages_is_unavailable(string body)
    {
        await using var odd = await RecordingEndpoint.StartAsync((_, context) =>
        {
            context.Response.ContentType = "application/json";
            return context.Response.WriteAsync(body);
        });
        var tables = new TableStore(At(odd), _count);
        var e = await Record.ExceptionAsync(() => tables.QueryAsync("table", TableQuery.Partition("p"), default));
        Assert.IsType<StorageUnavailableException>(e);
    }

    [Fact]
    public async Task A_mistake_of_ours_is_not_called_an_outage_of_storage()
    {
        var failures = new StorageFailures("AzureWebJobsStorage", "a role");
        static async Task<int> Mistake()
        {
            await Task.Yield();
            return new List<int>().Single();
        }

        await Assert.ThrowsAsync<InvalidOperationException>(() => failures.AskAsync(Mistake(), default));
    }

    [Fact]
    public async Task A_caller_who_gives_up_is_told_so()
    {
        await using var slow = await RecordingEndpoint.StartAsync((_, context) =>
            Task.Delay(Timeout.InfiniteTimeSpan, context.RequestAborted).ContinueWith(_ => { }, TaskScheduler.Default));
        using var giveUp = new CancellationTokenSource();
        var asking = new TableStore(At(slow), _count).GetAsync("table", "p", "r", giveUp.Token);
        await giveUp.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => asking);
    }

    [Fact]
    public async Task A_wrong_key_is_said_without_the_key()
    {
        var wrong = AzuriteFixture.Account(azurite.ConnectionString.Replace("AccountKey=Eby8", "AccountKey=AAAA",
            StringComparison.Ordinal));
        var calls = new Func<Task>[]
        {
            () => new TableStore(wrong, _count).InsertAsync("table", new TableRow("p", "r"), default),
            () => new QueueStore(wrong, _count).SendAsync("queue", "{}"u8.ToArray(), TimeSpan.Zero, default),
            () => new BlobStore(wrong, _count).PutAsync("container", "name", "{}"u8.ToArray(), default),
        };
        foreach (var call in calls)
        {
            var e = await Assert.ThrowsAsync<StorageUnavailableException>(call);
            Assert.Equal(403, e.Status);
            Assert.Contains("Data", e.Message, StringComparison.Ordinal);
            Assert.DoesNotContain("AAAA", e.ToString(), StringComparison.Ordinal);
        }

        Assert.Equal(3, _count.Storage);
    }

    [Fact]
    public async Task An_identity_without_a_token_is_one_sentence()
    {
        var settings = AzuriteFixture.Settings(("AzureWebJobsStorage__accountName", "example")).GetSection("AzureWebJobsStorage");
        var tables = new TableStore(StorageAccount.From(settings, new NoToken()), _count);
        var e = await Assert.ThrowsAsync<StorageUnavailableException>(() => tables.GetAsync("table", "p", "r", default));
        Assert.Equal((401, "NoToken"), (e.Status, e.Code));
        Assert.Equal(0, _count.Storage);
    }

    [Theory]
    [InlineData("DefaultEndpointsProtocol=https;AccountName=a;AccountKey=" + Key + ";EndpointSuffix=core.windows.net", "BlobEndpoint")]
    [InlineData("AccountName=a;AccountKey=" + Key
        + ";BlobEndpoint=http://127.0.0.1:1/a;QueueEndpoint=http://127.0.0.1:2/a;TableEndpoint=http://a.example.com/a", "TableEndpoint")]
    [InlineData("AccountName=a;BlobEndpoint=http://127.0.0.1:1/a", "AccountKey")]
    [InlineData("nonsense", "connection string")]
    public void A_key_that_would_leave_this_machine_is_refused(string connection, string why)
    {
        var e = Assert.Throws<InvalidOperationException>(() => AzuriteFixture.Account(connection));
        Assert.Contains(why, e.Message, StringComparison.Ordinal);
        Assert.Contains("AzureWebJobsStorage__accountName", e.Message, StringComparison.Ordinal);
        Assert.DoesNotContain(Key, e.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Settings_are_read_as_the_host_reads_them()
    {
        StorageAccount From(params (string, string)[] values) =>
            StorageAccount.From(AzuriteFixture.Settings(values).GetSection("AzureWebJobsStorage"));
        var local = From(("AzureWebJobsStorage", "UseDevelopmentStorage=true"));
        Assert.Equal(("http://127.0.0.1:10002/devstoreaccount1", true), (local.Tables.AbsoluteUri, local.IsLocal));
        var named = From(("AzureWebJobsStorage__accountName", "example"), ("AzureWebJobsStorage__credential", "managedidentity"),
            ("AzureWebJobsStorage__clientId", "11111111-1111-1111-1111-111111111111"));
        Assert.Equal(("https://example.queue.core.windows.net/", false), (named.Queues.AbsoluteUri, named.IsLocal));
        var uris = From(
            ("AzureWebJobsStorage__blobServiceUri", "https://b.example.com/"),
            ("AzureWebJobsStorage__queueServiceUri", "https://q.example.com"),
            ("AzureWebJobsStorage__tableServiceUri", "https://t.example.com"));
        Assert.Equal(("https://b.example.com/", "https://t.example.com/"), (uris.Blobs.AbsoluteUri, uris.Tables.AbsoluteUri));
        Assert.Throws<InvalidOperationException>(() => From());
        Assert.Throws<InvalidOperationException>(() =>
            From(("AzureWebJobsStorage__accountName", "a"), ("AzureWebJobsStorage__tableServiceUri", "http://t.example.com")));
    }

    internal static StorageAccount At(RecordingEndpoint endpoint)
    {
        var address = endpoint.Address.AbsoluteUri.TrimEnd('/');
        return AzuriteFixture.Account(
            $"AccountName=devstoreaccount1;AccountKey={Key};BlobEndpoint={address}/devstoreaccount1;QueueEndpoint={address}/devstoreaccount1;TableEndpoint={address}/devstoreaccount1");
    }

    private sealed class NoToken : TokenCredential
    {
        public override AccessToken GetToken(TokenRequestContext requestContext, CancellationToken cancellationToken) =>
            throw new RequestFailedException(401, "No Entra token.", "NoToken", null);

        public override ValueTask<AccessToken> GetTokenAsync(TokenRequestContext requestContext, CancellationToken cancellationToken) =>
            throw new RequestFailedException(401, "No Entra token.", "NoToken", null);
    }
}
