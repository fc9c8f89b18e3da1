using System.Globalization;
using System.Net;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using Serverless.Intake;
using Serverless.Tests.Harness;
using Xunit;

namespace Serverless.Tests.Platform.Worker;

/// <summary>What a call meets on its way through the host to the worker (host-contract of the Functions host, measured on
/// 4.1037).</summary>
public sealed class When_the_host_forwards_a_call(AzuriteFixture azurite) : IClassFixture<AzuriteFixture>
{
    private const int Megabyte = 1024 * 1024;

    private static byte[] Large(TestApp world, int bytes) =>
        MetaCall.Messages(new MetaSaid("wamid.large", "493023125017", new string('x', bytes), world.Time.GetUtcNow()));

    private static string Sign(byte[] body) =>
        "sha256=" + Convert.ToHexStringLower(HMACSHA256.HashData(Encoding.UTF8.GetBytes(MetaCall.Secret), body));

    // The generic channel takes the largest bodies.
    private static async Task<(HttpResponseMessage Answer, int Length)> SendAsync(TestApp world, int bytes)
    {
        var text = new string('x', bytes);
        var body = Encoding.UTF8.GetBytes(
            $$$"""{"specversion":"1.0","id":"e1","source":"https://www.example.com/app","type":"contact.form.submitted.v1","data":{"text":"{{{text}}}"}}""");
        var stamp = world.Time.GetUtcNow().ToUnixTimeSeconds().ToString(CultureInfo.InvariantCulture);
        var key = Convert.FromBase64String(Seed.SettingsOf("generic")["Channels__Generic__Secret"]!["whsec_".Length..]);
        var signature = Convert.ToBase64String(HMACSHA256.HashData(key, (byte[])[.. Encoding.UTF8.GetBytes($"m1.{stamp}."), .. body]));
        KeyValuePair<string, string>[] headers =
        [
            new("Content-Type", "application/cloudevents+json"), new("webhook-id", "m1"), new("webhook-timestamp", stamp),
            new("webhook-signature", $"v1,{signature}"),
        ];
        return (await world.SendAsync("POST", "/api/hooks/generic", headers, body), body.Length);
    }

    [Fact]
    public async Task Eight_megabytes_of_JSON_arrive_to_the_byte()
    {
        var limit = (9 * Megabyte).ToString(CultureInfo.InvariantCulture);
        await using var world = await TestApp.StartAsync(azurite, ("Receive__MaxBodyBytes", limit));
        var (answer, length) = await SendAsync(world, (8 * Megabyte) - 1024);
        using (answer)
        {
            Assert.Equal(HttpStatusCode.Accepted, answer.StatusCode);
            var key = new DeliveryKey("generic", answer.Headers.GetValues("X-Delivery-Id").Single());
            Assert.Contains(world.Log.Lines, l => l == $"accepted generic/{key.Id} bytes={length}");
        }
    }

    /// <summary>Kestrel would refuse what is over 30,000,000 bytes with an empty 500: its limit is off, and ours says a sentence.</summary>
    [Fact]
    public async Task A_body_over_our_limit_is_answered_413_with_a_sentence()
    {
        await using var world = await TestApp.StartAsync(azurite);
        foreach (var megabytes in new[] { 9, 31 })
        {
            var (answer, _) = await SendAsync(world, megabytes * Megabyte);
            using var refused = answer;
            Assert.Equal(HttpStatusCode.RequestEntityTooLarge, answer.StatusCode);
            Assert.Contains("Receive__MaxBodyBytes", await answer.TextAsync(), StringComparison.Ordinal);
        }
    }

    [Fact]
    public async Task A_chunked_body_arrives_to_the_byte()
    {
        await using var world = await TestApp.StartAsync(azurite);
        var body = Encoding.UTF8.GetString(Large(world, 100));
        var half = body.Length / 2;
        string Chunk(string text) => $"{text.Length:x}\r\n{text}\r\n";
        var answer = await world.SendRawAsync(
            "POST /api/hooks/meta HTTP/1.1\r\nTransfer-Encoding: chunked\r\nContent-Type: application/json\r\n"
            + $"X-Hub-Signature-256: {Sign(Encoding.UTF8.GetBytes(body))}\r\n\r\n{Chunk(body[..half])}{Chunk(body[half..])}0\r\n\r\n");
        Assert.Equal(200, answer.Status);
        Assert.Matches($"^accepted meta/[0-9a-f]+ bytes={body.Length}$",
            world.Log.Lines.Single(l => l.StartsWith("accepted", StringComparison.Ordinal)));
    }

    [Fact]
    public async Task HEAD_and_OPTIONS_reach_the_channel_and_a_wrong_method_or_route_nobody()
    {
        await using var world = await TestApp.StartAsync(azurite, TestApp.EveryChannel);
        var head = await world.SendRawAsync("HEAD /api/hooks/vonage HTTP/1.1\r\n\r\n");
        Assert.Equal((200, true), (head.Status, head.Text.EndsWith("\r\n\r\n", StringComparison.Ordinal)));
        var options = await world.SendRawAsync("OPTIONS /api/hooks/acs HTTP/1.1\r\nWebHook-Request-Origin: eventgrid.azure.net\r\n\r\n");
        Assert.Equal(200, options.Status);
        Assert.Contains("WebHook-Allowed-Origin", options.Text, StringComparison.OrdinalIgnoreCase);
        Assert.Equal(405, (await world.SendRawAsync("DELETE /api/cases HTTP/1.1\r\n\r\n")).Status);
        Assert.Equal(404, (await world.SendRawAsync("GET /api/nowhere HTTP/1.1\r\n\r\n")).Status);
        Assert.Equal(404, (await world.SendRawAsync("GET / HTTP/1.1\r\n\r\n")).Status);
    }

