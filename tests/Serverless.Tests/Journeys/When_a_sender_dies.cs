using Serverless.Channels;
using Serverless.Contacts;
using Serverless.Tests.Harness;
using Xunit;

namespace Serverless.Tests.Journeys;

/// <summary>The app dies, or the connection breaks, while a reply goes out: it is sent again only where that cannot reach the customer
/// twice; otherwise a person sees that nobody knows.</summary>
public sealed class When_a_sender_dies(AzuriteFixture azurite) : IAsyncLifetime, IClassFixture<AzuriteFixture>
{
    private readonly LoopbackNetwork _pigeons = new();
    private readonly List<IDisposable> _gates = [];
    private readonly List<TestApp> _worlds = [];
    private TestApp _living = null!;

    public async Task InitializeAsync() => _worlds.Add(_living = await TestApp.StartAsync(azurite, _pigeons.Add));

    public async Task DisposeAsync()
    {
        foreach (var gate in _gates) gate.Dispose();
        foreach (var world in Enumerable.Reverse(_worlds)) await world.DisposeAsync();
    }

    /// <summary>An instance sends a reply and dies before it can note anything that followed.</summary>
    private async Task DieAfterSendingAsync(string caseId, string reply)
    {
        var gate = new StepGate();
        _gates.Add(gate);
        var doomed = await _living.TwinAsync(("AzureWebJobsStorage", gate.Through(_living.ConnectionString)));
        _worlds.Add(doomed);
        _pigeons.Answer = letter =>
        {
            gate.DieAfter(0);
            return Task.FromResult<ReplyOutcome>(_pigeons.Take(letter, _living.Time.GetUtcNow()));
        };
        var work = doomed.SendReplyAsync(caseId, reply);
        await gate.Died.WaitAsync(TimeSpan.FromMinutes(1));
        _ = work.ContinueWith(t => _ = t.Exception, TaskScheduler.Default);
        _pigeons.Answer = null;
    }

    [Fact]
    public async Task It_is_not_sent_again_and_a_person_sees_that_nobody_knows()
    {
        var id = await _living.AskAsync("q1");
        var reply = await _living.WriteAsync(id);
        await DieAfterSendingAsync(id, reply);
        Assert.Equal("sending", await _living.StateOfAsync(id, reply));

        // Its claim still holds: somebody may be at it.
        Assert.True(await _living.SendReplyAsync(id, reply));
        Assert.Equal("sending", await _living.StateOfAsync(id, reply));
        _living.Time.Advance(TimeSpan.FromMinutes(16));
        Assert.True(await _living.TickAsync());
        Assert.Equal(0, await _living.DrainAsync(bus: false));
        Assert.StartsWith("uncertain", await _living.StateOfAsync(id, reply), StringComparison.Ordinal);
        Assert.Single(_pigeons.Flown);
        Assert.NotEqual("", (await _living.CaseAsync(id)).Head("dueAt"));
        Assert.Contains(_living.Told(), t => t.Type == "serverless.reply.failed.v1");
    }

    [Fact]
    public async Task A_status_with_our_id_settles_it_and_the_clock_stops()
    {
        var id = await _living.AskAsync("q1");
        _living.Time.Advance(TimeSpan.FromMinutes(1));
        var reply = await _living.WriteAsync(id);
        await DieAfterSendingAsync(id, reply);
        _living.Time.Advance(TimeSpan.FromMinutes(4));
        Assert.True(await _living.SendReplyAsync(id, reply));
        Assert.StartsWith("uncertain", await _living.StateOfAsync(id, reply), StringComparison.Ordinal);

        Assert.Equal("ended: updated",
            await _living.PigeonAsync(new { status = "delivered", id = "out-1", reply, at = _living.Time.GetUtcNow() }));
        Assert.Equal(0, await _living.DrainAsync(bus: false));
        Assert.Equal("delivered", await _living.StateOfAsync(id, reply));
        var file = await _living.CaseAsync(id);
        Assert.Equal(["Frage", "Antwort"], file.Texts());
        Assert.Equal("", file.Head("dueAt"));
        Assert.Equal("ended: duplicate",
            await _living.PigeonAsync(new { id = "out-1", customer = "anna", text = "Antwort", at = _living.Time.GetUtcNow(),
                echo = "yes" }));
    }

