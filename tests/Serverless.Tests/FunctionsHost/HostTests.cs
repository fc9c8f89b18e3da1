using System.Diagnostics;
using System.Net;
using System.Net.Sockets;
using System.Text.Json.Nodes;
using Serverless.Local.FunctionsHost;
using Xunit;

namespace Serverless.Tests.FunctionsHost;

/// <summary>The host as a whole: how it starts, watches, restarts and ends the worker, keys, admin.</summary>
public sealed class HostTests
{
    [Fact]
    public async Task The_worker_is_started_as_the_real_host_starts_it()
    {
        await using var bench = new HostedWorker();
        bench.Settings["Channels__Meta__AppSecret"] = "not a secret";
        await bench.StartAsync();
        var started = JsonNode.Parse(await BareWorker.Http.GetStringAsync(new Uri(bench.Host.Front, "api/process")))!;
        var arguments = started["arguments"]!.AsArray().Select(item => (string)item!).ToList();
        string After(string name) => arguments[arguments.IndexOf(name) + 1];
        Assert.Equal((After("--workerId"), After("--requestId")), (After("--functions-worker-id"), After("--functions-request-id")));
        Assert.Equal($"http://{After("--host")}:{After("--port")}/", After("--functions-uri"));
        Assert.Equal(("2147483647", "2147483647"), (After("--grpcMaxMessageLength"), After("--functions-grpc-max-message-length")));
        var environment = started["environment"]!;
        Assert.Equal((BareWorker.Root, BareWorker.Root),
            ((string?)environment["FUNCTIONS_WORKER_DIRECTORY"], (string?)environment["FUNCTIONS_APPLICATION_DIRECTORY"]));
        Assert.Equal(("not a secret", BareWorker.Root), ((string?)environment["Channels__Meta__AppSecret"], (string?)started["folder"]));

        // A session of its own, and the pid that the host knows.
        Assert.Equal((bench.Host.WorkerProcessId, $"{bench.Host.WorkerProcessId}"), ((int)started["id"]!, (string?)started["session"]));
    }

    [Fact]
    public async Task Exit_code_0_is_noticed_by_nobody_until_the_function_timeout()
    {
        await using var bench = new HostedWorker();
        bench.Settings["AzureFunctionsJobHost__functionTimeout"] = "00:00:02";
        await bench.StartAsync();
        Assert.Equal(HttpStatusCode.InternalServerError, await bench.CallAsync(HttpMethod.Get, "api/exit/0"));
        Assert.Equal(1, bench.Host.WorkerStarts);
        await TestFolder.UntilAsync(() => bench.Host.WorkerStarts == 2);
        Assert.Equal(HttpStatusCode.OK, await bench.CallAsync(HttpMethod.Get, "api/echo"));
    }

    [Fact]
    public async Task Exit_code_200_is_a_restart_without_an_error()
    {
        await using var bench = new HostedWorker();
        await bench.StartAsync(bench.Options(maxErrors: 1));
        for (var starts = 2; starts <= 3; starts++)
        {
            Assert.Equal(HttpStatusCode.InternalServerError, await bench.CallAsync(HttpMethod.Post, "api/exit/200", body: "x"));
            Assert.Equal(HttpStatusCode.OK, await bench.CallAsync(HttpMethod.Get, "api/echo"));
            Assert.Equal(starts, bench.Host.WorkerStarts);
        }
    }

    [Fact]
    public async Task The_third_death_within_30_minutes_stops_the_host()
    {
        await using var bench = new HostedWorker();
        var time = new StillTime();
        await bench.StartAsync(bench.Options(time: time));
        await CrashAsync(bench);
        await CrashAsync(bench);
        time.Now += TimeSpan.FromMinutes(31);
        await CrashAsync(bench);
        await CrashAsync(bench);
        bench.Host.KillWorker();
        await TestFolder.UntilAsync(() => bench.Host.Stopped is not null);
        Assert.Contains("error 3", bench.Host.Stopped, StringComparison.Ordinal);
        Assert.Equal(HttpStatusCode.ServiceUnavailable, await bench.CallAsync(HttpMethod.Get, "api/echo"));
    }

