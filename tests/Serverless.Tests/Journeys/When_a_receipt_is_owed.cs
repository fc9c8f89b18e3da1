using System.Globalization;
using Serverless.Channels;
using Serverless.Contacts;
using Serverless.Tests.Channels.Meta;
using Serverless.Tests.Harness;
using Xunit;

namespace Serverless.Tests.Journeys;

/// <summary>A customer writes and hears at once, on their own channel, that it arrived; it is no answer, and there is one a day.</summary>
public sealed class When_a_receipt_is_owed(AzuriteFixture azurite) : IClassFixture<AzuriteFixture>
{
    private readonly LoopbackNetwork _pigeons = new();

    private Task<TestApp> StartAsync(params (string Name, string? Value)[] settings) => TestApp.StartAsync(azurite, _pigeons.Add, settings);

    [Fact]
    public async Task WhatsApp_brings_number_promise_and_the_way_to_a_person_and_the_customer_still_waits()
    {
        await using var api = await MetaApi.StartAsync();
        await using var world = await TestApp.StartAsync(
            azurite, ("Channels__Meta__ApiUrl", api.Address), ("Channels__Meta__AccessToken", MetaApi.Token),
            ("Acknowledgement__Channels__Meta", "on"), ("Acknowledgement__Contact", "030 23125 100"));
        var at = world.Time.GetUtcNow();
        await world.AcceptAsync(MetaCall.Messages(new MetaSaid("wamid.asks", "493023125017", "Frage", at)));
        world.Time.Advance(TimeSpan.FromSeconds(2));
        Assert.Equal(0, await world.DrainAsync());
        var sent = Assert.Single(api.Sent);
        var file = await world.OnlyCaseAsync();
        var due = DateTimeOffset.Parse(file.Head("dueAt"), CultureInfo.InvariantCulture).AddHours(1)
            .ToString("dd.MM.yyyy, HH:mm 'Uhr MEZ'", CultureInfo.InvariantCulture);
        var text = sent.Body.GetProperty("text").GetProperty("body").GetString()!;
        Assert.Equal(
            $"Guten Tag,\n\nvielen Dank für Ihre Nachricht. Ihre Vorgangsnummer ist {file.Head("number")}.\n\nSie erhalten bis {due} eine Antwort.\n\nPersönlich erreichen Sie uns hier: 030 23125 100\n\nDiese Nachricht wurde automatisch versendet.",
            text);

        // It belongs to the case, its echo is known, and nobody is taken for answered.
        var echo = await world.AcceptAsync(MetaCall.Echo(new MetaSaid("wamid.ours-1", "493023125017", text, at.AddSeconds(2))));
        Assert.Equal(0, await world.DrainAsync());
        Assert.Equal("ended: duplicate", await world.EndOfAsync(echo));
        file = await world.OnlyCaseAsync();
        Assert.Equal(["Frage", text], file.Texts());
        Assert.Equal((at, ""), (DateTimeOffset.Parse(file.Head("waitingSince"), CultureInfo.InvariantCulture), file.Head("answeredAt")));
        Assert.Equal(["delivered:reply"], await world.ReceiptNoticesAsync());

        // A person's answer is one.
        world.Time.Advance(TimeSpan.FromMinutes(5));
        await world.WriteAsync(file.CaseId());
        await world.DrainAsync();
        Assert.Equal(("", ""), ((await world.OnlyCaseAsync()).Head("waitingSince"), (await world.OnlyCaseAsync()).Head("dueAt")));
    }

    [Fact]
    public async Task Nothing_is_sent_until_a_channel_is_switched_on()
    {
        await using var world = await StartAsync([.. AcknowledgementSteps.On("off")]);
        await world.SaysAsync(new { id = "q1", customer = "anna", text = "Frage", at = world.Time.GetUtcNow() });
        Assert.Empty(_pigeons.Flown);
        Assert.Empty(await world.ReceiptNoticesAsync());
    }

