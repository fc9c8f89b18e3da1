using System.Net;
using Microsoft.Extensions.DependencyInjection;
using Serverless.Cases;
using Serverless.Channels;
using Serverless.Notifications;
using Serverless.Tests.Harness;
using Xunit;

namespace Serverless.Tests.Journeys;

/// <summary>A case of many messages costs a notice no more than a short one, and people read it a page at a time.</summary>
public sealed class When_a_conversation_is_long(AzuriteFixture azurite) : IClassFixture<AzuriteFixture>, IAsyncLifetime
{
    private Subscriber _subscriber = null!;

    public async Task InitializeAsync() => _subscriber = await Subscriber.StartAsync();

    public async Task DisposeAsync() => await _subscriber.DisposeAsync();

    [Fact]
    public async Task A_notice_costs_the_same_calls_and_bytes_however_long_it_is()
    {
        await using var world = await StartAsync();
        await SayAsync(world, "short", 0, 3);
        await SayAsync(world, "long", 100, 63);
        // The first notice also makes the table and reads who subscribes.
        await SayAsync(world, "first", 90, 1);
        var costs = new List<(long Calls, long Bytes)>();
        foreach (var (thread, id) in new[] { ("first", 98), ("short", 97), ("long", 199) })
        {
            await SayAsync(world, thread, id, 1);
            var message = (await world.TakeNoticesAsync("webhook"))[^1];
            var (calls, bytes) = (world.Calls.Storage, world.Gate.TableBytes);
            await world.Services.GetRequiredService<NotificationDispatcher>().RunAsync("webhook", message, CancellationToken.None);
            costs.Add((world.Calls.Storage - calls, world.Gate.TableBytes - bytes));
            Assert.Contains($"This is m{id:d3}.", System.Text.Encoding.UTF8.GetString(_subscriber.Told[^1].Body), StringComparison.Ordinal);
        }

        var (few, many) = (costs[1], costs[2]);
        Assert.Equal(few.Calls, many.Calls);
        Assert.InRange(many.Bytes, few.Bytes - 1_000, few.Bytes + 1_000);
    }

    [Fact]
    public async Task What_a_receipt_reads_of_a_case_does_not_grow_with_it()
    {
        await using var world = await StartAsync();
        await SayAsync(world, "short", 0, 3);
        await SayAsync(world, "long", 100, 60);
        var reader = world.Services.GetRequiredService<CaseReader>();
        var costs = new List<(long Calls, long Bytes)>();
        foreach (var one in (await world.CasesAsync()).OrderBy(c => c.Texts().Count))
        {
            var contact = one.GetProperty("contacts").EnumerateArray().Last().GetProperty("id").GetString()!;
            var (calls, bytes) = (world.Calls.Storage, world.Gate.TableBytes);
            var brief = await reader.BriefAsync(one.CaseId(), contact, CancellationToken.None);
            Assert.Equal(contact, Assert.Single(brief!.Contacts).Id);
            Assert.NotNull(await reader.ContactAsync(one.CaseId(), contact, CancellationToken.None));
            costs.Add((world.Calls.Storage - calls, world.Gate.TableBytes - bytes));
        }

        Assert.Equal([2, 2], costs.Select(c => c.Calls));
        Assert.InRange(costs[1].Bytes, costs[0].Bytes - 500, costs[0].Bytes + 500);
        Assert.Null(await reader.BriefAsync(new string('0', 32), "nobody", CancellationToken.None));
    }

    [Fact]
    public async Task People_page_through_it_the_latest_first()
    {
        await using var world = await StartAsync();
        await SayAsync(world, "long", 0, 1);
        // What is told in the same instant has no order: the first is told before the others.
        world.Time.Advance(TimeSpan.FromSeconds(1));
        await SayAsync(world, "long", 1, 22);
        var id = (await world.OnlyCaseAsync()).CaseId();
        Assert.Equal(23, (await world.CaseAsync(id)).Texts().Count);

        var page = await world.GetAsync($"/api/cases/{id}?top=10");
        Assert.Equal(Texts(13, 10), page.Texts());
        Assert.Equal(10, page.GetProperty("history").GetArrayLength());
        Assert.Equal(CaseEvent.ContactReceived, page.GetProperty("history")[9].GetProperty("type").GetString());
        var (contacts, history) = (page.GetProperty("continuation").GetString()!, page.GetProperty("historyContinuation").GetString()!);

        page = await world.GetAsync($"/api/cases/{id}?top=10&continuation={Uri.EscapeDataString(contacts)}");
        Assert.Equal(Texts(3, 10), page.Texts());
        Assert.Equal((0, 0), (page.GetProperty("history").GetArrayLength(), page.GetProperty("replies").GetArrayLength()));
        page = await world.GetAsync(
            $"/api/cases/{id}?top=10&continuation={Uri.EscapeDataString(page.GetProperty("continuation").GetString()!)}");
        Assert.Equal(Texts(0, 3), page.Texts());
        Assert.False(page.TryGetProperty("continuation", out _));

        var told = 10;
        for (string? more = history; more is not null;)
        {
            page = await world.GetAsync($"/api/cases/{id}?top=10&historyContinuation={Uri.EscapeDataString(more)}");
            Assert.Empty(page.Texts());
            told += page.GetProperty("history").GetArrayLength();
            more = page.TryGetProperty("historyContinuation", out var next) ? next.GetString() : null;
        }

        Assert.Equal((await world.CaseAsync(id)).GetProperty("history").GetArrayLength(), told);
        foreach (var query in new[] { "?continuation=x", "?historyContinuation=%00", "?top=0", "?top=101", "?top=x" })
        {
            using var answer = await world.RawAsync(HttpMethod.Get, $"/api/cases/{id}{query}");
            Assert.Equal(HttpStatusCode.BadRequest, answer.StatusCode);
        }
    }

