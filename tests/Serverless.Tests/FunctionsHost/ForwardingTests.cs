using System.Net;
using System.Net.Sockets;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json.Nodes;
using Xunit;

namespace Serverless.Tests.FunctionsHost;

/// <summary>What becomes of an HTTP call on its way to the worker and back (host-contract.md, "HTTP").</summary>
public sealed class ForwardingTests
{
    [Theory]
    [InlineData("/api/echo/a%2Fb", "/api/echo/a%252Fb")]
    [InlineData("/api/echo/%7Ea%41", "/api/echo/~aA")]
    [InlineData("/api/echo/%c3%a4", "/api/echo/%C3%A4")]
    [InlineData("/api/echo/x/../y/./z", "/api/echo/y/z")]
    [InlineData("/api/echo/a?b=2&a=1&b=1+1&c=%2B%20&bare", "/api/echo/a?b=2&a=1&b=1+1&c=%2B%20&bare")]
    public async Task Path_and_query_are_encoded_again(string sent, string arrives)
    {
        await using var worker = await BareWorker.StartAsync();
        var answer = await RawAsync(worker.Address, $"GET {sent} HTTP/1.1\r\nHost: shop.example.com\r\nConnection: close\r\n\r\n");
        Assert.StartsWith("HTTP/1.1 200", answer, StringComparison.Ordinal);
        Assert.Equal(arrives, (string?)Assert.Single(worker.Records)["target"]);
    }

    [Fact]
    public async Task Headers_bytes_and_status_pass_and_what_a_caller_says_of_its_host_is_lost()
    {
        await using var worker = await BareWorker.StartAsync();
        var answer = await RawAsync(worker.Address,
            "POST /api/echo?status=418 HTTP/1.1\r\nHost: shop.example.com\r\nX-Forwarded-Host: lie\r\nX-Signature: abc\r\nContent-Encoding: gzip\r\n"
            + "Content-Type: text/x\r\nContent-Length: 3\r\nConnection: close\r\n\r\n\0ab");
        Assert.StartsWith("HTTP/1.1 418", answer, StringComparison.Ordinal);
        Assert.Contains("x-mine: yes", answer, StringComparison.OrdinalIgnoreCase);
        Assert.Contains("Server: Kestrel", answer, StringComparison.OrdinalIgnoreCase);
        var headers = Assert.Single(worker.Records)["headers"]!;
        Assert.Equal(("abc", "gzip", "text/x"),
            ((string?)headers["x-signature"], (string?)headers["content-encoding"], (string?)headers["content-type"]));

        // The worker SDK applies the X-Forwarded-* that the host has set (UseForwardedHeaders) before a function sees the request: Host is
        // the caller's again, what was replaced stands in X-Original-*, and the headers themselves are gone, the caller's lie with them.
        Assert.Equal("shop.example.com", (string?)headers["host"]);
        Assert.Equal(worker.Connection.HttpAddress.Authority, (string?)headers["x-original-host"]);
        Assert.Equal("http", (string?)headers["x-original-proto"]);
        Assert.StartsWith("127.0.0.1:", (string?)headers["x-original-for"], StringComparison.Ordinal);
        Assert.DoesNotContain(headers.AsObject(), header => header.Key.StartsWith("x-forwarded-", StringComparison.Ordinal));
        Assert.DoesNotContain(headers.AsObject(), header => (string?)header.Value == "lie");
        Assert.Equal(Convert.ToHexStringLower(SHA256.HashData("\0ab"u8)), (string?)worker.Records[0]["sha256"]);
        Assert.True(Guid.TryParse((string?)headers["x-ms-invocation-id"], out _));
    }

