using System.Text.Json.Nodes;
using Serverless.Local.Hosting;
using Xunit;

namespace Serverless.Tests.Hosting;

/// <summary>JSON mode: how values travel to the handler, and what its answers mean.</summary>
public sealed class HostJsonModeTests
{
    [Fact]
    public async Task A_bus_message_is_JSON_text_in_a_string_and_completes_on_a_good_answer()
    {
        await using var bench = Bench();
        var host = await bench.StartAsync();

        await SendAsync(host, """{"a":1}""", """{"MessageId":"m-1","SessionId":"s"}""", ("route", "\"*\""), ("attempt", "3"));
        await HostBench.Until(() => host.CountsOf("Notify").Succeeded == 1);

        var call = Assert.Single(bench.Calls("/Notify"));
        Assert.Equal("POST", call.Method);
        Assert.Equal("chunked", call.Header("transfer-encoding"));
        Assert.StartsWith("application/json", call.Header("content-type"), StringComparison.Ordinal);
        Assert.Equal("\"{\\\"a\\\":1}\"", call.Json["Data"]!["notice"]!.ToString());
        var metadata = call.Json["Metadata"]!.AsObject();
        Assert.Equal("\"m-1\"", metadata["MessageId"]!.ToString());
        Assert.Equal("1", metadata["DeliveryCount"]!.ToString());
        Assert.Equal("1", metadata["SequenceNumber"]!.ToString());
        Assert.Equal("\"s\"", metadata["SessionId"]!.ToString());
        Assert.Equal("*", metadata["ApplicationProperties"]!["route"]!.ToString());
        Assert.Equal(3, (int)metadata["ApplicationProperties"]!["attempt"]!);
        Assert.DoesNotContain("Z", metadata["EnqueuedTimeUtc"]!.ToString(), StringComparison.Ordinal);
        Assert.Equal("Notify", metadata["sys"]!["MethodName"]!.ToString());
        Assert.NotEmpty(metadata["LockToken"]!.ToString());
        Assert.Empty(host.Broker!.Active("events", "hooks"));
        Assert.Equal(1, host.BusCalls);
    }

    [Fact]
    public async Task Fields_of_a_JSON_message_overwrite_metadata_whatever_their_letters()
    {
        await using var bench = Bench();
        var host = await bench.StartAsync();

        await SendAsync(host, """{"messageid":"theirs","number":12.50,"yes":true,"list":[1,2],"deep":{"x":"y"},"at":"2026-11-20T09:15:00Z","none":null}""", """{"MessageId":"ours"}""");
        await HostBench.Until(() => host.CountsOf("Notify").Succeeded == 1);

        var metadata = Assert.Single(bench.Calls("/Notify")).Json["Metadata"]!.AsObject();
        Assert.Equal("\"theirs\"", metadata["MessageId"]!.ToString());
        Assert.False(metadata.ContainsKey("messageid"));
        Assert.Equal("\"12.50\"", metadata["number"]!.ToJsonString());
        Assert.Equal("\"true\"", metadata["yes"]!.ToJsonString());
        Assert.Equal("\"[1,2]\"", metadata["list"]!.ToJsonString());
        Assert.Equal("y", metadata["deep"]!["x"]!.ToString());
        Assert.Equal("2026-11-20T09:15:00", metadata["at"]!.ToString());
        Assert.False(metadata.ContainsKey("none"));
    }

    [Theory]
    [InlineData(false, "2026-11-20T09:15:00")]
    [InlineData(true, "\"2026-11-20T09:15:00\"")]
    public async Task Dates_are_plain_and_on_an_older_host_encoded_twice(bool older, string expected)
    {
        await using var bench = Bench();
        var host = await bench.StartAsync(bench.Options(doubleEncodeDates: older));
        Assert.True((await host.RunNowAsync("Notify", CancellationToken.None, """{"at":"2026-11-20T09:15:00Z"}""")).Succeeded);
        Assert.Equal(expected, Assert.Single(bench.Calls("/Notify")).Json["Metadata"]!["at"]!.ToString());
    }

    [Theory]
    [InlineData("""{ "status": 500 }""", "500")]
    [InlineData("""{ "type": "text/plain", "body": "ok" }""", "text/plain")]
    [InlineData("""{ "body": "no json" }""", "not JSON")]
    [InlineData("""{ "body": "[]" }""", "not an object")]
    public async Task An_answer_that_is_no_answer_fails_the_run_and_leaves_the_handler_alone(string answer, string said)
    {
        await using var bench = Bench();
        bench.Answer("/Notify", answer);
        var host = await bench.StartAsync();

        var result = await host.RunNowAsync("Notify", CancellationToken.None, "x");

        Assert.False(result.Succeeded);
        Assert.Contains(said, result.Error, StringComparison.Ordinal);
        Assert.Equal(1, host.CountsOf("Notify").Failed);
        Assert.Equal(1, host.HandlerStarts);
    }

