using System.Net;
using System.Net.Sockets;
using Serverless.Intake;
using Serverless.Local.CommandLine;
using Serverless.Local.FunctionsHost;
using Serverless.Local.Machine;
using Serverless.Tests.Harness;
using Xunit;

namespace Serverless.Tests.FunctionsHost;

/// <summary>The app as it is published, under the stand-in host.</summary>
public sealed class AppContractTests(AzuriteFixture azurite) : IClassFixture<AzuriteFixture>
{
    [Fact]
    public async Task Every_queue_and_timer_function_runs_and_one_that_meets_what_it_cannot_read_keeps_the_worker()
    {
        await using var bench = await StartAsync();
        Assert.Empty(bench.Host.InError);
        foreach (var function in bench.Host.Functions.Where(item => item.Kind != TriggerKind.Http))
        {
            var result = await bench.Host.RunNowAsync(function.Name, CancellationToken.None, Message(function.Name));
            Assert.True(result.Succeeded, $"{function.Name}: {result.Error}");
            if (function.Kind == TriggerKind.Queue)
                await bench.Host.RunNowAsync(function.Name, CancellationToken.None, "{ not json \u0001");
        }

        Assert.Equal(1, bench.Host.WorkerStarts);
    }

    [Fact]
    public async Task It_answers_through_the_host_and_listens_on_loopback_only()
    {
        await using var bench = await StartAsync();
        Assert.Equal(HttpStatusCode.OK, await bench.CallAsync(HttpMethod.Get, "api/schema"));
        Assert.Equal(HttpStatusCode.Unauthorized, await bench.CallAsync(HttpMethod.Get, "api/operations/summary"));
        var own = (await Dns.GetHostAddressesAsync(Dns.GetHostName())).FirstOrDefault(address => !IPAddress.IsLoopback(address)
            && address.AddressFamily == AddressFamily.InterNetwork);
        if (own is null) return;
        foreach (var port in Ports(bench.Host.WorkerProcessId))
        {
            using var socket = new TcpClient();
            await Assert.ThrowsAnyAsync<SocketException>(() => socket.ConnectAsync(own, port));
        }
    }

    private async Task<HostedWorker> StartAsync()
    {
        var root = await PublishedApp.EnsureAsync(new Repository(Harness.Seed.RepositoryRoot), "functions", "app",
            Screen.On(TextWriter.Null, redirected: true), CancellationToken.None);
        var bench = new HostedWorker();
        foreach (var (name, value) in TestApp.DefaultSettings()) bench.Settings[name] = value!;
        bench.Settings["AzureWebJobsStorage"] = azurite.OwnAccount();
        return await bench.StartAsync(bench.Options(root: root));
    }

    private static string Message(string function) => function switch
    {
        "Normalise" or "KeepPoison" =>
            System.Text.Encoding.UTF8.GetString(new DeliveryMessage("meta", DeliveryKey.NewId(new FakeTime().GetUtcNow()), 0,
                new FakeTime().GetUtcNow()).ToJson()),
        "NotifyWebhook" or "NotifyTeams" or "NotifyMail" or "AcknowledgeCustomer" => """
            {"specversion":"1.0","id":"e-1","source":"/cases","type":"serverless.case.opened.v1","subject":"c-1","time":"2026-11-20T09:00:00Z","data":{"caseId":"c-1","number":"2345-6789"}}
            """,
        "Tick" or "Daily" => "",
        _ => "{}",
    };

    // Listening sockets of the process: state 0A in /proc/net/tcp, owned by one of its file descriptors.
    private static IEnumerable<int> Ports(int process)
    {
        var owned = Directory.EnumerateFiles($"/proc/{process}/fd").Select(file => new FileInfo(file).LinkTarget).OfType<string>()
            .ToHashSet();
        return [.. File.ReadLines("/proc/net/tcp").Skip(1).Select(line => line.Split(' ', StringSplitOptions.RemoveEmptyEntries))
            .Where(fields => fields[3] == "0A" && owned.Contains($"socket:[{fields[9]}]"))
            .Select(fields => Convert.ToInt32(fields[1].Split(':')[1], 16))];
    }
}