    [Fact]
    public async Task An_echo_with_our_id_settles_it()
    {
        var id = await _living.AskAsync("q1");
        var reply = await _living.WriteAsync(id);
        await DieAfterSendingAsync(id, reply);
        Assert.Equal("ended: outbound",
            await _living.PigeonAsync(new { id = "out-1", customer = "anna", text = "Antwort", at = _living.Time.GetUtcNow(), echo = "yes",
                reply }));
        _living.Time.Advance(TimeSpan.FromMinutes(16));
        Assert.True(await _living.TickAsync());
        await _living.DrainAsync(bus: false);
        Assert.Equal("sent", await _living.StateOfAsync(id, reply));
        Assert.Single(_pigeons.Flown);
        Assert.Equal(2, (await _living.CaseAsync(id)).GetProperty("contacts").GetArrayLength());
    }

    [Fact]
    public async Task A_provider_that_knows_our_id_is_asked_again_with_the_same_one()
    {
        _pigeons.Repeatable = true;
        var id = await _living.AskAsync("q1");
        var reply = await _living.WriteAsync(id);
        await DieAfterSendingAsync(id, reply);
        _living.Time.Advance(TimeSpan.FromMinutes(4));
        Assert.True(await _living.SendReplyAsync(id, reply));
        Assert.Equal("sent", await _living.StateOfAsync(id, reply));
        Assert.Equal([reply, reply], _pigeons.Flown.Select(r => r.Id));
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task A_connection_that_broke_is_tried_again_only_where_the_provider_knows_our_id(bool repeatable)
    {
        _pigeons.Repeatable = repeatable;
        var id = await _living.AskAsync("q1");
        var reply = await _living.WriteAsync(id);
        _pigeons.Answer = _ => Task.FromResult<ReplyOutcome>(new ReplyOutcome.Uncertain(ReplyReasons.Unreachable));
        Assert.True(await _living.SendReplyAsync(id, reply));
        Assert.Equal(repeatable ? "waiting: unreachable" : "uncertain: unreachable", await _living.StateOfAsync(id, reply));
        _pigeons.Answer = null;
        _living.Time.Advance(TimeSpan.FromMinutes(2));
        Assert.True(await _living.SendReplyAsync(id, reply));
        Assert.Equal(repeatable ? "sent" : "uncertain: unreachable", await _living.StateOfAsync(id, reply));
    }

    [Fact]
    public async Task What_was_sent_and_not_yet_filed_is_filed_by_whoever_comes_next()
    {
        var id = await _living.AskAsync("q1");
        for (var steps = 1; steps <= 20; steps++)
        {
            var reply = await _living.WriteAsync(id);
            var gate = new StepGate();
            _gates.Add(gate);
            var doomed = await _living.TwinAsync(("AzureWebJobsStorage", gate.Through(_living.ConnectionString)));
            _worlds.Add(doomed);
            var last = steps;
            _pigeons.Answer = letter =>
            {
                // The next two requests read the row and write that it is out.
                gate.DieAfter(1 + last);
                return Task.FromResult<ReplyOutcome>(_pigeons.Take(letter, _living.Time.GetUtcNow()));
            };
            var work = doomed.SendReplyAsync(id, reply);
            var died = await Task.WhenAny(work, gate.Died) == gate.Died;
            if (died) _ = work.ContinueWith(t => _ = t.Exception, TaskScheduler.Default);
            Assert.True(await _living.SendReplyAsync(id, reply));
            Assert.Equal("sent", await _living.StateOfAsync(id, reply));
            if (died) continue;
            Assert.Equal(steps, _pigeons.Flown.Count);
            Assert.Equal(steps + 1, (await _living.CaseAsync(id)).GetProperty("contacts").GetArrayLength());
            return;
        }

        Assert.Fail("More steps than expected after a reply went out.");
    }

    [Fact]
    public async Task A_message_that_is_lost_is_queued_again_by_Tick()
    {
        var id = await _living.AskAsync("q1");
        var reply = await _living.WriteAsync(id);
        using var queue = new InboundDriver(_living, "replies");
        Assert.Single(await queue.LoseAsync());
        _living.Time.Advance(TimeSpan.FromMinutes(14));
        Assert.True(await _living.TickAsync());
        Assert.Equal(0, await queue.CountAsync());
        _living.Time.Advance(TimeSpan.FromMinutes(1));
        Assert.True(await _living.TickAsync());
        Assert.Equal(1, await queue.CountAsync());
        Assert.Equal(0, await _living.DrainAsync(bus: false));
        Assert.Equal("sent", await _living.StateOfAsync(id, reply));
    }
}
