using System.Net;
using System.Security.Cryptography;
using Serverless.Attachments;
using Serverless.Tests.Harness;
using Xunit;

namespace Serverless.Tests.Journeys;

/// <summary>Files are fetched apart from their contacts: none is lost or stored twice, and each says what became of it.</summary>
public sealed class When_files_are_fetched_apart(AzuriteFixture azurite) : IAsyncLifetime, IClassFixture<AzuriteFixture>
{
    private readonly byte[] _film = RandomNumberGenerator.GetBytes(9 * 1024 * 1024);
    private readonly byte[] _photo = RandomNumberGenerator.GetBytes(40_000);
    private SampleApi _api = null!;
    private TestApp _world = null!;

    public async Task InitializeAsync()
    {
        _api = await SampleApi.StartAsync();
        (_api.Files["film.bin"], _api.Files["photo.png"]) = (_film, _photo);
        _world = await azurite.SampleWorldAsync(_api);
    }

    public async Task DisposeAsync()
    {
        await _world.DisposeAsync();
        await _api.DisposeAsync();
    }

    private async Task<string> ArriveAsync(string id, params string[] files)
    {
        var delivery = await _world.SampleAsync(SampleChannel.Body(SampleChannel.Element(id, _world.Time.GetUtcNow(), id, files)));
        Assert.Equal(0, await _world.DrainAsync());
        Assert.Equal("ended: case", await _world.EndOfAsync(delivery, "sample"));
        return delivery;
    }

    private async Task<string> IdOfAsync(string name) =>
        (await _world.OnlyCaseAsync()).Files().Single(f => f.GetProperty("name").GetString() == name).GetProperty("id").GetString()!;

    [Fact]
    public async Task A_download_is_never_shown_by_a_browser()
    {
        await ArriveAsync("m1", "photo.png");
        var file = await _world.OnlyCaseAsync();
        using var answer = await _world.RawAsync(HttpMethod.Get,
            $"/api/cases/{file.GetProperty("case").GetProperty("number").GetString()}/attachments/{await IdOfAsync("photo.png")}");
        Assert.Equal(HttpStatusCode.OK, answer.StatusCode);
        Assert.Equal(_photo, await answer.Content.ReadAsByteArrayAsync());
        Assert.Equal("image/png", answer.Content.Headers.ContentType?.ToString());
        Assert.StartsWith("attachment;", answer.Content.Headers.ContentDisposition?.ToString(), StringComparison.Ordinal);
        Assert.Equal("nosniff", answer.Headers.GetValues("X-Content-Type-Options").Single());
        foreach (var unknown in new[] { "nonono-nonono", "..%2F..%2Fhead", "x" })
        {
            using var none = await _world.RawAsync(HttpMethod.Get, $"/api/cases/{file.CaseId()}/attachments/{unknown}");
            Assert.Equal(HttpStatusCode.NotFound, none.StatusCode);
        }
    }

    [Fact]
    public async Task What_is_gone_or_too_large_is_said_and_keeps_nothing()
    {
        _world.Set(("Attachments__MaxBytes", "1000000"));
        await ArriveAsync("m1", "film.bin", "never-there.bin", "photo.png");
        var file = await _world.OnlyCaseAsync();
        Assert.Equal(["failed: too-large", "gone: gone-at-provider", "stored"], file.FileStates().Values);
    }

    [Fact]
    public async Task After_three_days_a_file_has_failed_and_the_case_says_why()
    {
        (_api.Trouble, _api.RetryAfter) = (503, 20 * 60 * 60);
        await ArriveAsync("m1", "photo.png");
        var (caseId, id) = ((await _world.OnlyCaseAsync()).CaseId(), await IdOfAsync("photo.png"));
        for (var tries = 0; tries < 4; tries++) await _world.NextFileTryAsync(caseId, [id]);
        Assert.Equal("failed: refused", (await _world.OnlyCaseAsync()).FileStates()["photo.png"]);
        Assert.Equal(5, _api.Calls.Count);
    }

