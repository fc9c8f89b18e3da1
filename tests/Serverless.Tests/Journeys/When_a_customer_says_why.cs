using System.Net;
using System.Text;
using System.Text.Json;
using Microsoft.Extensions.DependencyInjection;
using Serverless.Operations.Rules;
using Serverless.Platform.Storage;
using Serverless.Tests.Harness;
using Xunit;

namespace Serverless.Tests.Journeys;

/// <summary>Why a customer came and what we do next are two things; thanks are neither; an admin's own rules come first.</summary>
public sealed class When_a_customer_says_why(AzuriteFixture azurite) : IClassFixture<AzuriteFixture>
{
    private const string Customer = "493023125017";
    private readonly LoopbackNetwork _pigeons = new();

    [Fact]
    public async Task The_head_names_need_owes_urgency_and_language_with_their_rules_and_what_is_known_is_not_asked()
    {
        await using var world = await TestApp.StartAsync(azurite);
        await SaysAsync(world, "wamid.1", "Die Heizung heizt nicht mehr, wir frieren! Seriennummer KX7-204-118823");
        var file = await world.OnlyCaseAsync();
        Assert.Equal(("fault", "fault-does-not", "repair", "high", "urgent-no-substitute", "de"),
            (file.Head("need"), file.Head("needRule"), file.Head("owes"), file.Head("urgency"), file.Head("urgencyRule"),
            file.Head("language")));
        var known = Assert.Single(file.GetProperty("known").EnumerateArray());
        Assert.Equal(("serial", "KX7-204-118823", "stated"), (known.GetProperty("kind").GetString(), known.GetProperty("value").GetString(),
            known.GetProperty("certainty").GetString()));
        Assert.Equal(file.GetProperty("contacts")[0].GetProperty("id").GetString(), known.GetProperty("contactId").GetString());
        Assert.Equal(["serial"], file.GetProperty("doNotAsk").EnumerateArray().Select(k => k.GetString()));
        Assert.False(file.GetProperty("case").TryGetProperty("facts", out _));

        // A worse reason changes nothing, a better one does; events can be put in order.
        await SaysAsync(world, "wamid.2", "Und wann kommt der Techniker?");
        Assert.Equal("fault", (await world.OnlyCaseAsync()).Head("need"));
        await SaysAsync(world, "wamid.3", "Es kommt Rauch heraus!");
        file = await world.OnlyCaseAsync();
        Assert.Equal(("safety", "call", "at-once"), (file.Head("need"), file.Head("owes"), file.Head("urgency")));
        var told = file.GetProperty("history").EnumerateArray().Select(h => h.GetProperty("event").GetProperty("data")).ToList();
        Assert.Equal(["fault repair high de", "fault repair high de", "safety call at-once de"],
            told.Select(d => $"{Word(d, "need")} {Word(d, "owes")} {Word(d, "urgency")} {Word(d, "language")}"));
        Assert.Equal(told.Select(d => d.GetProperty("version").GetInt32()).Order(), told.Select(d => d.GetProperty("version").GetInt32()));
        Assert.Equal(file.GetProperty("case").GetProperty("version").GetInt32(), told[^1].GetProperty("version").GetInt32());

        Assert.Single((await world.GetAsync("/api/cases?need=safety&urgency=at-once")).GetProperty("cases").EnumerateArray());
        Assert.Empty((await world.GetAsync("/api/cases?need=fault")).GetProperty("cases").EnumerateArray());
        using var wrong = await world.RawAsync(HttpMethod.Get, "/api/cases?need=falt");
        Assert.Contains("need is one of safety, withdrawal", await wrong.TextAsync(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Thanks_after_our_answer_start_no_clock_open_no_closed_case_and_get_no_receipt()
    {
        await using var world = await TestApp.StartAsync(azurite, _pigeons.Add, [.. AcknowledgementSteps.On()]);
        await world.SaysAsync(new { id = "q1", customer = "anna", text = "When will the technician come?", at = world.Time.GetUtcNow() });
        // An English customer hears us in English.
        Assert.StartsWith("Hello", Assert.Single(_pigeons.Flown).Text, StringComparison.Ordinal);
        var id = (await world.OnlyCaseAsync()).CaseId();
        world.Time.Advance(TimeSpan.FromMinutes(5));
        await world.WriteAsync(id);
        await world.DrainAsync();
        world.Time.Advance(TimeSpan.FromMinutes(5));
        await world.SaysAsync(new { id = "q2", customer = "anna", text = "Great, thanks a lot!", at = world.Time.GetUtcNow() });
        var file = await world.OnlyCaseAsync();
        Assert.Equal(("", "", "known-question"), (file.Head("waitingSince"), file.Head("dueAt"), file.Head("need")));
        using var closed = await world.RawAsync(HttpMethod.Post, $"/api/cases/{id}/close", """{"cause":"unknown"}""");
        Assert.Equal(HttpStatusCode.OK, closed.StatusCode);
        world.Time.Advance(TimeSpan.FromDays(1));
        await world.SaysAsync(new { id = "q3", customer = "anna", text = "👍", at = world.Time.GetUtcNow() });
        file = await world.GetAsync($"/api/cases/{id}");
        // Three of hers, our receipt, our answer.
        Assert.Equal(("closed", 5), (file.Head("state"), file.GetProperty("contacts").GetArrayLength()));
        Assert.Single(_pigeons.Flown, r => r.Automatic);

        // A question in the same breath is a question.
        await world.SaysAsync(new { id = "q4", customer = "anna", text = "Thanks, but when?", at = world.Time.GetUtcNow() });
        file = await world.GetAsync($"/api/cases/{id}");
        Assert.Equal("open", file.Head("state"));
        Assert.NotEqual("", file.Head("waitingSince"));
    }

    [Fact]
    public async Task Thanks_without_a_case_open_one_and_get_no_receipt()
    {
        await using var world = await TestApp.StartAsync(azurite, _pigeons.Add, [.. AcknowledgementSteps.On()]);
        await world.SaysAsync(new { id = "q1", customer = "anna", text = "Vielen Dank!", at = world.Time.GetUtcNow() });
        await world.SaysAsync(new { id = "q2", customer = "ben", text = "Großes Lob an Ihr Team!", at = world.Time.GetUtcNow() });
        await world.SaysAsync(new { id = "q3", customer = "cem", text = "Meine Bewerbung als Monteur liegt bei.", at =
            world.Time.GetUtcNow() });
        Assert.Equal(["can-wait", "misdirected", "praise"], (await world.CasesAsync()).Select(c =>
            c.Head("need")).Order(StringComparer.Ordinal));
        Assert.Empty(_pigeons.Flown);
        Assert.Equal(["void:misdirected", "void:thanks", "void:thanks"], (await world.ReceiptNoticesAsync()).Order(StringComparer.Ordinal));
    }

    [Fact]
    public async Task What_stands_in_public_and_should_not_is_told_without_saying_what_it_is()
    {
        await using var world = await TestApp.StartAsync(azurite);
        await world.AcceptAsync(MetaCall.Comment("c1", "Meine IBAN ist DE89 3704 0044 0532 0130 00, bitte überweisen",
            world.Time.GetUtcNow()));
        Assert.Equal(0, await world.DrainAsync());
        var file = await world.OnlyCaseAsync();
        Assert.Equal(("confidential", "public-answer", "high", "True"),
            (file.Head("need"), file.Head("owes"), file.Head("urgency"), file.Head("confidential")));
        var told = file.GetProperty("history").EnumerateArray().Single(h =>
            h.GetProperty("type").GetString() == "serverless.case.confidential-in-public.v1");
        Assert.DoesNotContain("DE89", told.GetRawText(), StringComparison.Ordinal);
        Assert.DoesNotContain("iban", told.GetRawText(), StringComparison.OrdinalIgnoreCase);
        var known = Assert.Single(file.GetProperty("known").EnumerateArray());
        Assert.Equal(("iban", false), (known.GetProperty("kind").GetString(), known.TryGetProperty("value", out _)));
    }

    [Fact]
    public async Task Own_rules_come_first_are_guarded_by_their_version_and_tried_before_they_hold()
    {
        await using var world = await TestApp.StartAsync(azurite);
        await SaysAsync(world, "wamid.1", "Frage zur Garantie");
        Assert.Equal("can-wait", (await world.OnlyCaseAsync()).Head("need"));
        const string Rules =
            """{"rules":[{"id":"own-1","when":{"all":[{"words":["garantie"]}]},"then":{"need":"complex","topic":"warranty"}}]}""";

        // Tried on texts and on a stored day: nothing is written.
        var tried = await TryAsync(world, $$"""{"rules":{{Rules}},"texts":[{"text":"Garantie?"},{"text":"Guten Tag"}]}""");
        Assert.Equal(["can-wait complex", "can-wait can-wait"], tried.GetProperty("readings").EnumerateArray().Select(r =>
            $"{Word(r.GetProperty("now"), "need")} {Word(r.GetProperty("then"), "need")}"));
        var (read, different) = (0, 0);
        for (string? more = ""; more is not null;)
        {
            var step = await TryAsync(world,
                $$"""{"rules":{{Rules}},"day":"{{world.Time.GetUtcNow():yyyy-MM-dd}}"{{(more.Length > 0 ? $",\"continuation\":\"{more}\"" : "")}}}""");
            (read, different) = (read + step.GetProperty("read").GetInt32(), different + step.GetProperty("readings").GetArrayLength());
            more = step.TryGetProperty("continuation", out var next) ? next.GetString() : null;
        }

        Assert.Equal((1, 1), (read, different));

        // Put with If-Match only, and never what does not fit.
        Assert.Equal((HttpStatusCode.OK, "\"none\""), await PutAsync(world, null, null));
        Assert.Equal(428, (int)(await PutAsync(world, Rules, null)).Status);
        Assert.Equal(HttpStatusCode.BadRequest, (await PutAsync(world, """{"rules":[{"id":"x"}]}""", "*")).Status);
        var (status, tag) = await PutAsync(world, Rules, "\"none\"");
        Assert.Equal(HttpStatusCode.OK, status);
        Assert.Equal(HttpStatusCode.PreconditionFailed, (await PutAsync(world, Rules, "\"none\"")).Status);
        Assert.Equal((HttpStatusCode.OK, tag), await PutAsync(world, null, null));

        // Another instance has them within a minute.
        await using var twin = await world.TwinAsync();
        await SaysAsync(twin, "wamid.2", "Und die Garantie?");
        var file = await world.OnlyCaseAsync();
        Assert.Equal(("complex", "own-1", "warranty"), (file.Head("need"), file.Head("needRule"), file.Head("topic")));
        var actions = await world.GetAsync($"/api/operations/actions?month={world.Time.GetUtcNow():yyyy-MM}");
        Assert.Contains(actions.GetProperty("actions").EnumerateArray(), a => a.GetProperty("what").GetString() == "rules-replace");
    }

    [Fact]
    public async Task Rules_that_were_written_past_the_API_and_do_not_fit_make_health_red_and_ours_stay_in_force()
    {
        await using var world = await TestApp.StartAsync(azurite);
        var blobs = world.Services.GetRequiredService<BlobStore>();
        Assert.True(await blobs.ReplaceAsync(OwnRules.Container, "own.json", Encoding.UTF8.GetBytes("{}"), null, CancellationToken.None));
        await SaysAsync(world, "wamid.1", "Die Heizung heizt nicht");
        Assert.Equal("fault", (await world.OnlyCaseAsync()).Head("need"));
        var (status, says) = await world.HealthAsync("rules");
        Assert.Equal("red", status);
        Assert.Contains("rules/own.json does not fit, the former rules stay in force", says, StringComparison.Ordinal);

        Assert.Equal(HttpStatusCode.OK, (await PutAsync(world, """{"rules":[]}""", "*")).Status);
        Assert.Equal("green", (await world.HealthAsync("rules")).Status);
    }

    [Fact]
    public async Task A_persons_word_outranks_every_rule()
    {
        await using var world = await TestApp.StartAsync(azurite);
        await SaysAsync(world, "wamid.1", "Frage");
        var id = (await world.OnlyCaseAsync()).CaseId();
        using (var strange = await world.RawAsync(HttpMethod.Post, $"/api/cases/{id}/classify",
            """{"need":"falt","by":"anna","why":"x"}"""))
            Assert.Equal((422, true), ((int)strange.StatusCode, (await strange.TextAsync()).Contains("need is one of safety",
                StringComparison.Ordinal)));
        for (var round = 0; round < 2; round++)
        {
            using var said = await world.RawAsync(HttpMethod.Post, $"/api/cases/{id}/classify",
                """{"need":"idea","owes":"pass-on","by":"anna","why":"read it"}""");
            Assert.Equal($"{{\"state\":\"classified\",\"changed\":{(round == 0 ? "true" : "false")}}}", await said.TextAsync());
        }

        await SaysAsync(world, "wamid.2", "Jetzt ist alles kaputt");
        var file = await world.OnlyCaseAsync();
        Assert.Equal(("idea", "person:anna: read it", "pass-on", "low"),
            (file.Head("need"), file.Head("needRule"), file.Head("owes"), file.Head("urgency")));
        Assert.Contains(file.GetProperty("history").EnumerateArray(), h =>
            h.GetProperty("type").GetString() == "serverless.case.classified.v1");
    }

    private static async Task SaysAsync(TestApp world, string id, string text)
    {
        // History is ordered by time.
        world.Time.Advance(TimeSpan.FromSeconds(1));
        await world.AcceptAsync(MetaCall.Messages(new MetaSaid(id, Customer, text, world.Time.GetUtcNow())));
        Assert.Equal(0, await world.DrainAsync());
    }

    private static async Task<JsonElement> TryAsync(TestApp world, string json)
    {
        using var answer = await world.RawAsync(HttpMethod.Post, "/api/rules/test", json);
        var text = await answer.TextAsync();
        Assert.True(answer.StatusCode == HttpStatusCode.OK, text);
        return JsonDocument.Parse(text).RootElement;
    }

    // Null rules: get them.
    private static async Task<(HttpStatusCode Status, string? Tag)> PutAsync(TestApp world, string? rules, string? match)
    {
        using var request = new HttpRequestMessage(rules is null ? HttpMethod.Get
            : HttpMethod.Put, new Uri("/api/rules", UriKind.Relative));
        if (rules is not null) request.Content = new StringContent(rules, Encoding.UTF8, "application/json");
        if (match is not null) request.Headers.TryAddWithoutValidation("If-Match", match);
        using var answer = await world.SendAsync(request);
        return (answer.StatusCode, answer.Headers.ETag?.ToString());
    }

    private static string? Word(JsonElement json, string name) => json.TryGetProperty(name, out var value) ? value.GetString() : null;
}
