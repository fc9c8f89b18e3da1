using System.Net;
using Serverless.Channels;
using Serverless.Contacts;
using Serverless.Tests.Harness;
using Xunit;

namespace Serverless.Tests.Journeys;

/// <summary>A person answers a case here; the answer reaches the customer once, and whatever became of it is seen.</summary>
public sealed class When_we_answer_the_customer(AzuriteFixture azurite) : IClassFixture<AzuriteFixture>
{
    private readonly LoopbackNetwork _pigeons = new();

    private Task<TestApp> StartAsync() => TestApp.StartAsync(azurite, _pigeons.Add);

    [Fact]
    public async Task It_is_sent_in_the_conversation_stops_the_clock_and_its_echo_is_a_duplicate()
    {
        await using var world = await StartAsync();
        var at = world.Time.GetUtcNow();
        var id = await world.AskAsync("q1");
        world.Time.Advance(TimeSpan.FromMinutes(10));
        var reply = await world.WriteAsync(id);
        Assert.Equal("waiting", await world.StateOfAsync(id, reply));
        Assert.Equal(0, await world.DrainAsync(bus: false));

        var flown = Assert.Single(_pigeons.Flown);
        Assert.Equal((reply, "Antwort", "q1"), (flown.Id, flown.Text, flown.To.ExternalId));
        var file = await world.CaseAsync(id);
        Assert.Equal((file.Head("number"), ""), (flown.CaseNumber, file.Head("dueAt")));
        Assert.Equal(at.AddMinutes(10), DateTimeOffset.Parse(file.Head("answeredAt")));
        Assert.Equal(["Frage", "Antwort"], file.Texts());
        Assert.Equal("sent", await world.StateOfAsync(id, reply));
        Assert.Equal(["serverless.case.opened.v1", "serverless.contact.sent.v1"], world.Told().Select(t => t.Type));

        Assert.Equal("ended: duplicate",
            await world.PigeonAsync(new { id = "out-1", customer = "anna", text = "Antwort", at = at.AddMinutes(10), echo = "yes" }));
        Assert.Equal(["Frage", "Antwort"], (await world.CaseAsync(id)).Texts());
        Assert.Equal(("green", "Replies being sent: 0."), await world.HealthAsync("replies"));
    }

    [Fact]
    public async Task Its_status_rises_and_never_falls()
    {
        await using var world = await StartAsync();
        var at = world.Time.GetUtcNow();
        var id = await world.AskAsync("q1");
        var reply = await world.WriteAsync(id);
        await world.DrainAsync(bus: false);
        Assert.Equal("ended: updated", await world.PigeonAsync(new { status = "read", id = "out-1", at }));
        Assert.Equal("ended: updated", await world.PigeonAsync(new { status = "delivered", id = "out-1", at = at.AddSeconds(1) }));
        Assert.Equal("read", await world.StateOfAsync(id, reply));
        Assert.Equal("ended: ignored:delivery-status", await world.PigeonAsync(new { status = "read", id = "out-of-another-desk", at }));
    }

    [Fact]
    public async Task A_message_that_failed_after_it_was_taken_is_an_event()
    {
        await using var world = await StartAsync();
        var id = await world.AskAsync("q1");
        var reply = await world.WriteAsync(id);
        await world.DrainAsync(bus: false);
        await world.PigeonAsync(new { status = "failed", id = "out-1", at = world.Time.GetUtcNow(), reason = "131026" });
        await world.PigeonAsync(new { status = "failed", id = "out-1", at = world.Time.GetUtcNow().AddSeconds(1), reason = "131026" });
        Assert.Equal("failed: 131026", await world.StateOfAsync(id, reply));
        Assert.Single(world.Told(), t => t.Type == "serverless.reply.failed.v1");
        Assert.Equal(0, await world.DrainAsync());
    }

    [Fact]
    public async Task Two_instances_that_take_it_at_once_send_it_once()
    {
        await using var world = await StartAsync();
        await using var twin = await world.TwinAsync();
        var id = await world.AskAsync("q1");
        for (var round = 0; round < 6; round++)
        {
            var reply = await world.WriteAsync(id);
            Assert.All(await Task.WhenAll(world.SendReplyAsync(id, reply), twin.SendReplyAsync(id, reply), world.SendReplyAsync(id, reply)),
                done => Assert.True(done));
            Assert.Equal("sent", await world.StateOfAsync(id, reply));
        }

        Assert.Equal(6, _pigeons.Flown.Count);
        Assert.Equal(7, (await world.CaseAsync(id)).GetProperty("contacts").GetArrayLength());
    }

    [Fact]
    public async Task A_provider_that_asks_to_wait_is_given_the_time_and_then_the_text()
    {
        await using var world = await StartAsync();
        var id = await world.AskAsync("q1");
        var reply = await world.WriteAsync(id);
        _pigeons.Answer = _ => Task.FromResult<ReplyOutcome>(new ReplyOutcome.Later(ReplyReasons.RateLimited, TimeSpan.FromMinutes(10)));
        Assert.True(await world.SendReplyAsync(id, reply));
        Assert.Equal("waiting: rate-limited", await world.StateOfAsync(id, reply));

        // A second message before its time changes nothing.
        world.Time.Advance(TimeSpan.FromMinutes(9));
        Assert.True(await world.SendReplyAsync(id, reply));
        Assert.Single(_pigeons.Flown);
        _pigeons.Answer = null;
        world.Time.Advance(TimeSpan.FromMinutes(1));
        Assert.True(await world.SendReplyAsync(id, reply));
        Assert.Equal("sent", await world.StateOfAsync(id, reply));
        Assert.Equal(2, _pigeons.Flown.Count);
    }