    [Theory]
    [InlineData("""{ "status": 204, "type": "", "body": "" }""")]
    [InlineData("""{ "status": 200, "body": "" }""")]
    [InlineData("""{ "status": 200, "body": "null" }""")]
    public async Task An_empty_answer_hangs_until_the_timeout_and_kills_the_handler(string answer)
    {
        await using var bench = Bench();
        bench.WriteHostJson(timeout: "00:00:01");
        bench.Answer("/Notify", answer);
        var host = await bench.StartAsync();
        var first = host.HandlerProcessId;

        var result = await host.RunNowAsync("Notify", CancellationToken.None, "x");

        Assert.False(result.Succeeded);
        Assert.Contains("hangs", result.Error, StringComparison.Ordinal);
        Assert.Contains("Notify hangs", bench.HostSaid(), StringComparison.Ordinal);
        Assert.Equal(1, host.CountsOf("Notify").Hung);
        await HostBench.Until(() => host.HandlerProcessId != 0 && host.HandlerProcessId != first);
    }

    [Fact]
    public async Task A_hang_is_told_at_once_and_killed_at_once_if_asked()
    {
        await using var bench = Bench();
        bench.Answer("/Notify", """{ "status": 204, "type": "", "body": "" }""");
        var host = await bench.StartAsync(bench.Options(hangIsImmediate: true));

        Assert.False((await host.RunNowAsync("Notify", CancellationToken.None, "x")).Succeeded);

        await HostBench.Until(() => host.HandlerStarts == 2 && host.HandlerProcessId != 0);
        Assert.True(host.State.Running);
    }

    [Fact]
    public async Task A_hang_waits_for_the_timeout_otherwise()
    {
        await using var bench = Bench();
        bench.Answer("/Notify", """{ "status": 204, "type": "", "body": "" }""");
        var host = await bench.StartAsync();

        var run = host.RunNowAsync("Notify", CancellationToken.None, "x");
        await HostBench.Until(() => bench.HostSaid().Contains("Notify hangs", StringComparison.Ordinal));

        await HostBench.Stays(TimeSpan.FromMilliseconds(300), () => !run.IsCompleted && host.HandlerStarts == 1);
    }

    [Fact]
    public async Task A_run_over_the_function_timeout_kills_the_handler_with_every_call_in_flight_and_costs_no_error()
    {
        await using var bench = Bench();
        bench.WriteHostJson(timeout: "00:00:01");
        bench.TimerFunction();
        bench.Answer("/Notify", """{ "never": true }""");
        bench.Answer("/Tick", """{ "never": true }""");
        var host = await bench.StartAsync(bench.Options(maxErrors: 1));

        var results = await Task.WhenAll(host.RunNowAsync("Notify", CancellationToken.None, "x"), host.RunNowAsync("Tick", CancellationToken.None));

        Assert.All(results, result => Assert.False(result.Succeeded));
        await HostBench.Until(() => host.HandlerStarts == 2 && host.HandlerProcessId != 0);
        Assert.True(host.State.Running);
    }

    [Fact]
    public async Task Lines_in_Logs_are_the_functions_own_log()
    {
        await using var bench = Bench();
        bench.Answer("/Notify", """{ "body": "{\"Logs\":[\"from inside\"],\"Outputs\":{}}" }""");
        var host = await bench.StartAsync();
        Assert.True((await host.RunNowAsync("Notify", CancellationToken.None, "x")).Succeeded);
        Assert.Contains("Information: from inside", bench.HandlerSaid(), StringComparison.Ordinal);
    }

    [Fact]
    public void Text_with_umlauts_and_quotes_survives_the_double_encoding()
    {
        const string text = "Grüße, \"ok\"\n\u0001 😀";
        var body = JsonNode.Parse(InvocationPayload.Write("x", text, [], doubleEncodeDates: false))!;
        Assert.Equal(text, JsonNode.Parse(body["Data"]!["x"]!.ToString())!.ToString());
    }

    private static HostBench Bench()
    {
        var bench = new HostBench();
        bench.BusFunction();
        bench.Messaging();
        return bench;
    }

    private static Task SendAsync(FunctionHost host, string body, string broker = "{}", params (string Name, string Value)[] properties) =>
        HostBench.SendAsync(host.Broker!.Endpoint, "events", body, broker, properties);
}