    /// <summary>The host sends a request without a body again, up to ten times, when a worker died over it.</summary>
    [Fact]
    public async Task A_request_without_a_body_may_come_again()
    {
        await using var world = await TestApp.StartAsync(azurite, ("Diagnostics__Secret", new string('d', 40)));
        await world.AcceptAsync(MetaCall.Messages(new MetaSaid("wamid.1", "493023125017", "Hallo", world.Time.GetUtcNow())));
        await world.DrainAsync();
        var id = (await world.OnlyCaseAsync()).CaseId();
        var rows = await RowsAsync(world);
        foreach (var function in AppFunctions.All.Where(f => f.Methods.Contains("GET", StringComparer.Ordinal)))
        {
            var path = "/api/" + string.Join('/', function.Route!.Split('/').Select(part => part switch
            {
                "{id}" when function.Folder is "Cases" or "Attachments" => id,
                "{channel}" => "meta",
                "{document}" => "case",
                ['{', ..] => "none",
                _ => part,
            }));
            using var first = await world.RawAsync(HttpMethod.Get, path);
            using var second = await world.RawAsync(HttpMethod.Get, path);
            Assert.True(first.StatusCode == second.StatusCode
                && (int)first.StatusCode != 500, $"{path}: {first.StatusCode}, {second.StatusCode}");
        }

        Assert.Equal(rows, await RowsAsync(world));
    }

    /// <summary>The host lets the fields of a JSON body overwrite what it says of a message or route of its own.</summary>
    [Fact]
    public async Task Fields_of_a_body_do_not_pass_for_what_the_host_says()
    {
        await using var world = await TestApp.StartAsync(azurite);
        await world.AcceptAsync(MetaCall.Messages(new MetaSaid("wamid.1", "493023125017", "Hallo", world.Time.GetUtcNow())));
        await world.DrainAsync();
        var id = (await world.OnlyCaseAsync()).CaseId();
        const string Accept = """{"by":"Ada","id":"another","request":"x","invocationId":"y"}""";
        using var answer = await world.RawAsync(HttpMethod.Post, $"/api/cases/{id}/accept", Accept);
        Assert.Equal(HttpStatusCode.OK, answer.StatusCode);
        Assert.Equal("Ada", (await world.CaseAsync(id)).Head("acceptedBy"));

        var delivery =
            await world.AcceptAsync(MetaCall.Messages(new MetaSaid("wamid.2", "493023125017", "Noch etwas", world.Time.GetUtcNow())));
        var ours = new DeliveryMessage("meta", delivery, 0, world.Time.GetUtcNow()).ToJson();
        var pointer = JsonSerializer.Deserialize<Dictionary<string, JsonElement>>(ours)!;
        foreach (var name in new[] { "message", "Id", "id", "DequeueCount", "PopReceipt", "QueueTrigger", "ct" })
            pointer.TryAdd(name, JsonSerializer.SerializeToElement("not ours"));
        Assert.True(await world.InvokeAsync("Normalise", "message", JsonSerializer.Serialize(pointer)));
        Assert.Equal("ended: joined", await world.EndOfAsync(delivery));
    }

    /// <summary>
    /// Two headers break a call on the host, which we cannot mend: 500 after fifteen seconds. It must not look stored, and harm no other.
    /// </summary>
    [Fact]
    public async Task A_header_that_breaks_the_call_is_no_success_and_harms_no_other()
    {
        await using var world = await TestApp.StartAsync(azurite);
        var body = Encoding.UTF8.GetString(Large(world, 10));
        Task<WireAnswer> With(string header) => world.SendRawAsync("POST /api/hooks/meta HTTP/1.1\r\nContent-Type: application/json\r\n"
            + $"X-Hub-Signature-256: {Sign(Encoding.UTF8.GetBytes(body))}\r\n{header}Content-Length: {body.Length}\r\n\r\n{body}");
        var broken = new[] { With("x-ms-invocation-id: 7\r\n"), With("X-Name: \u00fc\r\n") };
        Assert.Equal(200, (await With("")).Status);
        Assert.All(await Task.WhenAll(broken), a => Assert.InRange(a.Status, 400, 599));
        Assert.Equal(200, (await With("")).Status);
        Assert.Equal(2, world.Log.Lines.Count(l => l.StartsWith("accepted meta/", StringComparison.Ordinal)));
    }

    // Where each row with a time stands: a row more is one that somebody wrote.
    private static async Task<string> RowsAsync(TestApp world) =>
        string.Join('\n', (await world.FindAsync("2026-")).Order(StringComparer.Ordinal));
}