    [Theory]
    [InlineData("HEAD /api/echo HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n", "HEAD", 0)]
    [InlineData("OPTIONS /api/echo HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n", "OPTIONS", 0)]
    [InlineData("TRACE /api/echo HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n", "TRACE", 0)]
    [InlineData("GET /api/echo HTTP/1.0\r\n\r\n", "GET", 0)]
    [InlineData("POST /api/echo HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\nConnection: close\r\n\r\n3\r\nabc\r\n0\r\n\r\n",
        "POST", 3)]
    public async Task Other_methods_and_forms_pass(string request, string method, int length)
    {
        await using var worker = await BareWorker.StartAsync();
        Assert.StartsWith("HTTP/1.1 200", await RawAsync(worker.Address, request), StringComparison.Ordinal);
        var record = Assert.Single(worker.Records);
        Assert.Equal((method, length), ((string?)record["method"], (int)record["length"]!));
    }

    [Theory]
    [InlineData(204)]
    [InlineData(304)]
    [InlineData(413)]
    [InlineData(503)]
    public async Task A_status_passes(int status)
    {
        await using var worker = await BareWorker.StartAsync();
        using var answer = await BareWorker.Http.GetAsync(new Uri(worker.Address, $"api/echo?status={status}"));
        Assert.Equal(status, (int)answer.StatusCode);
    }

    [Fact]
    public async Task A_JSON_body_of_8_MB_arrives_exactly_and_travels_as_metadata_too()
    {
        await using var worker = await BareWorker.StartAsync();
        var body = Encoding.UTF8.GetBytes(new JsonObject { ["id"] = 7, ["text"] = new string('ä', 4_000_000) }.ToJsonString());
        using var content = new ByteArrayContent(body);
        content.Headers.ContentType = new("application/json");
        using var answer = await BareWorker.Http.PostAsync(new Uri(worker.Address, "api/echo"), content);
        Assert.Equal(HttpStatusCode.OK, answer.StatusCode);
        Assert.Equal((body.Length, Convert.ToHexStringLower(SHA256.HashData(body))),
            ((int)worker.Records[0]["length"]!, (string?)worker.Records[0]["sha256"]));
    }

    [Theory]
    [InlineData("Content-Length: 104857601\r\n\r\n", 0)]
    [InlineData("Transfer-Encoding: chunked\r\n\r\n6400001\r\n", 101)]
    public async Task A_body_over_100_MB_is_500_and_the_connection_is_closed(string rest, int megabytes)
    {
        await using var worker = await BareWorker.StartAsync();
        var answer = await RawAsync(worker.Address, "POST /api/echo HTTP/1.1\r\nHost: a\r\nContent-Type: application/json\r\n" + rest,
            new byte[1024 * 1024], megabytes);
        Assert.StartsWith("HTTP/1.1 500", answer, StringComparison.Ordinal);
        Assert.Empty(worker.Records);
    }

    [Fact]
    public async Task An_invocation_id_of_the_callers_own_or_a_header_that_is_not_ASCII_is_500()
    {
        await using var worker = await BareWorker.StartAsync();
        var own = RawAsync(worker.Address, "GET /api/echo HTTP/1.1\r\nHost: a\r\nx-ms-invocation-id: mine\r\nConnection: close\r\n\r\n");
        var umlaut = RawAsync(worker.Address, "GET /api/echo HTTP/1.1\r\nHost: a\r\nX-Name: M\u00fcller\r\nConnection: close\r\n\r\n");
        var utf8 = RawAsync(worker.Address, "GET /api/echo HTTP/1.1\r\nHost: a\r\nX-Name: M\u00c3\u00bcller\r\nConnection: close\r\n\r\n");
        Assert.StartsWith("HTTP/1.1 500", await own, StringComparison.Ordinal);
        Assert.StartsWith("HTTP/1.1 500", await umlaut, StringComparison.Ordinal);
        Assert.StartsWith("HTTP/1.1 500", await utf8, StringComparison.Ordinal);
        using var next = await BareWorker.Http.GetAsync(new Uri(worker.Address, "api/echo"));
        Assert.Equal(HttpStatusCode.OK, next.StatusCode);
    }