    [Fact]
    public async Task What_its_author_takes_back_is_deleted_and_not_fetched_until_it_is_put_back()
    {
        await ArriveAsync("m1", "photo.png");
        var (caseId, id) = ((await _world.OnlyCaseAsync()).CaseId(), await IdOfAsync("photo.png"));
        var removal = SampleChannel.Element("m1", _world.Time.GetUtcNow(), "m1");
        removal["change"] = "Removed";
        await _world.SampleAsync(SampleChannel.Body(removal));
        Assert.Equal(0, await _world.DrainAsync());
        Assert.Equal("removed", Assert.Single((await _world.OnlyCaseAsync()).FileStates().Values));
        using var gone = await _world.RawAsync(HttpMethod.Get, $"/api/cases/{caseId}/attachments/{id}");
        Assert.Equal(HttpStatusCode.NotFound, gone.StatusCode);
        Assert.True(await _world.FetchAsync(caseId, id));
        Assert.Single(_api.Calls);

        _world.Time.Advance(TimeSpan.FromMinutes(1));
        var putBack = SampleChannel.Element("m1", _world.Time.GetUtcNow(), "m1", "photo.png");
        putBack["change"] = "Restored";
        await _world.SampleAsync(SampleChannel.Body(putBack));
        Assert.Equal(0, await _world.DrainAsync());
        Assert.Equal("stored", Assert.Single((await _world.OnlyCaseAsync()).FileStates().Values));
        Assert.Equal(_photo, await _world.DownloadAsync(caseId, id));
    }

    [Fact]
    public async Task A_message_that_cannot_be_worked_leaves_a_file_that_says_so()
    {
        _api.Trouble = 500;
        await ArriveAsync("m1", "photo.png");
        var (caseId, id) = ((await _world.OnlyCaseAsync()).CaseId(), await IdOfAsync("photo.png"));
        Assert.True(await _world.InvokeAsync("GiveUpAttachments", "pointer",
            System.Text.Encoding.UTF8.GetString(new AttachmentMessage(caseId, id, 3).ToJson())));
        Assert.Equal("failed: failed-too-often", (await _world.OnlyCaseAsync()).FileStates()["photo.png"]);
        foreach (var function in new[] { "GiveUpAttachments", "FetchAttachments" })
            Assert.True(await _world.InvokeAsync(function, "pointer", "no pointer"));
    }

    [Fact]
    public async Task A_contact_without_files_costs_not_one_call_more_and_each_file_two()
    {
        await ArriveAsync("first", "photo.png");
        async Task<long> CostAsync(string id, params string[] files)
        {
            var delivery = await _world.SampleAsync(SampleChannel.Body(SampleChannel.Element(id, _world.Time.GetUtcNow(), "first", files)));
            var before = _world.Calls.Storage;
            Assert.True(await _world.WorkAsync(delivery, "sample"));
            return _world.Calls.Storage - before;
        }

        // A message for each of the four routes, which are on here; When_a_contact_costs_calls counts without them.
        const int Known = 7 + 4;
        Assert.Equal(Known, await CostAsync("second"));
        Assert.Equal(Known + (2 * 2), await CostAsync("third", "photo.png", "film.bin"));
    }

    [Fact]
    public async Task Every_step_is_safe_to_die_in()
    {
        // Every table, queue and container is there from here on.
        await ArriveAsync("warm", "photo.png");
        List<StepGate> gates = [];
        List<TestApp> doomed = [];
        var persons = 0;
        foreach (var fetching in new[] { false, true })
        {
            for (var steps = 0; ; steps++)
            {
                var id = $"m{persons++}";
                var delivery =
                    await _world.SampleAsync(SampleChannel.Body(SampleChannel.Element(id, _world.Time.GetUtcNow(), id, "photo.png")));
                // The message stays in its queue: what the doomed one does not finish is delivered again.
                if (fetching) Assert.True(await _world.WorkAsync(delivery, "sample"));
                var gate = new StepGate();
                gates.Add(gate);
                var twin = await _world.TwinAsync(("Sample__ApiUrl", _api.Address.AbsoluteUri),
                    ("AzureWebJobsStorage", gate.Through(_world.ConnectionString)));
                doomed.Add(twin);
                gate.DieAfter(steps);
                var caseOf = fetching
                    ? (await _world.CasesAsync()).Single(c => c.Files().Exists(f => f.GetProperty("state").GetString() == "waiting"))
                    : default;
                var work = fetching ? twin.FetchAsync(caseOf.CaseId(), caseOf.Files().Single().GetProperty("id").GetString()!)
                    : twin.WorkAsync(delivery, "sample");
                var died = await Task.WhenAny(work, gate.Died) == gate.Died;
                if (!died) await work;
                else _ = work.ContinueWith(t => _ = t.Exception, TaskScheduler.Default);
                Assert.Equal(0, await _world.DrainAsync());
                Assert.True(steps < 40, "More than 40 steps: is something repeated for ever?");
                if (!died) break;
            }
        }

        var cases = await _world.CasesAsync();
        Assert.Equal(persons + 1, cases.Count);
        foreach (var one in cases)
        {
            Assert.Equal("stored", Assert.Single(one.FileStates().Values));
            Assert.Equal(_photo, await _world.DownloadAsync(one.CaseId(), one.Files().Single().GetProperty("id").GetString()!));
        }

        foreach (var gate in gates) gate.Dispose();
        foreach (var twin in doomed) await twin.DisposeAsync();
    }
}