    [Fact]
    public async Task A_dry_run_shows_the_text_in_the_case_and_sends_nothing()
    {
        await using var world = await StartAsync([.. AcknowledgementSteps.On("dryRun")]);
        await world.SaysAsync(new { id = "q1", customer = "anna", text = "Frage", at = world.Time.GetUtcNow() });
        await world.SaysAsync(new { id = "q2", customer = "anna", text = "Noch eine", at = world.Time.GetUtcNow() });
        world.Time.Advance(TimeSpan.FromMinutes(20));
        Assert.True(await world.TickAsync());
        Assert.Equal(0, await world.DrainAsync());
        Assert.Empty(_pigeons.Flown);
        var shown = Assert.Single(await world.RepliesAsync());
        Assert.Equal(("dry-run", true), (shown.GetProperty("state").GetString(), shown.GetProperty("automatic").GetBoolean()));
        Assert.Contains("Ihre Vorgangsnummer", shown.GetProperty("text").GetString(), StringComparison.Ordinal);
        Assert.Equal(["void:dry-run", "void:said-before"], (await world.ReceiptNoticesAsync()).Order(StringComparer.Ordinal));

        // Switched on, the first real one is still owed.
        world.Set(("Acknowledgement__Channels__pigeon", "on"));
        await world.SaysAsync(new { id = "q3", customer = "anna", text = "Und noch eine", at = world.Time.GetUtcNow() });
        Assert.True(Assert.Single(_pigeons.Flown).Automatic);
    }

    [Fact]
    public async Task There_is_one_a_case_and_day_and_the_next_when_somebody_was_answered_in_between()
    {
        await using var world = await StartAsync([.. AcknowledgementSteps.On()]);
        var id = "";
        foreach (var (question, wait) in new[] { ("q1", 0), ("q2", 1), ("q3", 60) })
        {
            world.Time.Advance(TimeSpan.FromMinutes(wait));
            await world.SaysAsync(new { id = question, customer = "anna", text = "Frage", at = world.Time.GetUtcNow() });
            id = (await world.OnlyCaseAsync()).CaseId();
        }

        world.Time.Advance(TimeSpan.FromMinutes(1));
        await world.WriteAsync(id);
        await world.DrainAsync();
        world.Time.Advance(TimeSpan.FromMinutes(1));
        await world.SaysAsync(new { id = "q4", customer = "anna", text = "Danke, noch etwas", at = world.Time.GetUtcNow() });
        Assert.Single(_pigeons.Flown, r => r.Automatic);
        Assert.Equal(["delivered:reply", "void:guard", "void:said-before", "void:said-before"],
            (await world.ReceiptNoticesAsync()).Order(StringComparer.Ordinal));

        world.Time.Advance(TimeSpan.FromMinutes(1));
        await world.WriteAsync(id);
        await world.DrainAsync();
        world.Time.Advance(TimeSpan.FromHours(25));
        await world.SaysAsync(new { id = "q5", customer = "anna", text = "Neue Frage", at = world.Time.GetUtcNow() });
        Assert.Equal(2, _pigeons.Flown.Count(r => r.Automatic));
    }

    [Fact]
    public async Task An_echo_that_comes_before_the_providers_answer_is_no_answer_either()
    {
        await using var world = await StartAsync([.. AcknowledgementSteps.On()]);
        _pigeons.Answer = async letter =>
        {
            var taken = _pigeons.Take(letter, world.Time.GetUtcNow());
            var echo = new { id = taken.Event.Contact.ExternalId, customer = "anna",
                text = letter.Text.Replace("\n\n", "\n", StringComparison.Ordinal), at = world.Time.GetUtcNow(), echo = "yes" };
            Assert.Equal("ended: outbound", await world.PigeonAsync(echo));
            return taken;
        };
        await world.SaysAsync(new { id = "q1", customer = "anna", text = "Frage", at = world.Time.GetUtcNow() });
        var file = await world.OnlyCaseAsync();
        Assert.Single(_pigeons.Flown);
        Assert.Equal(2, file.GetProperty("contacts").GetArrayLength());
        Assert.NotEqual("", file.Head("dueAt"));
        Assert.Equal("sent", Assert.Single(await world.RepliesAsync()).GetProperty("state").GetString());
    }