    [Fact]
    public async Task A_call_without_a_body_is_sent_again_when_the_connection_breaks_and_one_with_a_body_is_not()
    {
        // The worker has one pair for the first of them; what is sent again finds none and is cut off with the caller.
        await using var worker = await BareWorker.StartAsync();
        using var limit = new CancellationTokenSource(TimeSpan.FromSeconds(3));
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() =>
            BareWorker.Http.GetAsync(new Uri(worker.Address, "api/abort"), limit.Token));
        using var body = new StringContent("body");
        using var once = await BareWorker.Http.PostAsync(new Uri(worker.Address, "api/abort"), body);
        Assert.Equal(HttpStatusCode.InternalServerError, once.StatusCode);
        Assert.Equal(["GET", "POST"], worker.Records.Select(item => (string?)item["abort"]));
    }

    [Fact]
    public async Task An_answer_is_streamed()
    {
        await using var worker = await BareWorker.StartAsync();
        using var answer = await BareWorker.Http.GetAsync(new Uri(worker.Address, "api/parts"), HttpCompletionOption.ResponseHeadersRead);
        var stream = await answer.Content.ReadAsStreamAsync();
        var first = new byte[5];
        await stream.ReadExactlyAsync(first);
        Assert.Equal("first", Encoding.ASCII.GetString(first));
        using var opened = await BareWorker.Http.PostAsync(new Uri(worker.Address, "api/open"), null);
        using var rest = new StreamReader(stream);
        Assert.Equal("second", await rest.ReadToEndAsync());
    }

    [Fact]
    public async Task A_caller_that_hangs_up_cancels_the_function()
    {
        await using var worker = await BareWorker.StartAsync();
        using var hangUp = new CancellationTokenSource();
        var call = BareWorker.Http.GetAsync(new Uri(worker.Address, "api/hang"), hangUp.Token);
        await TestFolder.UntilAsync(() => worker.Records.Any(item => (string?)item["hang"] == "began"));
        await hangUp.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => call);
        await TestFolder.UntilAsync(() => worker.Records.Any(item => (string?)item["hang"] == "cancelled"));
    }

    [Fact]
    public async Task Routes_are_found_by_template_and_method_and_all_else_is_404_and_empty()
    {
        await using var worker = await BareWorker.StartAsync();
        foreach (var (method, path, expected) in new[]
        {
            ("GET", "api/items", "read "), ("GET", "API/items/7", "read 7"), ("POST", "api/items/7", "changed 7"),
            ("POST", "api/items", "404"), ("DELETE", "api/items/7", "404"),
            ("GET", "api/items/7/8", "404"), ("GET", "items/7", "404"), ("POST", "api/keyed", "404"),
        })
        {
            using var request = new HttpRequestMessage(new HttpMethod(method), new Uri(worker.Address, path));
            using var answer = await BareWorker.Http.SendAsync(request);
            var text = await answer.Content.ReadAsStringAsync();
            Assert.Equal((method, path, expected), (method, path, answer.IsSuccessStatusCode ? text : $"{(int)answer.StatusCode}{text}"));
        }
    }

    // Bytes on a socket: no client library may tidy them. The filler is sent so many times behind the head, as long as the host listens.
    private static async Task<string> RawAsync(Uri address, string request, byte[]? filler = null, int times = 0)
    {
        using var socket = new TcpClient();
        await socket.ConnectAsync(IPAddress.Loopback, address.Port);
        await using var stream = socket.GetStream();
        using var reader = new StreamReader(stream, Encoding.Latin1);
        var answer = new StringBuilder();
        try
        {
            await stream.WriteAsync(Encoding.Latin1.GetBytes(request));
            for (; times > 0; times--) await stream.WriteAsync(filler);
        }
        catch (IOException)
        {
            // It has closed on us, which is its right once it has answered.
        }

        try
        {
            var buffer = new char[4096];
            for (var read = await reader.ReadAsync(buffer); read > 0; read = await reader.ReadAsync(buffer)) answer.Append(buffer, 0, read);
        }
        catch (IOException)
        {
            // Reset after the answer: what was read counts.
        }

        return answer.ToString();
    }
}
