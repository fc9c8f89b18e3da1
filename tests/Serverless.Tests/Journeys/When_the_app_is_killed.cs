using System.Text.Json;
using System.Text.Json.Nodes;
using Serverless.Local.Azurite;
using Serverless.Local.CommandLine;
using Serverless.Local.Demo;
using Serverless.Local.Load;
using Serverless.Local.Machine;
using Serverless.Tests.Harness;
using Xunit;
using Xunit.Abstractions;

namespace Serverless.Tests.Journeys;

/// <summary>
/// Two instances of the published app, each under a host of its own, over one storage account. Both are killed with SIGKILL again and again
/// while all seeds and
/// hundreds of fresh messages come in; Azurite lives. Set <c>KILL_SEED</c> to the printed number to repeat the instants, <c>KILLS</c> for
/// more kills.
/// </summary>
public sealed partial class When_the_app_is_killed(AzuriteFixture azurite, ITestOutputHelper output) : IAsyncLifetime,
    IClassFixture<AzuriteFixture>
{
    // The small form of each build. The whole proof is a command: KILLS=1000 dotnet test --filter When_the_app_is_killed.
    private const int FewestKills = 8;
    private const int MessagesPerKill = 3;
    private const int MessagesPerPerson = 6;
    private const int Senders = 6;
    private static readonly string[] Overtaken = ["case", "joined", "updated", "duplicate"];
    private static readonly string[] Routes = ["webhook", "teams", "mail", "acknowledgement"];
    private static readonly TimeSpan QuietWithin = TimeSpan.FromMinutes(5);
    private readonly string _folder = Directory.CreateTempSubdirectory("serverless-kills-").FullName;
    private static readonly HttpClient Http =
        new(new SocketsHttpHandler { AllowAutoRedirect = false,
            PooledConnectionLifetime = TimeSpan.FromSeconds(20) }) { Timeout = TimeSpan.FromSeconds(60) };
    private readonly List<HostProcess> _hosts = [];
    private readonly int _seed = int.TryParse(Environment.GetEnvironmentVariable("KILL_SEED"), out var given)
        ? given : Random.Shared.Next();
    private readonly int _kills = int.TryParse(Environment.GetEnvironmentVariable("KILLS"), out var given) ? given : FewestKills;
    private Subscriber _subscriber = null!;
    private SeedProvider _provider = null!;
    private AzuriteProcess _storage = null!;

    public async Task InitializeAsync()
    {
        _subscriber = await Subscriber.StartAsync();
        _provider = await SeedProvider.StartAsync(Path.Combine(Seed.RepositoryRoot, "seeds"), CancellationToken.None);
        // It has more to do here than in all other journeys together.
        _storage = await AzuriteProcess.StartAsync(azurite.EntryScript, Path.Combine(_folder, "azurite"), CancellationToken.None,
            inMemory: true);
        var root = await PublishedApp.EnsureAsync(new Repository(Seed.RepositoryRoot), "functions", "app",
            Screen.On(TextWriter.Null, redirected: true), CancellationToken.None);
        var settings = Path.Combine(_folder, "local.settings.json");
        await File.WriteAllTextAsync(settings,
            new JsonObject { ["Values"] = new JsonObject(Settings()
                .Select(s => KeyValuePair.Create(s.Key, (JsonNode?)s.Value))) }.ToJsonString());
        foreach (var name in new[] { "one", "other" })
        {
            var host = new HostProcess(root, settings, Path.Combine(_folder, name));
            _hosts.Add(host);
            await host.StartAsync();
        }
    }

    public async Task DisposeAsync()
    {
        foreach (var host in _hosts) await host.DisposeAsync();
        await _subscriber.DisposeAsync();
        await _provider.DisposeAsync();
        await _storage.DisposeAsync();
        Directory.Delete(_folder, recursive: true);
    }

    [Fact]
    public async Task Every_delivery_ends_every_case_exists_once_and_every_event_is_told()
    {
        output.WriteLine($"KILL_SEED={_seed}");
        var sender = new PatientSender(_hosts, Http, new Random(_seed));
        var killers = _hosts.Select((host, i) => new Killer(host, Http, new Random(_seed + 1 + i))).ToList();
        var began = TimeProvider.System.GetTimestamp();
        var (persons, replays) = await KillAsync(killers, sender);
        output.WriteLine(
            $"{killers.Sum(k => k.Workers)} workers killed alone, {killers.Sum(k => k.Hosts)} with their host, in {TimeProvider.System.GetElapsedTime(began).TotalSeconds:0} s;"
            + $" {persons * MessagesPerPerson} messages, {replays} replays of all seeds, {sender.Accepted.Count} deliveries accepted, {sender.SentAgain} sent again");
        Assert.True(killers.Sum(k => k.Workers + k.Hosts) >= FewestKills);
        Assert.True(killers.TrueForAll(k => k.Workers > 0 && k.Hosts > 0));
        Assert.True(replays > 0);

        await QuietAsync(sender);
        var app = new AppOutside(_hosts[0], Http);
        await EveryDeliveryHasItsEndAsync(app, sender);
        var cases = await app.CasesAsync();
        await EveryCaseExistsOnceAsync(app, cases, persons);
        EveryEventWasTold(cases);
    }

    /// <summary>Kills until there were enough; work comes in at the pace of the kills, so that each of them finds some.</summary>
    private async Task<(int Persons, int Replays)> KillAsync(List<Killer> killers, PatientSender sender)
    {
        using var pace = new SemaphoreSlim(0);
        using var over = new CancellationTokenSource();
        var (kills, persons, replays) = (0, 0, 0);
        var killing = killers.Select(async killer =>
        {
            while (Interlocked.Increment(ref kills) <= _kills) await killer.KillOnceAsync(() => pace.Release(MessagesPerKill + 1));
        }).ToList();

        // The messages of one person go out together, so that they race to open the case.
        var talking = Enumerable.Range(0, Senders).Select(async _ =>
        {
            while (await MayAsync())
            {
                var person = Interlocked.Increment(ref persons);
                await Task.WhenAll(Enumerable.Range(0, MessagesPerPerson).Select(async number =>
                {
                    if (number > 0) await MayAsync();
                    await sender.SendAsync(person, number);
                }));
            }
        }).ToList();
        var replaying = Task.Run(async () =>
        {
            var seeds = new[] { "generic", "meta", "twilio" }.SelectMany(Seed.Of).ToList();
            do
            {
                foreach (var seed in seeds)
                {
                    await MayAsync();
                    await sender.SendAsync(seed);
                }

                replays++;
            }
            while (!over.IsCancellationRequested);
        });
        var ticking = Task.Run(async () =>
        {
            while (!over.IsCancellationRequested) await TickAsync();
        });

        await Task.WhenAll(killing);
        await over.CancelAsync();
        await Task.WhenAll([.. talking, replaying, ticking]);
        return (persons, replays);

        // True while kills go on; whoever waits then is let go.
        async Task<bool> MayAsync()
        {
            try
            {
                await pace.WaitAsync(over.Token);
                return true;
            }
            catch (OperationCanceledException)
            {
                return false;
            }
        }
    }

    private async Task TickAsync()
    {
        foreach (var host in _hosts)
        {
            // Not too often: a tick looks at every hour and shard, which costs Azurite more than a delivery does.
            await Task.Delay(TimeSpan.FromSeconds(2));
            try
            {
                await new AppOutside(host, Http).TickAsync();
            }
            catch (HttpRequestException)
            {
                // It has just been killed.
            }
        }
    }

    /// <summary>Ticks on until nothing is open any more; what is still open after the longest wait is the failure.</summary>
    private async Task QuietAsync(PatientSender sender)
    {
        var began = TimeProvider.System.GetTimestamp();
        var queues = new PlainStorage(_storage.ConnectionString);
        var resubmitted = 0;
        while (true)
        {
            await TickAsync();
            var apps = _hosts.Select(host => new AppOutside(host, Http)).ToList();
            var queued = (await Task.WhenAll(Routes.Select(route => queues.CountAsync($"notify-{route}", CancellationToken.None)))).Sum();

            // A message that met ten deaths is a poison message, which Tick keeps: an operator puts it back.
            var dead = 0;
            foreach (var route in Routes) dead += await apps[0].ResubmitAsync($"notify-{route}-poison");
            resubmitted += dead;
            var summary = (await apps[0].GetAsync("api/operations/summary?hours=2"))!.Value;
            var (open, pending) = (summary.GetProperty("deliveries").GetProperty("open").GetInt32(), summary.GetProperty("outboxPending")
                .GetInt32());
            var state = $"{open} deliveries open, {pending} cases with something untold, {queued} messages of routes, {dead} put back";
            var took = TimeProvider.System.GetElapsedTime(began);
            if (open == 0 && pending == 0 && queued == 0 && dead == 0)
            {
                output.WriteLine(
                    $"quiet after {took.TotalSeconds:0} s, {resubmitted} poison messages put back, {_subscriber.Told.Count} notices received: {summary}");
                return;
            }

            Assert.True(took < QuietWithin,
                $"Not quiet within {QuietWithin}: {state}; {sender.Accepted.Count} accepted\n{summary}\n{_hosts[0].LastLines}");
        }
    }

    private static async Task EveryDeliveryHasItsEndAsync(AppOutside app, PatientSender sender)
    {
        foreach (var (channel, id, seed) in sender.Accepted)
        {
            var report = await app.GetAsync($"api/operations/deliveries/{channel}/{id}");
            Assert.True(report is not null, $"{channel}/{id}: accepted, but not there");
            var (end, ends) = (report.Value.GetProperty("end").GetString()!, report.Value.GetProperty("ends").EnumerateArray()
                .Select(e => e.GetString()!).ToList());
            Assert.True(end is "ended" || (seed is not null && end is "kept"), $"{channel}/{id} ({seed?.Name}): {end}");
            if (seed is null) Assert.Contains(Assert.Single(ends), new[] { "case", "joined", "duplicate" });
            else if (seed.IsGenuine)
                Assert.True(AsExpected(seed, ends), $"{seed.Name}: {string.Join(',', ends)} instead of {string.Join(',', seed.Ends)}");
        }

        var summary = (await app.GetAsync("api/operations/summary?hours=2"))!.Value;
        Assert.Equal(0, summary.GetProperty("unaccounted").GetInt32());
    }

    // Sent again and again, a seed's contacts are duplicates from the second time on; and a seed may overtake the one before it.
    private static bool AsExpected(Seed seed, List<string> ends) =>
        seed.Ends.Count == ends.Count
        && seed.Ends.Zip(ends)
        .All(pair => pair.First.Split('|').Contains(pair.Second) || (!pair.First.Contains(':') && Overtaken.Contains(pair.Second)));

    private static async Task EveryCaseExistsOnceAsync(AppOutside app, List<JsonElement> cases, int persons)
    {
        Assert.Equal(cases.Count, cases.Select(c => c.GetProperty("case").GetProperty("id").GetString()).Distinct().Count());
        Assert.Equal(cases.Count, cases.Select(c => c.GetProperty("case").GetProperty("number").GetString()).Distinct().Count());
        var contacts = cases.SelectMany(c => c.GetProperty("contacts").EnumerateArray()
            .Select(one => (Case: c.GetProperty("case").GetProperty("id").GetString()!, Contact: one.GetProperty("contact")))).ToList();
        var byId = contacts.ToLookup(c =>
            (c.Contact.GetProperty("channel").GetString(), c.Contact.GetProperty("account").GetString(), c.Contact.GetProperty("externalId")
                .GetString()));
        Assert.Empty(byId.Where(same => same.Count() > 1).Select(same => same.Key));

        // A conversation has one case, whoever raced to open it.
        Assert.Empty(contacts.Where(c => c.Contact.TryGetProperty("threadKey", out _))
            .GroupBy(c => (c.Contact.GetProperty("account").GetString(), c.Contact.GetProperty("threadKey").GetString()))
            .Where(talk => talk.Select(c => c.Case).Distinct().Count() > 1).Select(talk => talk.Key));

        var messages = contacts.Select(c => c.Contact.GetProperty("externalId").GetString()!).ToHashSet(StringComparer.Ordinal);
        for (var person = 1; person <= persons; person++)
            for (var number = 0; number < MessagesPerPerson; number++) Assert.Contains(Conversations.MessageId(person, number), messages);
        foreach (var expected in SeedContacts()) Assert.Contains(expected, messages);

        // Nothing but cases was opened: each of them is the "case" end of exactly one delivery's element.
        var summary = (await app.GetAsync("api/operations/summary?hours=2"))!.Value;
        Assert.Equal(cases.Count, summary.GetProperty("cases").GetInt32());
    }

    // What customers sent; what our own people sent, or what was removed before it came, may wait for a case for ever.
    private static IEnumerable<string> SeedContacts() =>
        new[] { "generic", "meta", "twilio" }.SelectMany(Seed.Of).SelectMany(s => s.Contacts)
        .Where(c => c.GetProperty("change").GetString() != "removed"
            && c.GetProperty("contact").GetProperty("direction").GetString() == "inbound")
        .Select(c => c.GetProperty("contact").GetProperty("externalId").GetString()!).Distinct(StringComparer.Ordinal);

    private void EveryEventWasTold(List<JsonElement> cases)
    {
        var told = _subscriber.Told.Select(r => r.Headers["webhook-id"]).ToHashSet(StringComparer.Ordinal);
        var untold = cases.SelectMany(c =>
            c.GetProperty("history").EnumerateArray()
            .Select(h => (Case: c.GetProperty("case").GetProperty("number").GetString(), Event: h.GetProperty("event"))))
            .Where(h => !told.Contains(h.Event.GetProperty("id").GetString()!))
            .Select(h => $"{h.Case} {h.Event.GetProperty("type").GetString()} {h.Event.GetProperty("id").GetString()}");
        Assert.Empty(untold);

        // Each contact of a customer is in the history of its case by an event of its own.
        foreach (var file in cases)
        {
            var causes = file.GetProperty("history").EnumerateArray().Select(h => h.GetProperty("event").GetProperty("data"))
                .Where(d => d.TryGetProperty("contactId", out _)).Select(d => d.GetProperty("contactId").GetString()).ToHashSet();
            foreach (var contact in file.GetProperty("contacts").EnumerateArray()
                .Where(c => c.GetProperty("contact").GetProperty("direction").GetString() == "inbound"))
                Assert.Contains(contact.GetProperty("id").GetString(), causes);
        }
    }
}
