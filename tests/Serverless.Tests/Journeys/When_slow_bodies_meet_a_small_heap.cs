using System.Globalization;
using System.Text.Json.Nodes;
using Serverless.Local.CommandLine;
using Serverless.Local.Machine;
using Serverless.Tests.Harness;
using Xunit;
using Xunit.Abstractions;

namespace Serverless.Tests.Journeys;

/// <summary>
/// The whole form of <see cref="When_bodies_come_slowly"/>, which is part of each run: the published app under a heap of at most 512 MB,
/// three channels with so many slow sockets each, which claim the channel's largest body and send half of it, while every genuine seed of
/// all channels is answered as always. A command: <c>SLOW_SOCKETS=240 dotnet test --filter When_slow_bodies_meet_a_small_heap</c>.
/// </summary>
public sealed class When_slow_bodies_meet_a_small_heap(AzuriteFixture azurite, ITestOutputHelper output) : IClassFixture<AzuriteFixture>
{
    private const string HeapLimit = "0x20000000";
    private static readonly HttpClient Http = new() { Timeout = TimeSpan.FromSeconds(60) };

    [CommandFact("SLOW_SOCKETS")]
    public async Task Genuine_calls_of_all_channels_are_answered()
    {
        var sockets = int.Parse(Environment.GetEnvironmentVariable("SLOW_SOCKETS")!, CultureInfo.InvariantCulture);
        var folder = Directory.CreateTempSubdirectory("serverless-slow-").FullName;
        var root = await PublishedApp.EnsureAsync(new Repository(Seed.RepositoryRoot), "functions", "app",
            Screen.On(TextWriter.Null, redirected: true), CancellationToken.None);
        var file = Path.Combine(folder, "local.settings.json");
        var values = new JsonObject(Settings().Select(s => KeyValuePair.Create(s.Key, (JsonNode?)s.Value)));
        await File.WriteAllTextAsync(file, new JsonObject { ["Values"] = values }.ToJsonString());
        await using (var host = new HostProcess(root, file, Path.Combine(folder, "data")))
        {
            await host.StartAsync();
            await using var slow = new SlowSockets();
            var before = await RoundAsync(host);
            foreach (var (path, claimed) in new[] { ("/api/hooks/generic", 8_000_000), ("/api/hooks/meta", 3_000_000),
                ("/api/hooks/twilio/voice", 64_000) })
                await slow.OpenManyAsync(sockets, host.FrontDoor, path, claimed, claimed / 2);
            var during = await RoundAsync(host);
            output.WriteLine($"{slow.Count} slow sockets; genuine calls took {before.TotalSeconds:0.0} s before");
            output.WriteLine($"and {during.TotalSeconds:0.0} s beside them");
            Assert.DoesNotContain(host.Lines, line => line.Contains("OutOfMemory", StringComparison.Ordinal));
        }

        Directory.Delete(folder, recursive: true);
    }

    private static async Task<TimeSpan> RoundAsync(HostProcess host)
    {
        var began = TimeProvider.System.GetTimestamp();
        List<string> wrong = [];
        foreach (var seed in Seed.Channels.SelectMany(Seed.Of).Where(s => s.IsGenuine && s.Method is "GET" or "POST"))
        {
            var address = host.FrontDoor.GetLeftPart(UriPartial.Authority) + seed.PathAndQuery;
            var url = new Uri(address, new UriCreationOptions { DangerousDisablePathAndQueryCanonicalization = true });
            using var request = new HttpRequestMessage(new HttpMethod(seed.Method), url);
            if (seed.Method == "POST") request.Content = new ByteArrayContent(seed.Body);
            foreach (var (name, value) in seed.Headers)
                if (!request.Headers.TryAddWithoutValidation(name, value)) request.Content?.Headers.TryAddWithoutValidation(name, value);
            using var answer = await Http.SendAsync(request);
            var status = (int)answer.StatusCode;
            if (status != seed.Answer.Status) wrong.Add($"{seed.Name}: {status} instead of {seed.Answer.Status}");
        }

        // What the app said of them tells a limit from storage that was slow.
        var said = host.Lines.Where(l => l.Contains("not read", StringComparison.Ordinal)
            || l.Contains("unstored", StringComparison.Ordinal));
        Assert.True(wrong.Count == 0, string.Join('\n', wrong.Concat(said.TakeLast(20))));
        return TimeProvider.System.GetElapsedTime(began);
    }

    private Dictionary<string, string?> Settings()
    {
        var settings = TestApp.DefaultSettings();
        settings["AzureWebJobsStorage"] = azurite.OwnAccount();
        settings["FUNCTIONS_WORKER_RUNTIME"] = "dotnet-isolated";
        settings["DOTNET_GCHeapHardLimit"] = HeapLimit;
        // Storing may take long beside all other tests: memory and sockets are asked about here.
        settings["Receive__StoreSeconds"] = "60";
        settings["Http__StorageSeconds"] = "60";
        return settings;
    }
}