    [Fact]
    public async Task In_quiet_hours_it_waits_and_a_cancellation_is_confirmed_at_once_with_content_date_and_time()
    {
        await using var world = await StartAsync([.. AcknowledgementSteps.On(further: ("Acknowledgement__Hours", "Sun-Sat 08:00-18:00"))]);
        world.Time.Set(new DateTimeOffset(2026, 11, 20, 19, 30, 0, TimeSpan.Zero));
        await world.SaysAsync(new { id = "q1", customer = "anna", text = "Frage", at = world.Time.GetUtcNow() });
        Assert.Empty(_pigeons.Flown);
        Assert.Equal(["waiting:quiet-hours"], await world.ReceiptNoticesAsync());

        await world.SaysAsync(new { id = "k1", customer = "ben", text = "Hiermit kündige ich meinen Wartungsvertrag {number}.",
            at = world.Time.GetUtcNow(), language = "de" });
        var confirmed = Assert.Single(_pigeons.Flown);
        Assert.Contains("am 20.11.2026, 20:30 Uhr MEZ bei uns eingegangen", confirmed.Text, StringComparison.Ordinal);
        Assert.Contains("Hiermit kündige ich meinen Wartungsvertrag {number}.", confirmed.Text, StringComparison.Ordinal);

        var morning = Assert.Single(world.LaterReceipts()).Due;
        Assert.InRange(morning, new DateTimeOffset(2026, 11, 21, 7, 0, 0, TimeSpan.Zero),
            new DateTimeOffset(2026, 11, 21, 7, 5, 0, TimeSpan.Zero));
        world.Time.Set(morning);
        Assert.Equal(0, await world.DrainAsync());
        Assert.Equal(["k1", "q1"], _pigeons.Flown.Select(r => r.To.ExternalId));
    }

    [Fact]
    public async Task Who_was_answered_before_the_morning_gets_none()
    {
        await using var world = await StartAsync([.. AcknowledgementSteps.On(further: ("Acknowledgement__Hours", "Sun-Sat 08:00-18:00"))]);
        world.Time.Set(new DateTimeOffset(2026, 11, 20, 19, 30, 0, TimeSpan.Zero));
        await world.SaysAsync(new { id = "q1", customer = "anna", text = "Frage", at = world.Time.GetUtcNow() });
        world.Time.Advance(TimeSpan.FromMinutes(1));
        await world.WriteAsync((await world.OnlyCaseAsync()).CaseId());
        await world.DrainAsync();
        world.Time.Set(world.LaterReceipts()[0].Due);
        Assert.Equal(0, await world.DrainAsync());
        Assert.False(Assert.Single(_pigeons.Flown).Automatic);
        Assert.Equal(["void:answered"], await world.ReceiptNoticesAsync("2026-11-20"));
    }

    [Fact]
    public async Task Two_instances_that_take_the_same_or_two_contacts_at_once_send_one()
    {
        await using var world = await StartAsync([.. AcknowledgementSteps.On()]);
        await using var twin = await world.TwinAsync([.. AcknowledgementSteps.On()]);
        for (var round = 1; round <= 5; round++)
        {
            await world.PigeonAsync(new { id = $"a{round}", customer = $"c{round}", text = "Frage", at = world.Time.GetUtcNow() });
            await world.PigeonAsync(new { id = $"b{round}", customer = $"c{round}", text = "Noch eine", at = world.Time.GetUtcNow() });
            var messages = await world.TakeReceiptsAsync();
            Assert.Equal(2, messages.Count);
            Assert.All(await Task.WhenAll(messages.SelectMany(m => new[] { world.AcknowledgeAsync(m), twin.AcknowledgeAsync(m) })), done =>
                Assert.True(done));
            Assert.Equal(0, await world.DrainAsync());
            Assert.Equal(round, _pigeons.Flown.Count);
        }
    }

    [Fact]
    public async Task Killed_at_any_step_between_wish_and_mark_it_is_sent_once()
    {
        await using var world = await StartAsync([.. AcknowledgementSteps.On()]);
        List<IDisposable> gates = [];
        List<TestApp> dead = [];
        try
        {
            for (var steps = 0; steps < 25; steps++)
            {
                await world.PigeonAsync(new { id = $"q{steps}", customer = $"c{steps}", text = "Frage", at = world.Time.GetUtcNow() });
                var message = Assert.Single(await world.TakeReceiptsAsync());
                var gate = new StepGate();
                gates.Add(gate);
                var doomed = await world.TwinAsync(
                    [.. AcknowledgementSteps.On(further: ("AzureWebJobsStorage", gate.Through(world.ConnectionString)))]);
                dead.Add(doomed);
                gate.DieAfter(steps);
                var work = doomed.AcknowledgeAsync(message);
                var died = await Task.WhenAny(work, gate.Died) == gate.Died;
                if (died) _ = work.ContinueWith(t => _ = t.Exception, TaskScheduler.Default);
                Assert.True(await world.AcknowledgeAsync(message));
                // A wish that was written and whose message was lost is found by Tick.
                world.Time.Advance(TimeSpan.FromMinutes(16));
                Assert.True(await world.TickAsync());
                Assert.Equal(0, await world.DrainAsync());
                Assert.Equal(steps + 1, _pigeons.Flown.Count);
                if (!died)
                {
                    Assert.True(steps > 5);
                    return;
                }
            }

            Assert.Fail("More steps than expected.");
        }
        finally
        {
            foreach (var gate in gates) gate.Dispose();
            foreach (var one in Enumerable.Reverse(dead)) await one.DisposeAsync();
        }
    }

