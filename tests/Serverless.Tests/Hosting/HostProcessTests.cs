using System.Diagnostics;
using System.Net;
using Serverless.Local.Hosting;
using Xunit;

namespace Serverless.Tests.Hosting;

/// <summary>How the host starts, watches, restarts and ends the handler.</summary>
public sealed class HostProcessTests
{
    [Fact]
    public async Task The_handler_is_started_with_port_ids_root_settings_and_arguments()
    {
        await using var bench = Bench();
        bench.Settings["Channels__Meta__AppSecret"] = "not a secret";
        bench.WriteHostJson(arguments: "\"%HANDLER_SCRIPT%\", \"two words\", \"%NOT_SET%\"");
        var host = await bench.StartAsync();

        var start = Assert.Single(bench.Starts());
        var env = start["env"]!;
        Assert.Equal(env["FUNCTIONS_CUSTOMHANDLER_PORT"]!.ToString(), env["FUNCTIONS_HTTPWORKER_PORT"]!.ToString());
        Assert.True(int.Parse(env["FUNCTIONS_CUSTOMHANDLER_PORT"]!.ToString()) > 0);
        Assert.True(Guid.TryParse(env["FUNCTIONS_CUSTOMHANDLER_WORKER_ID"]!.ToString(), out _));
        Assert.Equal(env["FUNCTIONS_CUSTOMHANDLER_WORKER_ID"]!.ToString(), env["FUNCTIONS_HTTPWORKER_ID"]!.ToString());
        Assert.Equal(bench.Root, env["FUNCTIONS_APP_ROOT_PATH"]!.ToString());
        Assert.Equal("Development", env["AZURE_FUNCTIONS_ENVIRONMENT"]!.ToString());
        Assert.Equal("not a secret", env["Channels__Meta__AppSecret"]!.ToString());
        Assert.Equal(bench.Root, start["cwd"]!.ToString());

        // Joined with blanks, unquoted: two words are two arguments, and what is not set stays.
        Assert.Equal(["two", "words", "%NOT_SET%"], start["argv"]!.AsArray().Select(item => item!.ToString()).ToArray());

        // A session of its own: its session id is its process id.
        Assert.Equal(host.HandlerProcessId, (int)start["pid"]!);
        Assert.Equal(start["pid"]!.ToString(), start["session"]!.ToString());
    }

    [Fact]
    public async Task Any_status_of_the_first_ping_means_ready()
    {
        // handler.js answers 503 on "/".
        await using var bench = Bench();
        Assert.True((await bench.StartAsync()).State.Running);
    }

    [Fact]
    public async Task A_handler_that_never_answers_its_ping_is_an_error_each_time()
    {
        await using var bench = Bench();
        bench.Answer("start", """{ "deaf": true }""");
        var refusal = await Assert.ThrowsAsync<HostStartException>(() => bench.StartAsync(bench.Options(readyBudget: TimeSpan.FromSeconds(1))));
        Assert.Contains("error 3", refusal.Message, StringComparison.Ordinal);
        Assert.Equal(3, bench.Starts().Count);
    }

    [Fact]
    public async Task Exit_code_0_is_the_end()
    {
        await using var bench = Bench();
        bench.Answer("/api/end", """{ "die": 0 }""");
        var host = await bench.StartAsync();
        using var broken = await HostBench.Http.GetAsync(new Uri(host.FrontDoor, "api/end"));
        Assert.Equal(HttpStatusCode.BadGateway, broken.StatusCode);
        await HostBench.Until(() => !host.State.Running);
        Assert.Contains("exit code 0", host.State.Reason, StringComparison.Ordinal);
        using var after = await HostBench.Http.GetAsync(new Uri(host.FrontDoor, "api/x"));
        Assert.Equal(HttpStatusCode.ServiceUnavailable, after.StatusCode);
        Assert.Single(bench.Starts());
    }

    [Fact]
    public async Task Exit_code_200_is_a_restart_without_an_error()
    {
        await using var bench = Bench();
        bench.Answer("/api/again", """{ "die": 200 }""");
        var host = await bench.StartAsync(bench.Options(maxErrors: 1));
        for (var time = 2; time <= 4; time++)
        {
            using var broken = await HostBench.Http.GetAsync(new Uri(host.FrontDoor, "api/again"));
            Assert.Equal(HttpStatusCode.BadGateway, broken.StatusCode);
            await HostBench.Until(() => bench.Starts().Count == time);
        }

        Assert.True(host.State.Running);
    }

    [Fact]
    public async Task The_third_error_with_less_than_30_minutes_between_two_stops_the_host()
    {
        await using var bench = Bench();
        var time = new ManualTime(new DateTimeOffset(2026, 11, 20, 9, 0, 0, TimeSpan.Zero));
        var host = await bench.StartAsync(bench.Options(time));

        // Two errors, then a quiet half hour and more: the count begins anew.
        await CrashAsync(host, 1);
        await CrashAsync(host, 2);
        time.Advance(TimeSpan.FromMinutes(31));
        await CrashAsync(host, 3);
        time.Advance(TimeSpan.FromMinutes(29));
        await CrashAsync(host, 4);
        time.Advance(TimeSpan.FromMinutes(29));
        Assert.True(host.State.Running);
        host.KillHandler();

        await HostBench.Until(() => !host.State.Running);
        Assert.Contains("error 3", host.State.Reason, StringComparison.Ordinal);
        Assert.Equal(5, host.HandlerStarts);
    }