    [Fact]
    public async Task An_address_that_would_do_something_else_than_fetch_is_text()
    {
        await using var world = await StartAsync();
        await world.SampleAsync(SampleChannel.Body(SampleChannel.Element(
            "m1", world.Time.GetUtcNow(), "anna", "javascript:alert(1)", " JaVa\tScript:alert(1)", "file:///etc/passwd", "data:text/html,x",
            "https://example.com/a.png", "AgACAg-id", "ms-word:ofe|u|https://x")));
        Assert.Equal(0, await world.DrainAsync(bus: false));
        var file = await world.OnlyCaseAsync();
        var shown = file.GetProperty("contacts")[0].GetProperty("contact").GetProperty("attachments").EnumerateArray()
            .Select(a => a.GetProperty("reference").GetString()).ToList();
        Assert.Equal(
            [
                "not a link: javascript:alert(1)", "not a link:  JaVa\tScript:alert(1)", "not a link: file:///etc/passwd",
                "not a link: data:text/html,x", "https://example.com/a.png", "AgACAg-id",
                "not a link: ms-word:ofe|u|https://x",
            ],
            shown);
        Assert.All(shown.Where(s => s!.StartsWith("not", StringComparison.Ordinal)), s =>
            Assert.False(Uri.TryCreate(s, UriKind.Absolute, out _)));
        // Nobody tries to fetch them.
        Assert.Equal(2, file.Files().Count);
        var message = (await world.TakeNoticesAsync("webhook"))[^1];
        await world.Services.GetRequiredService<NotificationDispatcher>().RunAsync("webhook", message, CancellationToken.None);
        // Its name stays what the sender gave it: a name is shown, and no link.
        Assert.DoesNotContain("\"reference\":\"javascript:", System.Text.Encoding.UTF8.GetString(_subscriber.Told[^1].Body),
            StringComparison.OrdinalIgnoreCase);
    }

    [Theory]
    [InlineData("https://example.com/a", true)]
    [InlineData("HTTP://example.com", true)]
    [InlineData("users/a@example.com/messages/x/attachments/y#file", true)]
    [InlineData("media MM123 0", true)]
    [InlineData("upload://abc.png", true)]
    [InlineData("", true)]
    [InlineData("//example.com", true)]
    [InlineData("?a:b", true)]
    [InlineData("vbscript:x", false)]
    [InlineData("\u0001javascript:x", false)]
    [InlineData("java\nscript:x", false)]
    [InlineData("blob:https://example.com/x", false)]
    [InlineData("a-very-long-scheme-that-nobody-knows-of-whatever:x", false)]
    public void Only_what_fetches_may_be_an_address(string reference, bool may) =>
    Assert.Equal(may, AttachmentText.MayBeAddress(reference));

    private static List<string> Texts(int first, int count) => [.. Enumerable.Range(first, count).Select(i => $"This is m{i:d3}.")];

    private Task<TestApp> StartAsync() => TestApp.StartAsync(
        azurite, SampleChannel.Add,
        ("Sample__ApiUrl", "http://127.0.0.1:9/"), ("Webhook__Subscribers__s0__Url", _subscriber.Address.ToString()),
        ("Webhook__Subscribers__s0__Secret", "whsec_bm90IGEgc2VjcmV0OiBhIHN1YnNjcmliZXIncyBvd24="),
        ("Webhook__Subscribers__s0__Include", "text,attachments"));

    private static async Task SayAsync(TestApp world, string thread, int first, int count)
    {
        var at = world.Time.GetUtcNow().AddHours(-1);
        await world.SampleAsync(
            SampleChannel.Body([.. Enumerable.Range(first, count)
                .Select(i => SampleChannel.Element($"m{i:d3}", at.AddSeconds(i), thread))]));
        Assert.Equal(0, await world.DrainAsync(bus: false));
    }
}
