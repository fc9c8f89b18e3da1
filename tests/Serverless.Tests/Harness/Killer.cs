using System.Text.Json.Nodes;

namespace Serverless.Tests.Harness;

/// <summary>Kills one host's worker, or both, with SIGKILL at random instants, and brings the host back as the platform would.</summary>
/// <param name="host">The host; it is started again when it was killed.</param>
/// <param name="http">Reaches it.</param>
/// <param name="random">Seeded, so that a run can be repeated as far as a race can be.</param>
public sealed class Killer(HostProcess host, HttpClient http, Random random)
{
    private const double PartWithHost = 0.2;
    private static readonly TimeSpan ShortestSpan = TimeSpan.FromMilliseconds(500);
    private TimeSpan _startTook = ShortestSpan;

    public int Workers { get; private set; }

    public int Hosts { get; private set; }

    /// <summary>
    /// Lets the worker live for a random moment after it is ready, then kills. The moment is at most twice as long as a start takes, so
    /// that on a slow machine
    /// too it falls into the middle of the work: neither always before it nor always after it.
    /// </summary>
    /// <param name="atWork">Called once the worker is ready: the moment to give it work.</param>
    public async Task KillOnceAsync(Action atWork)
    {
        var worker = await ReadyAsync();
        atWork();
        await Task.Delay(2 * random.NextDouble() * _startTook);
        // The second one takes the host along in any case, so that few kills meet both.
        if (random.NextDouble() >= PartWithHost && Workers + Hosts != 1)
        {
            HostProcess.Kill(worker);
            Workers++;
            await GoneAsync(worker);
            var gone = TimeProvider.System.GetTimestamp();
            await ReadyAsync();
            _startTook = TimeProvider.System.GetElapsedTime(gone) is var took && took > ShortestSpan ? took : ShortestSpan;
            return;
        }

        await host.KillAsync();
        await GoneAsync(worker);
        Hosts++;
        await host.StartAsync();
    }

    /// <summary>Waits until the worker serves; its pid.</summary>
    public async Task<int> ReadyAsync()
    {
        // The host holds a call back until its worker is ready.
        while (true)
        {
            using (await http.GetAsync(new Uri(host.FrontDoor, "api/schema"))) { }
            if (await PidAsync() is > 0 and var pid) return pid;
        }
    }

    private static async Task GoneAsync(int processId)
    {
        while (IsThere(processId)) await Task.Delay(2);
    }

    // A zombie has no command line any more.
    private static bool IsThere(int processId)
    {
        try
        {
            return File.ReadAllBytes($"/proc/{processId}/cmdline").Length > 0;
        }
        catch (IOException)
        {
            return false;
        }
    }

    private async Task<int> PidAsync()
    {
        using var request = new HttpRequestMessage(HttpMethod.Get, new Uri(host.FrontDoor, "admin/host/status"));
        request.Headers.Add("x-functions-key", host.MasterKey);
        using var answer = await http.SendAsync(request);
        return (int)JsonNode.Parse(await answer.Content.ReadAsStringAsync())!["processId"]!;
    }
}
