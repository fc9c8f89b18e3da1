using System.Net;
using Serverless.Local.FunctionsHost;
using Xunit;

namespace Serverless.Tests.FunctionsHost;

/// <summary>A worker at the gateway: start, metadata, invocations, end.</summary>
public sealed class GatewayTests
{
    [Fact]
    public async Task A_worker_starts_and_tells_its_functions_with_their_triggers()
    {
        await using var worker = await BareWorker.StartAsync();
        var read = worker.Connection.Function("ReadItem");
        Assert.Equal((TriggerKind.Http, "items/{id?}", "GET", "anonymous", "request"),
            (read.Kind, read.Route, Assert.Single(read.Methods), read.AuthLevel, read.Binding));
        Assert.Equal(("function", "admin"), (worker.Connection.Function("Keyed").AuthLevel, worker.Connection.Function("Top").AuthLevel));
        var work = worker.Connection.Function("Work");
        Assert.Equal((TriggerKind.Queue, "%BARE_QUEUE%", "message", false),
            (work.Kind, work.QueueName, work.Binding, work.WantsModelBindingData));
        var tick = worker.Connection.Function("Tick");
        Assert.Equal((TriggerKind.Timer, "%BARE_SCHEDULE%", "timer"), (tick.Kind, tick.Schedule, tick.Binding));
        Assert.True(worker.Connection.HttpAddress.Port > 0);
    }

    [Fact]
    public async Task A_queue_message_and_a_timer_reach_their_functions_and_failures_are_told()
    {
        await using var worker = await BareWorker.StartAsync();
        var work = worker.Connection.Function("Work");
        Assert.True((await worker.Connection.InvokeQueueAsync(work, """{"id":7,"name":"ä"}""", CancellationToken.None)).Succeeded);
        Assert.True((await worker.Connection.InvokeTimerAsync(worker.Connection.Function("Tick"), true, CancellationToken.None)).Succeeded);
        var failed = await worker.Connection.InvokeQueueAsync(work, "fail", CancellationToken.None);
        Assert.Equal(InvocationStatus.Failure, failed.Status);
        Assert.Contains("failed on purpose", failed.Error, StringComparison.Ordinal);

        var record = Assert.Single(worker.Records, item => (string?)item["done"] == """{"id":7,"name":"ä"}""");
        Assert.False((bool)record["cancelled"]!);
        Assert.Equal("7", (string?)worker.Records[0]["metadata"]!["id"]);
        Assert.True((bool)Assert.Single(worker.Records, item => item["tick"] is not null)["tick"]!);
    }

    [Fact]
    public async Task A_worker_is_ready_once_it_listens_so_a_first_call_with_a_body_is_not_lost()
    {
        // It loads its functions before its Kestrel listens; such a call is sent once, was refused and became 500 after 15 s.
        await using var worker = await BareWorker.StartAsync(("BARE_LISTENS_LATE", "3000"));
        using var body = new StringContent("body");
        using var answer = await BareWorker.Http.PostAsync(new Uri(worker.Address, "api/echo"), body);
        Assert.Equal(HttpStatusCode.OK, answer.StatusCode);
    }

    [Fact]
    public async Task An_HTTP_call_is_forwarded_and_its_answer_comes_back()
    {
        await using var worker = await BareWorker.StartAsync();
        using var answer = await BareWorker.Http.GetAsync(new Uri(worker.Address, "api/items/a%20b"));
        Assert.Equal((HttpStatusCode.OK, "read a b"), (answer.StatusCode, await answer.Content.ReadAsStringAsync()));
        using var unknown = await BareWorker.Http.GetAsync(new Uri(worker.Address, "api/nothing"));
        Assert.Equal((HttpStatusCode.NotFound, ""), (unknown.StatusCode, await unknown.Content.ReadAsStringAsync()));
    }
}
