using System.Text.Json.Nodes;

namespace Serverless.Tests.Harness;

/// <summary>Kills one host's handler, or both, with SIGKILL at random instants, and brings the host back as the platform would.</summary>
/// <param name="host">The host; it is started again when it was killed.</param>
/// <param name="http">Reaches it.</param>
/// <param name="random">Seeded, so that a run can be repeated as far as a race can be.</param>
public sealed class Killer(HostProcess host, HttpClient http, Random random)
{
    private const double PartWithHost = 0.2;
    private const int LongestLifeMs = 500;

    public int Handlers { get; private set; }

    public int Hosts { get; private set; }

    /// <summary>Lets the handler live for a random moment after it is ready, then kills.</summary>
    /// <param name="atWork">Called once the handler is ready: the moment to give it work.</param>
    public async Task KillOnceAsync(Action atWork)
    {
        var handler = await ReadyAsync();
        atWork();
        await Task.Delay(random.Next(LongestLifeMs));
        if (random.NextDouble() >= PartWithHost)
        {
            HostProcess.Kill(handler);
            Handlers++;
            await GoneAsync(handler);
            return;
        }

        await host.KillAsync();
        HostProcess.Kill(handler);
        await GoneAsync(handler);
        Hosts++;
        await host.StartAsync();
    }

    /// <summary>Waits until the handler serves; its pid.</summary>
    public async Task<int> ReadyAsync()
    {
        // The host holds a call back until its handler is ready.
        while (true)
        {
            using (await http.GetAsync(new Uri(host.FrontDoor, "api/schema"))) { }
            if (await PidAsync() is > 0 and var pid) return pid;
        }
    }

    // A zombie has no command line any more.
    private static async Task GoneAsync(int processId)
    {
        while (File.Exists($"/proc/{processId}/cmdline") && (await File.ReadAllBytesAsync($"/proc/{processId}/cmdline")).Length > 0) await Task.Delay(2);
    }

    private async Task<int> PidAsync()
    {
        using var request = new HttpRequestMessage(HttpMethod.Get, new Uri(host.FrontDoor, "admin/host/status"));
        request.Headers.Add("x-functions-key", host.MasterKey);
        using var answer = await http.SendAsync(request);
        return (int)JsonNode.Parse(await answer.Content.ReadAsStringAsync())!["processId"]!;
    }
}