    [Fact]
    public async Task Calls_wait_while_the_handler_restarts()
    {
        await using var bench = Bench();
        var host = await bench.StartAsync(bench.Options(maxErrors: int.MaxValue));
        for (var kill = 0; kill < 5; kill++)
        {
            host.KillHandler();
            using var answer = await HostBench.Http.PostAsync(new Uri(host.FrontDoor, "api/x"), new StringContent("body"));
            Assert.Equal(HttpStatusCode.OK, answer.StatusCode);
        }

        Assert.Equal(5, bench.Calls("/api/x").Count);
    }

    [Fact]
    public async Task Stop_kills_the_handler_without_a_word()
    {
        await using var bench = Bench();
        var host = await FunctionHost.StartAsync(bench.Options(), CancellationToken.None);
        using var handler = Process.GetProcessById(host.HandlerProcessId);
        await host.DisposeAsync();
        Assert.True(handler.HasExited);
        Assert.False(host.State.Running);
    }

    [Fact]
    public async Task Lines_of_stdout_are_information_and_of_stderr_errors_unless_they_warn()
    {
        await using var bench = Bench();
        bench.Answer("start", """{ "out": ["one"], "err": ["two", "a Warning"] }""");
        await bench.StartAsync();
        await HostBench.Until(() => bench.HandlerSaid().Contains("a Warning", StringComparison.Ordinal) && bench.HandlerSaid().Contains("one", StringComparison.Ordinal));
        Assert.Contains("Information: one", bench.HandlerSaid(), StringComparison.Ordinal);
        Assert.Contains("Error: two", bench.HandlerSaid(), StringComparison.Ordinal);
        Assert.Contains("Warning: a Warning", bench.HandlerSaid(), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("""{ "type": "blobTrigger", "direction": "in", "name": "x" }""", "blobTrigger")]
    [InlineData("""{ "type": "timerTrigger", "direction": "in", "name": "x", "schedule": "soon" }""", "soon")]
    [InlineData("""{ "type": "timerTrigger", "direction": "in", "name": "x", "schedule": "%WHEN%" }""", "%WHEN%")]
    [InlineData("""{ "type": "timerTrigger", "direction": "in", "name": "x", "schedule": "0 * * * * *", "runOnStartup": true }""", "runOnStartup")]
    [InlineData("""{ "type": "httpTrigger", "direction": "in", "name": "x" }""", "http output")]
    [InlineData("""{ "type": "serviceBusTrigger", "direction": "in", "name": "x", "topicName": "t", "subscriptionName": "s", "cardinality": "many" }""", "many")]
    [InlineData("""{ "type": "serviceBusTrigger", "direction": "in", "name": "x", "topicName": "t", "subscriptionName": "s" }""", "messaging.json")]
    [InlineData("""{ "type": "queueTrigger", "direction": "in", "name": "x", "queueName": "q", "connection": "Elsewhere" }""", "Elsewhere")]
    public async Task What_the_host_does_not_have_is_one_sentence_at_the_start(string binding, string said)
    {
        await using var bench = new HostBench();
        bench.Function("Odd", binding);
        var refusal = await Assert.ThrowsAsync<HostStartException>(() => bench.StartAsync());
        Assert.Contains(said, refusal.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Settings_overlay_host_json_and_fill_function_json()
    {
        await using var bench = new HostBench();
        bench.Settings["AzureFunctionsJobHost__extensions__http__routePrefix"] = "v1";
        bench.Settings["AzureFunctionsJobHost__FunctionTimeout"] = "00:00:01";
        bench.Settings["WHERE"] = "here";
        bench.HttpFunction("Any", "%WHERE%");
        bench.Answer("/v1/here", """{ "never": true }""");
        var host = await bench.StartAsync();
        using var answer = await HostBench.Http.GetAsync(new Uri(host.FrontDoor, "v1/here"));
        Assert.Equal(HttpStatusCode.InternalServerError, answer.StatusCode);
        await HostBench.Until(() => host.HandlerStarts == 2);
    }

    [Fact]
    public async Task A_missing_program_and_a_lost_executable_bit_are_told()
    {
        await using var bench = Bench();
        bench.Settings["AzureFunctionsJobHost__customHandler__description__defaultExecutablePath"] = "Serverless";
        Assert.Contains("publish the app first", (await Assert.ThrowsAsync<HostStartException>(() => bench.StartAsync())).Message, StringComparison.Ordinal);
        await File.WriteAllTextAsync(Path.Combine(bench.Root, "Serverless"), "#!/bin/sh\n");
        Assert.Contains("executable bit", (await Assert.ThrowsAsync<HostStartException>(() => bench.StartAsync())).Message, StringComparison.Ordinal);
    }

    private static HostBench Bench()
    {
        var bench = new HostBench();
        bench.HttpFunction("Any", "{*rest}");
        return bench;
    }

    private static async Task CrashAsync(FunctionHost host, int error)
    {
        host.KillHandler();
        await HostBench.Until(() => host.HandlerStarts == error + 1 && host.HandlerProcessId != 0);

        // Ready, not only started: a call goes through.
        using var answer = await HostBench.Http.GetAsync(new Uri(host.FrontDoor, "api/x"));
        Assert.Equal(HttpStatusCode.OK, answer.StatusCode);
    }
}
