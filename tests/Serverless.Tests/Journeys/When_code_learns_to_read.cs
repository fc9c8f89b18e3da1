using System.Text.Json;
using System.Text.Json.Nodes;
using Azure;
using Microsoft.Extensions.DependencyInjection;
using Serverless.Cases;
using Serverless.Platform.Storage;
using Serverless.Tests.Harness;
using Xunit;

namespace Serverless.Tests.Journeys;

/// <summary>What could not be read stands in its case as a placeholder; once the code can read it, a replay puts the real contact in its
/// place and doubles nothing (P2, P5).</summary>
public sealed class When_code_learns_to_read(AzuriteFixture azurite) : IClassFixture<AzuriteFixture>
{
    private static readonly (string, string?) Learnt = ("Learning__Knows", "text throws whole own same drift noise");

    [Theory]
    [InlineData("throws")]
    [InlineData("whole")]
    [InlineData("own")]
    [InlineData("same")]
    public async Task The_contact_takes_the_place_of_its_placeholder_in_the_same_case(string kind)
    {
        await using var world = await TestApp.StartAsync(azurite, LearningChannel.Add);
        var delivery = await world.TeachAsync(new Lesson(kind, "m1", "anna", world.Time.GetUtcNow()));
        Assert.Equal(0, await world.DrainAsync());
        var before = await world.OnlyCaseAsync();
        Assert.Equal(("review", "placeholder"), (before.Head("owes"), Live(before).Single().GetProperty("kind").GetString()));

        world.Time.Advance(TimeSpan.FromDays(2));
        world.Set(Learnt);
        var dry = await world.ReviewAsync("replay", Review.One("learning", delivery));
        var element = dry.GetProperty("different")[0].GetProperty("elements")[0];
        Assert.Equal(("read", true), (element.GetProperty("now").GetString(), element.GetProperty("replaces").GetBoolean()));
        Assert.Contains(element.GetProperty("fields").EnumerateArray(), f => f.GetProperty("name").GetString() == "text"
            && f.GetProperty("now").GetString() == "This is m1.");
        Assert.Equal(before.GetRawText(), (await world.OnlyCaseAsync()).GetRawText());

        await ReplayAsync(world, Review.One("learning", delivery));
        var after = await world.OnlyCaseAsync();
        var contact = Assert.Single(Live(after));
        Assert.Equal((before.CaseId(), "answer", "This is m1.", "message"),
            (after.CaseId(), after.Head("owes"), contact.GetProperty("text").GetString(), contact.GetProperty("kind").GetString()));
        Assert.Equal((before.Head("dueAt"), before.Head("waitingSince")), (after.Head("dueAt"), after.Head("waitingSince")));
        Assert.Equal(TimeSpan.FromDays(2).TotalSeconds, contact.GetProperty("recovery").GetProperty("gapSeconds").GetInt64());
        Assert.Equal(1, (await world.GetAsync("/api/cases")).GetProperty("cases")[0].GetProperty("contacts").GetInt32());

        // Once more, and by two people at once: nothing changes, and the dry run sees no difference.
        await using (var twin = await world.TwinAsync(Learnt))
        {
            var both = await Task.WhenAll(world.ReviewAsync("replay", Now(Review.One("learning", delivery))),
                twin.ReviewAsync("replay", Now(Review.One("learning", delivery))));
            Assert.Equal(1, both.Sum("queued"));
        }

        Assert.Equal(0, await world.DrainAsync());
        Assert.Equal(after.GetRawText(), (await world.OnlyCaseAsync()).GetRawText());
        Assert.Equal(1, (await world.ReviewAsync("replay", Review.One("learning", delivery))).GetProperty("same").GetInt32());
        Assert.StartsWith("ended: ", await world.EndOfAsync(delivery, "learning"), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_contact_whose_conversation_has_a_case_goes_there_and_the_placeholder_s_case_is_closed()
    {
        await using var world = await TestApp.StartAsync(azurite, LearningChannel.Add);
        var delivery = await world.TeachAsync(new("text", "m1", "anna", world.Time.GetUtcNow()),
            new("throws", "m2", "anna", world.Time.GetUtcNow()), new("noise", "m3", "x", world.Time.GetUtcNow()));
        Assert.Equal(0, await world.DrainAsync());
        Assert.Equal(3, (await world.CasesAsync()).Count);
        Assert.StartsWith("kept: ", await world.EndOfAsync(delivery, "learning"), StringComparison.Ordinal);

        world.Set(Learnt);
        await ReplayAsync(world, Review.Hour("learning", world.Time.GetUtcNow()));
        Assert.Equal("ended: case, joined, ignored:noise", await world.EndOfAsync(delivery, "learning"));
        var file = await world.OnlyCaseAsync();
        Assert.Equal(["This is m1.", "This is m2."], file.Texts().Order(StringComparer.Ordinal));
        var closed = await world.CasesAsync("&state=closed");
        Assert.Equal(["Replayed: moved to case " + file.Head("number") + ".", "Replayed: not relevant to a case."],
            closed.Select(c => c.Head("cause")).Order(StringComparer.Ordinal));
    }

    [Fact]
    public async Task A_contact_that_is_filed_under_another_id_now_is_not_doubled()
    {
        await using var world = await TestApp.StartAsync(azurite, LearningChannel.Add);
        var delivery = await world.TeachAsync(new Lesson("drift", "m1", "anna", world.Time.GetUtcNow()));
        Assert.Equal(0, await world.DrainAsync());
        world.Set(Learnt);
        await ReplayAsync(world, Review.One("learning", delivery));
        var contact = Assert.Single(Live(await world.OnlyCaseAsync()));
        Assert.Equal("m1", contact.GetProperty("externalId").GetString());
    }

    [Fact]
    public async Task A_day_that_is_read_as_before_changes_nothing()
    {
        await using var world = await TestApp.StartAsync(azurite);
        for (var i = 0; i < 30; i++) await world.AcceptAsync(Conversations.Message(i % 5, i));
        Assert.Equal(0, await world.DrainAsync());
        var (cases, counts) = (Raw(await world.CasesAsync()), (await world.SummaryAsync()).GetProperty("ends").GetRawText());
        var day = new JsonObject { ["channel"] = "meta", ["day"] = world.Time.GetUtcNow().ToString("yyyy-MM-dd") };
        world.Time.Advance(TimeSpan.FromDays(3));
        var dry = await world.ReviewAllAsync("replay", (JsonObject)day.DeepClone());
        Assert.Equal((30, 0), (dry.Sum("same"), dry.Sum((JsonElement step) => step.GetProperty("different").GetArrayLength())));

        await ReplayAsync(world, day);
        Assert.Equal(cases, Raw(await world.CasesAsync()));
        Assert.Equal(counts, (await world.SummaryAsync()).GetProperty("ends").GetRawText());
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Erased_stays_erased(bool wholeCase)
    {
        await using var world = await TestApp.StartAsync(azurite, LearningChannel.Add);
        var delivery = await world.TeachAsync(new Lesson("text", "m1", "anna", world.Time.GetUtcNow()));
        Assert.Equal(0, await world.DrainAsync());
        await EraseAsync(world, (await world.OnlyCaseAsync()).CaseId(), wholeCase);

        await ReplayAsync(world, Review.One("learning", delivery));
        Assert.Equal("erased: erased", await world.EndOfAsync(delivery, "learning"));
        Assert.DoesNotContain(await world.CasesAsync(), file => Live(file).Any());
    }

    [Fact]
    public async Task Whoever_dies_while_replaying_doubles_nothing()
    {
        await using var world = await TestApp.StartAsync(azurite, LearningChannel.Add);
        var died = true;
        for (var steps = 0; died; steps += 3)
        {
            world.Set(("Learning__Knows", "text"));
            var thread = $"thread {steps}";
            await world.TeachAsync(new Lesson("text", $"{steps}-1", thread, world.Time.GetUtcNow()));
            var delivery = await world.TeachAsync(new Lesson("throws", $"{steps}-2", thread, world.Time.GetUtcNow()));
            Assert.Equal(0, await world.DrainAsync());
            world.Set(Learnt);
            Assert.Equal(1, (await world.ReviewAsync("replay", Now(Review.One("learning", delivery)))).GetProperty("queued").GetInt32());
            using var gate = new StepGate();
            await using (var doomed = await world.TwinAsync(Learnt, ("AzureWebJobsStorage", gate.Through(world.ConnectionString))))
            {
                gate.DieAfter(steps);
                var work = doomed.WorkAsync(delivery, "learning");
                died = await Task.WhenAny(work, gate.Died) == gate.Died;
                if (!died) await work;
                else _ = work.ContinueWith(t => _ = t.Exception, TaskScheduler.Default);
                gate.Dispose();
            }

            Assert.Equal(0, await world.DrainAsync());
            Assert.Equal("ended: joined", await world.EndOfAsync(delivery, "learning"));
            var file = Assert.Single(await world.CasesAsync(), c =>
                Live(c).Any(l => l.GetProperty("externalId").GetString() == $"{steps}-2"));
            Assert.Equal(2, Live(file).Count());
        }

        // Who died before all was told left the case named for Tick.
        world.Time.Advance(TimeSpan.FromMinutes(5));
        Assert.True(await world.TickAsync());
        // The placeholders' cases are closed, every one.
        Assert.All(await world.CasesAsync(), file => Assert.NotEmpty(Live(file)));
        Assert.Equal(0, (await world.SummaryAsync()).GetProperty("outboxPending").GetInt32());
    }

    private static JsonObject Now(JsonObject selection)
    {
        selection["dryRun"] = false;
        return selection;
    }

    private static async Task ReplayAsync(TestApp world, JsonObject selection)
    {
        Assert.NotEqual(0, (await world.ReviewAllAsync("replay", Now(selection))).Sum("queued"));
        Assert.Equal(0, await world.DrainAsync());
    }

    /// <summary>What an erasure leaves: a tombstone in <c>seen</c>, and of a whole case a tombstone for its head.</summary>
    private static async Task EraseAsync(TestApp world, string caseId, bool wholeCase)
    {
        var tables = world.Services.GetRequiredService<TableStore>();
        await foreach (var row in tables.QueryAllAsync(CaseStore.Table, TableQuery.Partition(caseId).RowPrefix("event|"),
            CancellationToken.None))
        {
            if (!wholeCase)
                await tables.MergeAsync("seen", new TableRow(row.Text("Contact")!, "seen") { ["Erased"] = true }, ETag.All,
                    CancellationToken.None);
            await tables.DeleteAsync(CaseStore.Table, caseId, row.RowKey, ETag.All, CancellationToken.None);
        }

        if (wholeCase)
            await tables.ReplaceAsync(CaseStore.Table, new TableRow(caseId, "head") { ["State"] = CaseStore.Erased }, ETag.All,
                CancellationToken.None);
    }

    private static IEnumerable<JsonElement> Live(JsonElement file) =>
        file.GetProperty("contacts").EnumerateArray().Select(c => c.GetProperty("contact"))
        .Where(c => !c.TryGetProperty("supersededBy", out _));

    private static string Raw(List<JsonElement> files) =>
        string.Join('\n', files.Select(f => f.GetRawText()).Order(StringComparer.Ordinal));
}
