using System.Net;
using System.Text;
using Serverless.Local.Hosting;
using Xunit;

namespace Serverless.Tests.Hosting;

/// <summary>
/// The handler's side of host-contract.md: what any custom handler must do to live under the host. Inherit it with a host that runs the handler in question;
/// every function of JSON mode it has is run.
/// </summary>
public abstract class HandlerContract
{
    [Fact]
    public async Task The_root_answers_at_once_while_it_works_too()
    {
        await using var subject = await StartAsync();
        var port = HandlerPort(subject);
        using var answer = await HostBench.Http.GetAsync(new Uri($"http://127.0.0.1:{port}/"));
        Assert.NotEqual(0, (int)answer.StatusCode);
    }

    [Fact]
    public async Task Every_function_of_JSON_mode_answers_with_JSON_and_never_empty()
    {
        await using var subject = await StartAsync();
        foreach (var function in subject.Host.Functions.Where(function => function.Trigger is not HttpTrigger))
        {
            var result = await subject.Host.RunNowAsync(function.Name, CancellationToken.None, subject.Input(function));
            Assert.True(result.Succeeded, $"{function.Name}: {result.Error}");
        }
    }

    [Fact]
    public async Task A_message_nobody_can_read_ends_in_an_answer_not_in_a_hang()
    {
        await using var subject = await StartAsync();
        foreach (var function in subject.Host.Functions.Where(function => function.Trigger is QueueTrigger or BusTrigger))
        {
            await subject.Host.RunNowAsync(function.Name, CancellationToken.None, "{ not json \u0001");
            Assert.Equal(0, subject.Host.CountsOf(function.Name).Hung);
        }

        Assert.Equal(1, subject.Host.HandlerStarts);
    }

    [Fact]
    public async Task It_listens_on_loopback_only()
    {
        await using var subject = await StartAsync();
        var own = (await Dns.GetHostAddressesAsync(Dns.GetHostName())).FirstOrDefault(address => !IPAddress.IsLoopback(address) && address.AddressFamily == System.Net.Sockets.AddressFamily.InterNetwork);
        if (own is null) return;
        using var socket = new System.Net.Sockets.TcpClient();
        await Assert.ThrowsAnyAsync<System.Net.Sockets.SocketException>(() => socket.ConnectAsync(own, HandlerPort(subject)));
    }

    /// <summary>A host that runs the handler.</summary>
    protected abstract Task<HandlerUnderTest> StartAsync();

    private static int HandlerPort(HandlerUnderTest subject)
    {
        var environment = Encoding.UTF8.GetString(File.ReadAllBytes($"/proc/{subject.Host.HandlerProcessId}/environ"));
        return int.Parse(environment.Split('\0').Single(line => line.StartsWith("FUNCTIONS_CUSTOMHANDLER_PORT=", StringComparison.Ordinal)).Split('=')[1]);
    }
}

/// <summary>A running host, a good message for each of its functions, and what to end afterwards.</summary>
public sealed class HandlerUnderTest(FunctionHost host, Func<FunctionDefinition, string> input, IAsyncDisposable? owner) : IAsyncDisposable
{
    public FunctionHost Host { get; } = host;

    public string Input(FunctionDefinition function) => input(function);

    public async ValueTask DisposeAsync()
    {
        await Host.DisposeAsync();
        if (owner is not null) await owner.DisposeAsync();
    }
}

/// <summary>The contract, kept by the handler of these tests.</summary>
public sealed class NodeHandlerContractTests : HandlerContract
{
    protected override async Task<HandlerUnderTest> StartAsync()
    {
        var bench = new HostBench();
        bench.TimerFunction();
        bench.BusFunction();
        bench.Messaging();
        return new HandlerUnderTest(await FunctionHost.StartAsync(bench.Options(), CancellationToken.None), _ => "{}", bench);
    }
}