    [Fact]
    public async Task After_a_day_of_tries_it_has_failed_and_an_event_says_so()
    {
        await using var world = await StartAsync();
        var id = await world.AskAsync("q1");
        var reply = await world.WriteAsync(id);
        _pigeons.Answer = _ => Task.FromResult<ReplyOutcome>(new ReplyOutcome.Later(ReplyReasons.Unreachable));
        var template = await world.ReplyAsync(id, new { text = "", template = new { name = "hello", language = "de" } });
        Assert.Equal(202, template.Status);
        for (var tries = 0; tries < 40 && await world.StateOfAsync(id, reply) is not "failed: unreachable"; tries++)
        {
            Assert.True(await world.SendReplyAsync(id, reply));
            world.Time.Advance(TimeSpan.FromHours(1));
        }

        Assert.Equal("failed: unreachable", await world.StateOfAsync(id, reply));
        Assert.InRange(_pigeons.Flown.Count, 20, 30);
        Assert.Contains(world.Told(), t => t.Type == "serverless.reply.failed.v1");
    }

    [Fact]
    public async Task A_refusal_is_final_and_told()
    {
        await using var world = await StartAsync();
        var id = await world.AskAsync("q1");
        var reply = await world.WriteAsync(id);
        _pigeons.Answer = _ => Task.FromResult<ReplyOutcome>(new ReplyOutcome.Refused(ReplyReasons.RecipientGone, "551"));
        await world.SendReplyAsync(id, reply);
        await world.SendReplyAsync(id, reply);
        Assert.Equal("refused: recipient-gone", await world.StateOfAsync(id, reply));
        Assert.Single(_pigeons.Flown);
        Assert.NotEqual("", (await world.CaseAsync(id)).Head("dueAt"));
        Assert.Single(world.Told(), t => t.Type == "serverless.reply.failed.v1");
    }

    [Fact]
    public async Task A_window_that_is_over_refuses_free_text_until_the_customer_writes_again()
    {
        await using var world = await StartAsync();
        var id = await world.AskAsync("q1");
        var first = (await world.CaseAsync(id)).GetProperty("contacts")[0].GetProperty("id").GetString();
        world.Time.Advance(TimeSpan.FromHours(24.1));
        var (status, body) = await world.ReplyAsync(id, new { text = "zu spät" });
        Assert.Equal(422, status);
        Assert.Contains("window-closed", body.GetProperty("detail").GetString(), StringComparison.Ordinal);
        Assert.Equal(202,
            (await world.ReplyAsync(id, new { template = new { name = "hello", language = "de", values = new[] { "Anna" } } })).Status);

        await world.AskAsync("q2");
        Assert.Equal(202, (await world.ReplyAsync(id, new { text = "zur ersten Frage", to = first })).Status);
        await world.DrainAsync(bus: false);
        Assert.Equal(["q1", "q1"], _pigeons.Flown.Select(r => r.To.ExternalId));
    }

    [Fact]
    public async Task What_cannot_be_answered_is_said_at_once()
    {
        await using var world = await StartAsync();
        var id = await world.AskAsync("q1");
        Assert.Equal(400, (await world.ReplyAsync(id, new { text = "  " })).Status);
        Assert.Equal(400, (await world.ReplyAsync(id, new { text = new string('x', (64 * 1024) + 1) })).Status);
        Assert.Equal(202, (await world.ReplyAsync(id, new { text = new string('ü', 64 * 1024) })).Status);
        Assert.Equal(404, (await world.ReplyAsync(new string('0', 32), new { text = "x" })).Status);
        Assert.Equal(404, (await world.ReplyAsync(id, new { text = "x", to = "nobody" })).Status);
        world.Time.Advance(TimeSpan.FromSeconds(5));
        await world.DrainAsync(bus: false);
        var ours = (await world.CaseAsync(id)).GetProperty("contacts")[1].GetProperty("id").GetString();
        Assert.Equal(422, (await world.ReplyAsync(id, new { text = "x", to = ours })).Status);

        // A channel that cannot answer.
        (await world.SendAsync(Seed.Of("generic").Single(s => s.Name == "generic/05-device-fault"))).Dispose();
        await world.DrainAsync(bus: false);
        var device = Assert.Single(await world.CasesAsync("&network=device"));
        Assert.Equal(422, (await world.ReplyAsync(device.CaseId(), new { text = "x" })).Status);
        await world.CloseAsync(id);
        Assert.Equal(409, (await world.ReplyAsync(id, new { text = "x" })).Status);
        using var bad = await world.RawAsync(HttpMethod.Post, $"/api/cases/{id}/replies", "not json");
        Assert.Equal(HttpStatusCode.BadRequest, bad.StatusCode);
    }

    [Fact]
    public async Task Asked_again_under_the_callers_id_nothing_is_sent_twice()
    {
        await using var world = await StartAsync();
        var id = await world.AskAsync("q1");
        var asked = await Task.WhenAll(Enumerable.Range(0, 4)
            .Select(_ => world.ReplyAsync(id, new { text = "Antwort", id = "desk-4711" })));
        Assert.Single(asked, a => a.Status == 202);
        Assert.All(asked, a => Assert.True(a.Status is 200 or 202));
        Assert.Single(asked.Select(a => a.Body.GetProperty("id").GetString()).Distinct());
        Assert.Equal(409, (await world.ReplyAsync(id, new { text = "etwas anderes", id = "desk-4711" })).Status);
        await world.DrainAsync(bus: false);
        Assert.Single(_pigeons.Flown);
    }
}