    [Fact]
    public async Task Calls_wait_while_the_worker_restarts()
    {
        await using var bench = new HostedWorker();
        await bench.StartAsync(bench.Options(maxErrors: int.MaxValue));
        for (var kill = 0; kill < 3; kill++)
        {
            await CrashAsync(bench);
            Assert.Equal(HttpStatusCode.OK, await bench.CallAsync(HttpMethod.Post, "api/echo", body: "x"));
        }
    }

    [Fact]
    public async Task A_failure_during_start_is_tried_once()
    {
        await using var bench = new HostedWorker();
        bench.Settings["BARE_EXIT_AT_START"] = "3";
        var problem = await Assert.ThrowsAsync<HostStartException>(() => bench.StartAsync());
        Assert.Contains("exit code 3", problem.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_function_over_its_timeout_is_cancelled_and_the_worker_replaced_if_it_does_not_listen()
    {
        await using var bench = new HostedWorker();
        bench.Settings["AzureFunctionsJobHost__functionTimeout"] = "00:00:01";
        await bench.StartAsync();

        // This one listens: the worker stays.
        var listened = await bench.Host.RunNowAsync("Work", CancellationToken.None, "hang");
        Assert.False(listened.Succeeded);
        Assert.True((bool)Assert.Single(bench.Records, item => (string?)item["done"] == "hang")["cancelled"]!);
        Assert.Equal(1, bench.Host.WorkerStarts);

        Assert.False((await bench.Host.RunNowAsync("Work", CancellationToken.None, "wait:60000")).Succeeded);
        Assert.True((await bench.Host.RunNowAsync("Work", CancellationToken.None, "next")).Succeeded);
        Assert.Equal(2, bench.Host.WorkerStarts);
    }

    [Fact]
    public async Task Stop_lets_running_calls_end_and_then_the_worker_stops_in_order()
    {
        await using var bench = new HostedWorker();
        await bench.StartAsync();
        var run = bench.Host.RunNowAsync("Work", CancellationToken.None, "wait:1000");
        await TestFolder.UntilAsync(() => bench.Records.Any(item => (string?)item["work"] == "wait:1000"));
        using var worker = Process.GetProcessById(bench.Host.WorkerProcessId);
        await bench.Host.DisposeAsync();
        Assert.True((await run).Succeeded);
        Assert.False((bool)Assert.Single(bench.Records, item => (string?)item["done"] == "wait:1000")["cancelled"]!);
        Assert.True(worker.HasExited);
    }

    [Fact]
    public async Task What_does_not_end_in_time_is_cut_off_by_the_stop()
    {
        await using var bench = new HostedWorker();
        await bench.StartAsync(bench.Options(grace: TimeSpan.FromMilliseconds(300)));
        var run = bench.Host.RunNowAsync("Work", CancellationToken.None, "wait:600000");
        await TestFolder.UntilAsync(() => bench.Records.Any(item => (string?)item["work"] is not null));
        await bench.Host.DisposeAsync();
        Assert.False((await run).Succeeded);
    }

    [Fact]
    public async Task Keys_open_what_they_are_for_and_stay_the_same_after_a_restart()
    {
        await using var bench = new HostedWorker();
        await bench.StartAsync();
        var (function, master) = (bench.Host.FunctionKey, bench.Host.MasterKey);
        Assert.NotEqual(function, master, StringComparer.Ordinal);
        await bench.Host.DisposeAsync();
        await bench.StartAsync();
        Assert.Equal((function, master), (bench.Host.FunctionKey, bench.Host.MasterKey));
        foreach (var (path, key, status) in new[]
        {
            ("echo", "", 200), ("keyed", "", 401), ("keyed", "wrong", 401), ("keyed", function, 200), ("keyed", master, 200),
            ("top", "", 401), ("top", function, 401), ("top", master, 200),
        })
        {
            Assert.Equal((path, key, status), (path, key, (int)await bench.CallAsync(HttpMethod.Get, "api/" + path, key)));
            Assert.Equal((path, key, status), (path, key, (int)await bench.CallAsync(HttpMethod.Get, $"api/{path}?code={key}")));
        }
    }

    [Fact]
    public async Task Admin_lists_functions_and_runs_one_now_for_the_master_key_only()
    {
        await using var bench = new HostedWorker();
        await bench.StartAsync();
        var master = bench.Host.MasterKey;
        Assert.Equal(HttpStatusCode.Unauthorized, await bench.CallAsync(HttpMethod.Get, "admin/functions", bench.Host.FunctionKey));
        var listed = JsonNode.Parse(
            await BareWorker.Http.GetStringAsync(new Uri(bench.Host.Front, $"admin/functions?code={master}")))!.AsArray();
        Assert.Contains(listed, item => (string?)item!["name"] == "Tick" && (string?)item["trigger"] == "timerTrigger");
        var status = JsonNode.Parse(await BareWorker.Http.GetStringAsync(new Uri(bench.Host.Front, $"admin/host/status?code={master}")))!;
        Assert.Equal(("Running", bench.Host.WorkerProcessId), ((string?)status["state"], (int)status["processId"]!));

        Assert.Equal(HttpStatusCode.Accepted, await bench.CallAsync(HttpMethod.Post, "admin/functions/Tick", master, "{}"));
        Assert.Equal(HttpStatusCode.Accepted,
            await bench.CallAsync(HttpMethod.Post, "admin/functions/work", master, """{"input":"hello"}"""));
        Assert.Equal(HttpStatusCode.NotFound, await bench.CallAsync(HttpMethod.Post, "admin/functions/Other", master, "{}"));
        Assert.Equal(HttpStatusCode.BadRequest, await bench.CallAsync(HttpMethod.Post, "admin/functions/Echo", master, "{}"));
        Assert.Equal(HttpStatusCode.BadRequest, await bench.CallAsync(HttpMethod.Post, "admin/functions/Tick", master, "{"));
        await TestFolder.UntilAsync(() => bench.Host.CountsOf("Tick").Succeeded == 1 && bench.Host.CountsOf("Work").Succeeded == 1);
        Assert.Single(bench.Records, item => (string?)item["done"] == "hello");
    }

    [Fact]
    public async Task A_disabled_function_is_not_called_and_one_that_lacks_a_setting_is_in_error_beside_the_others()
    {
        await using var bench = new HostedWorker();
        bench.Settings["AzureWebJobs.Echo.Disabled"] = "true";
        await bench.StartAsync();
        Assert.Equal(HttpStatusCode.NotFound, await bench.CallAsync(HttpMethod.Get, "api/echo"));
        Assert.Equal(HttpStatusCode.OK, await bench.CallAsync(HttpMethod.Get, "api/items"));
        Assert.Equal(["FloorProcess", "Tick", "Work"], bench.Host.InError.Keys.Order());
        Assert.Contains("BARE_SCHEDULE", bench.Host.InError["Tick"], StringComparison.Ordinal);
    }

    [Fact]
    public async Task What_cannot_start_is_one_sentence()
    {
        await using var bench = new HostedWorker();
        using var empty = new TestFolder();
        Assert.Contains("host.json",
            (await Assert.ThrowsAsync<HostStartException>(() => bench.StartAsync(bench.Options(root: empty.Path)))).Message,
            StringComparison.Ordinal);
        await File.WriteAllTextAsync(Path.Combine(empty.Path, "host.json"), "{}");
        Assert.Contains("worker.config.json",
            (await Assert.ThrowsAsync<HostStartException>(() => bench.StartAsync(bench.Options(root: empty.Path)))).Message,
            StringComparison.Ordinal);
        using var taken = new TcpListener(IPAddress.Loopback, 0);
        taken.Start();
        var port = ((IPEndPoint)taken.LocalEndpoint).Port;
        Assert.Contains($"Port {port}",
            (await Assert.ThrowsAsync<HostStartException>(() => bench.StartAsync(bench.Options(port: port)))).Message,
            StringComparison.Ordinal);
    }

    private static async Task CrashAsync(HostedWorker bench)
    {
        var starts = bench.Host.WorkerStarts;
        bench.Host.KillWorker();
        await TestFolder.UntilAsync(() => bench.Host.WorkerStarts == starts + 1);
        Assert.Equal(HttpStatusCode.OK, await bench.CallAsync(HttpMethod.Get, "api/items"));
    }

    private sealed class StillTime : TimeProvider
    {
        public DateTimeOffset Now { get; set; } = new(2026, 11, 20, 9, 0, 0, TimeSpan.Zero);

        public override DateTimeOffset GetUtcNow() => Now;
    }
}
