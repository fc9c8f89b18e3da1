using System.Text.Json;
using Serverless.Tests.Harness;
using Xunit;
using Xunit.Abstractions;

namespace Serverless.Tests.Journeys;

/// <summary>
/// One instance dies after the first, the second, the n-th request it sends to storage or bus, for every n there is; another one carries
/// on. The random kills of
/// <see cref="When_the_app_is_killed"/> hit real processes anywhere; here no step is left out.
/// </summary>
public sealed class When_the_app_dies_between_two_steps(AzuriteFixture azurite, ITestOutputHelper output) : IAsyncLifetime,
    IClassFixture<AzuriteFixture>
{
    private const int MostSteps = 60;
    private readonly List<IDisposable> _gates = [];
    private readonly List<TestApp> _worlds = [];
    private readonly FakeTime _time = new();
    private Subscriber _subscriber = null!;
    private TestApp _living = null!;
    private string _waiting = "";

    public async Task InitializeAsync()
    {
        _subscriber = await Subscriber.StartAsync();
        _living = await TestApp.StartAsync(azurite.OwnAccount(), null, _time, Settings());
        _worlds.Add(_living);

        // Every table and queue is there from here on: the steps of a warm system.
        await _living.AcceptAsync(Conversations.Message(0, 0));
        await _living.DrainAsync();
    }

    public async Task DisposeAsync()
    {
        foreach (var gate in _gates) gate.Dispose();
        foreach (var world in Enumerable.Reverse(_worlds)) await world.DisposeAsync();
        await _subscriber.DisposeAsync();
    }

    [Fact]
    public async Task Accepting_is_safe_to_die_in()
    {
        var steps = await DieAtEveryStepAsync(100, (doomed, person) => doomed.AcceptAsync(Conversations.Message(person, 0)), async person =>
        {
            // No answer, so the provider calls again.
            await _living.AcceptAsync(Conversations.Message(person, 0));
            await _living.DrainAsync();
        });

        Assert.Equal(["GET sources", "POST deliveries202611", "POST inbound/messages"], steps);
        // What was stored by the dead, but not queued, is found by Tick.
        _time.Advance(TimeSpan.FromMinutes(16));
        Assert.True(await _living.TickAsync());
        await _living.DrainAsync();
        await EverythingHoldsAsync(steps.Count, contacts: 1);
    }

    [Fact]
    public async Task Opening_a_case_is_safe_to_die_in()
    {
        var steps = await NormaliseAtEveryStepAsync(200, before: 0);
        Assert.Equal(
            [
                "GET deliveries202611", "GET rules/own.json", // row, own rules: once a minute and instance
                "GET threads", "POST threads", "POST seen", "POST numbers", "POST $batch", // pointer, seen, commit
                // routes
                "POST notify-webhook/messages", "POST notify-teams/messages", "POST notify-mail/messages",
                "POST notify-acknowledgement/messages",
                "POST case-events/messages", "POST views", "PUT views", "POST $batch", // topic, view, mark
                "PATCH deliveries202611", // end
            ],
            steps);
        await EverythingHoldsAsync(steps.Count, contacts: 1);
    }

    [Fact]
    public async Task Joining_a_case_is_safe_to_die_in()
    {
        var steps = await NormaliseAtEveryStepAsync(300, before: 1);
        Assert.Contains("POST case-events/messages", steps);
        await EverythingHoldsAsync(steps.Count, contacts: 2);
    }

    [Fact]
    public async Task Telling_a_subscriber_is_safe_to_die_in()
    {
        var steps = await DieAtEveryStepAsync(400, TellAsync, async _ =>
        {
            // The host delivers it again; whoever gets it waits for the claim of the dead to run out.
            await _living.PutNoticeAsync("webhook", _waiting);
            await _living.DrainAsync();
            _time.Advance(TimeSpan.FromMinutes(10));
            await _living.DrainAsync();
        }, async person =>
        {
            await _living.AcceptAsync(Conversations.Message(person, 0));
            await _living.DrainAsync(bus: false);
            _waiting = Assert.Single(await _living.TakeNoticesAsync("webhook"));
        });

        // who listens; where it stands, who is off; claim, note
        Assert.Equal(["GET subscriptions", "GET notices", "GET notices", "POST notices", "PUT notices"], steps);
        await EverythingHoldsAsync(steps.Count, contacts: 1);

        Task TellAsync(TestApp doomed, int person)
        {
            return doomed.InvokeAsync("NotifyWebhook", "notice", _waiting);
        }
    }

    private Task<IReadOnlyList<string>> NormaliseAtEveryStepAsync(int firstPerson, int before)
    {
        var delivery = "";
        return DieAtEveryStepAsync(firstPerson, (doomed, _) => doomed.WorkAsync(delivery), async _ =>
            await _living.DrainAsync(), async person =>
        {
            for (var number = 0; number < before; number++) await _living.AcceptAsync(Conversations.Message(person, number));
            await _living.DrainAsync();
            // Its message stays in the queue: what the doomed instance does not finish is delivered again.
            delivery = await _living.AcceptAsync(Conversations.Message(person, before));
        });
    }

    /// <summary>Lets an instance die before its n-th request for n = 1, 2, ... until it has none left, each time with another
    /// person.</summary>
    /// <param name="firstPerson">Persons count from here.</param>
    /// <param name="die">What the doomed instance is asked to do.</param>
    /// <param name="carryOn">What the world does about it.</param>
    /// <param name="prepare">Done by the living instance before.</param>
    /// <returns>The requests of the whole work, in order; before each of them, and after the last, somebody died.</returns>
    private async Task<IReadOnlyList<string>> DieAtEveryStepAsync(int firstPerson, Func<TestApp, int, Task> die, Func<int, Task> carryOn,
        Func<int, Task>? prepare = null)
    {
        for (var steps = 0; steps <= MostSteps; steps++)
        {
            var person = firstPerson + steps;
            if (prepare is not null) await prepare(person);
            var gate = new StepGate();
            _gates.Add(gate);
            var doomed = await _living.TwinAsync([.. Settings(), ("AzureWebJobsStorage", gate.Through(_living.ConnectionString)),
                ("ServiceBusConnection", gate.Through(Bus))]);
            _worlds.Add(doomed);
            gate.DieAfter(steps);
            var work = die(doomed, person);
            var died = await Task.WhenAny(work, gate.Died) == gate.Died;
            output.WriteLine(
                $"{steps}: {(died ? "died before " + await gate.Died : "had done all")} after {string.Join(", ", gate.Passed)}");
            if (!died) await work;
            else _ = work.ContinueWith(t => _ = t.Exception, TaskScheduler.Default);
            await carryOn(person);
            if (!died) return gate.Passed;
        }

        throw new InvalidOperationException($"More than {MostSteps} steps: is something repeated for ever?");
    }

    private async Task EverythingHoldsAsync(int steps, int contacts)
    {
        var told = _subscriber.Told.Select(r => r.Headers["webhook-id"]).ToHashSet(StringComparer.Ordinal);
        var cases = (await _living.CasesAsync()).Where(c => Person(c) >= 100).ToList();
        Assert.Equal(steps + 1, cases.Count);
        Assert.Equal(steps + 1, cases.Select(Person).Distinct().Count());
        foreach (var file in cases)
        {
            var history = file.GetProperty("history").EnumerateArray().Select(h => h.GetProperty("event").GetProperty("id").GetString()!)
                .ToList();
            Assert.True(contacts == file.GetProperty("contacts").GetArrayLength(),
                $"person {Person(file)}: {file.GetProperty("contacts").GetArrayLength()} contacts");
            Assert.True(contacts == history.Count, $"person {Person(file)}: {history.Count} events");
            Assert.True(history.TrueForAll(told.Contains), $"person {Person(file)}: an event was never told");
        }

        var summary = await _living.SummaryAsync();
        Assert.Equal(0, summary.GetProperty("unaccounted").GetInt32());
        Assert.Equal(0, summary.GetProperty("deliveries").GetProperty("open").GetInt32());
        Assert.Equal(0, summary.GetProperty("outboxPending").GetInt32());
        Assert.All(_living.Broker.Counts(), count => Assert.Equal((0, 0), (count.Active, count.DeadLetters)));
        foreach (var route in new[] { "webhook", "teams", "mail", "acknowledgement" })
            Assert.Equal(0, await _living.CountNoticesAsync(route));
    }

    private static int Person(JsonElement file) =>
        Conversations.PersonOf(file.GetProperty("contacts")[0].GetProperty("contact").GetProperty("externalId").GetString()!);

    private string Bus =>
        $"Endpoint=sb://127.0.0.1:{_living.Broker.Endpoint.Port};SharedAccessKeyName=local;SharedAccessKey=local;UseDevelopmentEmulator=true";

    private (string, string?)[] Settings() =>
    [
        ("Webhook__Subscribers__crm__Url", _subscriber.Address.AbsoluteUri),
        ("Webhook__Subscribers__crm__Secret", "whsec_bm90IGEgc2VjcmV0OiBraWxsIHRlc3RzIG9ubHkuLi4="),
    ];
}
