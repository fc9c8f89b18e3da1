using System.Globalization;
using System.Net.Sockets;
using System.Text;
using Serverless.Tests.Harness;
using Xunit;

namespace Serverless.Tests.Journeys;

/// <summary>
/// A caller closes its connection right behind the last byte of its body, as proxies and impatient providers do. Under load 22 of 32 such
/// calls were stored but not queued, and waited
/// a quarter of an hour: the queue message was tied to the caller's connection.
/// </summary>
public sealed class When_a_caller_hangs_up(AzuriteFixture azurite) : IClassFixture<AzuriteFixture>
{
    private const int Calls = 24;

    [Fact]
    public async Task Whatever_is_stored_is_queued_at_once()
    {
        await using var world = await TestApp.StartAsync(azurite);
        // The first call meets tables that do not exist yet.
        await world.AcceptAsync(MetaCall.Messages(new MetaSaid("wamid.first", "493023125016", "Hallo", world.Time.GetUtcNow())));
        await Task.WhenAll(Enumerable.Range(1, Calls).Select(n => SendAndCloseAsync(world, n)));

        using var queue = new InboundDriver(world);
        var (stored, before) = (0, -1);
        // Until nothing comes any more: who hung up before its last byte was read is not stored.
        while (before != stored)
        {
            await Task.Delay(500);
            (before, stored) = (stored, (await world.SummaryAsync()).GetProperty("deliveries").GetProperty("accepted").GetInt32());
        }

        Assert.InRange(stored, 2, Calls + 1);
        Assert.Equal(stored, await queue.CountAsync());
        await world.DrainAsync();
        Assert.Equal(stored, (await world.CasesAsync()).Count);
    }

    /// <summary>What people do to a case is told although they hang up: nothing waits for Tick.</summary>
    [Fact]
    public async Task Whatever_changed_a_case_is_told_at_once()
    {
        await using var world = await TestApp.StartAsync(azurite, ("Owners__Default", "service"));
        await world.AcceptAsync(MetaCall.Messages([.. Enumerable.Range(1, Calls).Select(
            n => new MetaSaid($"wamid.{n}", (493023126000 + n).ToString(CultureInfo.InvariantCulture), "Hallo", world.Time.GetUtcNow()))]));
        await world.DrainAsync();
        var ids = (await world.CasesAsync()).Select(c => c.CaseId()).ToList();
        Assert.Equal(Calls, ids.Count);
        await Task.WhenAll(ids.Select((id, n) => CloseAndLeaveAsync(world, id, 3 + (15 * n))));

        // Until nothing changes any more: what was begun goes on behind callers that are gone.
        var (told, closed, before) = (0, 0, (-1, -1));
        for (var looks = 0; looks < 40 && (before != (told, closed) || told != closed || closed == 0); looks++)
        {
            await Task.Delay(500);
            before = (told, closed);
            var page = await world.GetAsync($"/api/cases?state=closed&top=100&month={world.Time.GetUtcNow():yyyy-MM}");
            (told, closed) = (world.Told().Count(t => t.Type == "serverless.case.closed.v1"), page.GetProperty("cases").GetArrayLength());
        }

        Assert.InRange(closed, 1, Calls);
        Assert.Equal(closed, told);
        Assert.Equal(Calls - closed, (await world.CasesAsync()).Count);
    }

    private static async Task CloseAndLeaveAsync(TestApp world, string id, int milliseconds)
    {
        const string Body = """{"cause":"unknown"}""";
        using var client = new TcpClient();
        await client.ConnectAsync(world.Address.Host, world.Address.Port);
        await client.GetStream().WriteAsync(Encoding.ASCII.GetBytes(
            $"POST /api/cases/{id}/close HTTP/1.1\r\nHost: {world.Address.Authority}\r\nContent-Type: application/json\r\n"
            + $"Content-Length: {Body.Length}\r\n\r\n{Body}"));
        // Some of them are in the midst of it then, on a machine of any speed.
        await Task.Delay(milliseconds);
        client.Client.Close(0);
    }

    private static async Task SendAndCloseAsync(TestApp world, int number)
    {
        var body = MetaCall.Messages(new MetaSaid($"wamid.{number}", (493023126000 + number).ToString(CultureInfo.InvariantCulture),
            "Hallo", world.Time.GetUtcNow()));
        var head = new StringBuilder(
            $"POST /api/hooks/meta HTTP/1.1\r\nHost: {world.Address.Authority}\r\nContent-Length: {body.Length}\r\n");
        foreach (var (name, value) in MetaCall.Headers(body, MetaCall.Secret))
            head.Append(CultureInfo.InvariantCulture, $"{name}: {value}\r\n");
        using var client = new TcpClient();
        await client.ConnectAsync(world.Address.Host, world.Address.Port);
        var stream = client.GetStream();
        await stream.WriteAsync(Encoding.ASCII.GetBytes(head.Append("\r\n").ToString()));
        await stream.WriteAsync(body);
        // From too short for the app to read it, on a busy machine, to as long as storing it takes.
        await Task.Delay(3 + (6 * (number - 1)));
        client.Client.Close(0);
    }
}
