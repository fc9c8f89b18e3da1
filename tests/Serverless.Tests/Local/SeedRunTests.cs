using Serverless.Local.CommandLine;
using Serverless.Local.Run;
using Serverless.Local.Seeds;
using Xunit;

namespace Serverless.Tests.Local;

/// <summary>A replay against something that speaks the app's contract: what it sends, what it waits for, what it notices.</summary>
public sealed class SeedRunTests : IDisposable
{
    private readonly Scratch _scratch = new();
    private readonly HttpClient _http = new();

    public void Dispose()
    {
        _http.Dispose();
        _scratch.Dispose();
    }

    [Fact]
    public async Task Seeds_are_sent_as_they_were_recorded()
    {
        _scratch.WriteSeed("demo/01-text", """["case"]""", target: "/api/hooks/demo/a%2Fb?x=%7E&x=2&y=a+b", body: "\u00fc\r\n");
        await using var app = await FakeApp.StartAsync();

        await RunAsync(app);

        var (line, headers, body) = Assert.Single(app.Taken);
        Assert.Equal("POST /api/hooks/demo/a%2Fb?x=%7E&x=2&y=a+b", line);
        Assert.Equal("text/plain", headers["Content-Type"]);
        Assert.Equal("v1,abc", headers["X-Signature"]);
        Assert.Equal(["Content-Length", "Content-Type", "Host", "X-Signature"], headers.Keys.Order(StringComparer.Ordinal));
        Assert.Equal("\u00fc\r\n"u8.ToArray(), body);
    }

    [Fact]
    public async Task What_comes_as_expected_makes_no_difference()
    {
        _scratch.WriteSeed("demo/01-text", """["case|joined"]""");
        await using var app = await FakeApp.StartAsync(openFor: 3);

        var outcome = await RunAsync(app);

        Assert.Empty(outcome.Differences);
        Assert.Equal(1, outcome.Seeds);
        Assert.Equal(7, outcome.Summary!.StorageCalls);
        Assert.Equal(["AAAA-1111", "BBBB-2222"], outcome.Cases.Select(c => c.Number));
    }

    [Fact]
    public async Task A_wrong_end_names_the_seed_and_the_difference()
    {
        _scratch.WriteSeed("demo/01-text", """["case"]""");
        _scratch.WriteSeed("demo/02-text", """["joined"]""");
        await using var app = await FakeApp.StartAsync();

        var outcome = await RunAsync(app);

        Assert.Equal(["demo/02-text: element 1 ended as case, expected joined"], outcome.Differences);
    }

    [Fact]
    public async Task A_wrong_answer_names_the_seed_and_the_difference()
    {
        _scratch.WriteSeed("demo/01-text", """["case"]""");
        await using var app = await FakeApp.StartAsync(answerStatus: 500);

        var outcome = await RunAsync(app);

        Assert.Equal(["demo/01-text: answered 500, expected 200"], outcome.Differences);
    }

    [Fact]
    public async Task The_same_seeds_again_must_be_duplicates()
    {
        _scratch.WriteSeed("demo/01-text", """["case"]""");
        await using var app = await FakeApp.StartAsync(ends: ["""["case"]""", """["duplicate"]""", """["case"]"""]);

        Assert.Empty((await RunAsync(app)).Differences);
        Assert.Empty((await RunAsync(app)).Differences);
        Assert.Equal(["demo/01-text: element 1 ended as case, expected duplicate"], (await RunAsync(app)).Differences);
    }

    [Fact]
    public async Task What_stays_open_ends_the_wait_and_is_named()
    {
        _scratch.WriteSeed("demo/01-text", """["case"]""");
        await using var app = await FakeApp.StartAsync(openFor: int.MaxValue);

        var outcome = await RunAsync(app, patience: TimeSpan.FromMilliseconds(1));

        Assert.StartsWith("demo/01-text: delivery 0 is still open", Assert.Single(outcome.Differences), StringComparison.Ordinal);
    }

    [Fact]
    public async Task What_was_not_told_ends_the_wait_and_is_named()
    {
        _scratch.WriteSeed("demo/01-text", """["case"]""");
        await using var app =
            await FakeApp.StartAsync(
                summary: """{"ends":{"case":1},"unaccounted":2,"notices":{"webhook":{"waiting":3}},"outboxPending":1}""");

        var outcome = await RunAsync(app, patience: TimeSpan.FromMilliseconds(1));

        Assert.Equal(2, outcome.Differences.Count);
        Assert.StartsWith("1 events in the outbox, 3 notices still wait", outcome.Differences[0], StringComparison.Ordinal);
        Assert.Equal("2 deliveries are unaccounted for", outcome.Differences[1]);
    }

    [Theory]
    [InlineData("sent", null)]
    [InlineData("failed", "a text to the customer of case BBBB-2222 (telegram) is failed")]
    public async Task A_colleague_answers_a_case_once_and_what_does_not_go_out_is_named(string state, string? difference)
    {
        await using var app = await FakeApp.StartAsync();
        app.ReplyState = state;
        var colleague = new Colleague(new AppApi(_http, app.FrontDoor, "key"));

        var outcome = await RunAsync(app, colleague: colleague);
        await RunAsync(app, colleague: colleague);

        // The other case came by a channel whose provider nobody plays.
        Assert.Contains("BBBB-2222", Assert.Single(app.Said).Value, StringComparison.Ordinal);
        Assert.Equal(new ReplyLine("BBBB-2222", "telegram", false, state, ""), Assert.Single(outcome.Replies));
        Assert.Equal(difference is null ? [] : [difference], outcome.Differences);
    }

    [Fact]
    public async Task The_report_is_one_object_of_numbers()
    {
        _scratch.WriteSeed("demo/01-text", """["case"]""");
        await using var app = await FakeApp.StartAsync();

        var json = Report.Json(await RunAsync(app), TimeSpan.FromSeconds(1.25)).ToJsonString();

        Assert.Equal(
            """{"deliveries":{"total":1,"accepted":1,"quarantined":0,"refused":0},"ends":{"case":1},"unaccounted":0,"cases":1,"contacts":1,"duplicates":0,"notices":{"webhook":{"delivered":1,"waiting":0,"failed":0}},"replies":{},"receipts":0,"outside":{},"storageCalls":7,"busCalls":1,"seeds":1,"differences":0,"health":null,"elapsedSeconds":1.2}""",
            json);
    }

    private Task<SeedOutcome> RunAsync(FakeApp app, TimeSpan? patience = null, Colleague? colleague = null)
    {
        var run = new SeedRun(new SeedReplay(_http, app.FrontDoor), new AppApi(_http, app.FrontDoor, "key"),
            SeedLedger.Open(Path.Combine(_scratch.Repository.Root, "ledger.json")), _ => Task.FromResult(false), colleague)
        {
            Patience = patience ?? TimeSpan.FromSeconds(60),
        };
        return run.RunAsync(SeedFile.ReadAll(_scratch.Repository.Seeds), Screen.On(TextWriter.Null, redirected: true).Console,
            CancellationToken.None);
    }
}