    [Fact]
    public async Task A_provider_that_stays_away_is_not_told_a_receipt_hours_later()
    {
        await using var world = await StartAsync([.. AcknowledgementSteps.On()]);
        _pigeons.Answer = _ => Task.FromResult<ReplyOutcome>(new ReplyOutcome.Later(ReplyReasons.Unreachable));
        await world.SaysAsync(new { id = "q1", customer = "anna", text = "Frage", at = world.Time.GetUtcNow() });
        var file = await world.OnlyCaseAsync();
        var reply = file.GetProperty("replies")[0].GetProperty("id").GetString()!;
        for (var tries = 0; tries < 12; tries++)
        {
            world.Time.Advance(TimeSpan.FromMinutes(30));
            Assert.True(await world.SendReplyAsync(file.CaseId(), reply));
        }

        Assert.Equal("failed: unreachable", await world.StateOfAsync(file.CaseId(), reply));
        Assert.InRange(_pigeons.Flown.Count, 3, 6);
    }

    [Theory]
    [InlineData("answered")]
    [InlineData("case-closed")]
    public async Task One_that_waits_for_its_provider_is_withdrawn_when_a_person_was_faster(string because)
    {
        await using var world = await StartAsync([.. AcknowledgementSteps.On()]);
        _pigeons.Answer = _ => Task.FromResult<ReplyOutcome>(new ReplyOutcome.Later(ReplyReasons.Unreachable));
        await world.SaysAsync(new { id = "q1", customer = "anna", text = "Frage", at = world.Time.GetUtcNow() });
        var file = await world.OnlyCaseAsync();
        var (id, receipt) = (file.CaseId(), file.GetProperty("replies")[0].GetProperty("id").GetString()!);
        Assert.Equal("waiting: unreachable", await world.StateOfAsync(id, receipt));
        world.Time.Advance(TimeSpan.FromMinutes(5));
        if (because == "answered")
            await world.SaysAsync(new { id = "o1", customer = "anna", text = "Wir sind dran.", at = world.Time.GetUtcNow(), echo = "yes" });
        else await world.CloseAsync(id);
        _pigeons.Answer = null;
        Assert.True(await world.SendReplyAsync(id, receipt));
        world.Time.Advance(TimeSpan.FromMinutes(20));
        Assert.True(await world.TickAsync());
        Assert.Equal(0, await world.DrainAsync());
        Assert.Equal($"void: {because}", await world.StateOfAsync(id, receipt));
        Assert.Single(_pigeons.Flown);
        Assert.Equal("Replies being sent: 0.", (await world.HealthAsync("replies")).Says);
    }

    [Fact]
    public async Task A_confirmation_is_sent_though_somebody_answered_or_closed_the_case_meanwhile()
    {
        await using var world = await StartAsync([.. AcknowledgementSteps.On(further: ("Acknowledgement__Hours", "never"))]);
        var at = world.Time.GetUtcNow();
        // One whose case was closed before it was worked; both are tried in vain at first.
        await world.PigeonAsync(new { id = "k1", customer = "anna", text = "Hiermit kündige ich.", at });
        await world.CloseAsync((await world.OnlyCaseAsync()).CaseId());
        _pigeons.Answer = _ => Task.FromResult<ReplyOutcome>(new ReplyOutcome.Later(ReplyReasons.Unreachable));
        await world.SaysAsync(new { id = "k2", customer = "ben", text = "Ich widerrufe meinen Kauf.", at });
        var file = await world.OnlyCaseAsync();
        await world.SaysAsync(new { id = "o1", customer = "ben", text = "Schade!", at = at.AddMinutes(1), echo = "yes" });
        _pigeons.Answer = null;
        // Longer than a receipt is tried.
        world.Time.Advance(TimeSpan.FromHours(5));
        Assert.True(await world.TickAsync());
        Assert.Equal(0, await world.DrainAsync());
        Assert.Equal("sent", await world.StateOfAsync(file.CaseId(), file.GetProperty("replies")[0].GetProperty("id").GetString()!));
        Assert.Equal(["k1", "k1", "k2", "k2"], _pigeons.Flown.Select(r => r.To.ExternalId).Order(StringComparer.Ordinal));
    }
}
