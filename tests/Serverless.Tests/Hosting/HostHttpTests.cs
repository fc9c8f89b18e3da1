using System.Net;
using System.Net.Sockets;
using System.Text;
using System.Text.Json.Nodes;
using Serverless.Local.Hosting;
using Xunit;

namespace Serverless.Tests.Hosting;

/// <summary>The front door: routes, keys, limits, admin, and the two ways a raw request reaches the handler.</summary>
public sealed class HostHttpTests
{
    [Fact]
    public async Task Proxying_hands_over_path_query_and_bytes_as_sent()
    {
        await using var bench = new HostBench();
        bench.HttpFunction("Receive", "hooks/{channel}/{*rest}");
        bench.Answer("/api/hooks/meta/a%2Fb", """{ "status": 202, "type": "text/plain", "body": "taken", "headers": { "X-Mine": "yes" } }""");
        var host = await bench.StartAsync();

        var answer = await RawAsync(host, "POST /api/hooks/meta/a%2Fb?x=%7E1&x=2&y=a+b HTTP/1.1\r\nHost: shop.example.com\r\nX-Azure-Functions-InvocationId: mine\r\nX-Forwarded-Host: lie\r\nX-Signature: abc\r\nContent-Encoding: gzip\r\nContent-Length: 3\r\nConnection: close\r\n\r\n\0ab");

        Assert.StartsWith("HTTP/1.1 202", answer, StringComparison.Ordinal);
        Assert.Contains("X-Mine: yes", answer, StringComparison.Ordinal);
        Assert.EndsWith("\r\n\r\ntaken", answer, StringComparison.Ordinal);
        var call = Assert.Single(bench.Calls());
        Assert.Equal("/api/hooks/meta/a%2Fb?x=%7E1&x=2&y=a+b", call.Url);
        Assert.Equal("\0ab"u8.ToArray(), call.Body);
        Assert.Equal("abc", call.Header("x-signature"));
        Assert.Equal("gzip", call.Header("content-encoding"));

        // Host is the handler's own; the caller's is told apart; what a caller pretends is overwritten.
        Assert.Equal("127.0.0.1:" + bench.Starts()[0]["env"]!["FUNCTIONS_CUSTOMHANDLER_PORT"], call.Header("host"));
        Assert.Equal("shop.example.com", call.Header("x-forwarded-host"));
        Assert.Equal("http", call.Header("x-forwarded-proto"));
        Assert.Equal("127.0.0.1", call.Header("x-forwarded-for"));
        Assert.True(Guid.TryParse(call.Header("x-azure-functions-invocationid"), out _));
        Assert.NotNull(call.Header("x-azure-functions-hostversion"));
    }

    [Fact]
    public async Task Forwarding_rebuilds_the_query_keeps_Host_drops_the_encoding_and_adds_its_headers_last()
    {
        await using var bench = new HostBench();
        bench.HttpFunction("Receive", "hooks/{channel}/{*rest}");
        var host = await bench.StartAsync(bench.Options(mode: HttpMode.Forwarding));

        await RawAsync(host, "POST /api/hooks/meta?x=%7E1&x=2&y=a+b HTTP/1.1\r\nHost: shop.example.com\r\nX-Azure-Functions-InvocationId: mine\r\nContent-Encoding: gzip\r\nContent-Type: text/x\r\nContent-Length: 3\r\nConnection: close\r\n\r\n\0ab");

        var call = Assert.Single(bench.Calls());
        Assert.Equal("/api/hooks/meta?x=~1%2C2&y=a%20b", call.Url);
        Assert.Equal("\0ab"u8.ToArray(), call.Body);
        Assert.Equal("shop.example.com", call.Header("host"));
        Assert.Equal("text/x", call.Header("content-type"));
        Assert.Null(call.Header("content-encoding"));
        Assert.Null(call.Header("x-forwarded-host"));
        Assert.StartsWith("mine, ", call.Header("x-azure-functions-invocationid"), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(HttpMode.Proxying, "HTTP/1.1 200", 1)]
    [InlineData(HttpMode.Forwarding, "HTTP/1.1 500", 0)]
    public async Task A_chunked_request_is_streamed_by_a_proxy_and_a_500_when_forwarded(HttpMode mode, string status, int calls)
    {
        await using var bench = new HostBench();
        bench.HttpFunction("Any", "{*rest}");
        var host = await bench.StartAsync(bench.Options(mode: mode));
        var answer = await RawAsync(host, "POST /api/x HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\nConnection: close\r\n\r\n3\r\nabc\r\n0\r\n\r\n");
        Assert.StartsWith(status, answer, StringComparison.Ordinal);
        Assert.Equal(calls, bench.Calls().Count(call => Encoding.ASCII.GetString(call.Body) == "abc"));
    }

    [Theory]
    [InlineData(HttpMode.Proxying)]
    [InlineData(HttpMode.Forwarding)]
    public async Task A_response_is_streamed_by_a_proxy_and_buffered_when_forwarded(HttpMode mode)
    {
        await using var bench = new HostBench();
        bench.HttpFunction("Any", "{*rest}");
        bench.Answer("/api/slow", """{ "chunks": ["first", "second"] }""");
        var host = await bench.StartAsync(bench.Options(mode: mode));

        var head = HostBench.Http.GetAsync(new Uri(host.FrontDoor, "api/slow"), HttpCompletionOption.ResponseHeadersRead);
        if (mode == HttpMode.Forwarding) await HostBench.Stays(TimeSpan.FromMilliseconds(400), () => !head.IsCompleted);
        else await ReadAsync((await head).Content, "first");
        await File.WriteAllTextAsync(Path.Combine(bench.Folder, "next-1"), "");

        using var answer = await head;
        await ReadAsync(answer.Content, mode == HttpMode.Forwarding ? "firstsecond" : "second");
    }

    [Theory]
    [InlineData(true, false, HttpMode.Forwarding, false)]
    [InlineData(false, true, HttpMode.Proxying, true)]
    public async Task Host_json_decides_when_it_allows_only_one_way(bool proxying, bool forwarding, HttpMode asked, bool keepsHost)
    {
        await using var bench = new HostBench();
        bench.WriteHostJson(proxying: proxying, forwarding: forwarding);
        bench.HttpFunction("Any", "{*rest}");
        var host = await bench.StartAsync(bench.Options(mode: asked));
        await RawAsync(host, "GET /api/x HTTP/1.1\r\nHost: shop.example.com\r\nConnection: close\r\n\r\n");
        Assert.Equal(keepsHost, Assert.Single(bench.Calls()).Header("host") == "shop.example.com");
    }

    [Fact]
    public async Task Routes_are_found_by_template_and_method_and_all_else_is_404()
    {
        await using var bench = new HostBench();
        bench.HttpFunction("Query", "cases/{id?}", methods: "\"get\"");
        bench.HttpFunction("Act", "cases/{id}/{action}", methods: "\"post\"");
        bench.HttpFunction("Rest", "files/{*rest}");
        var host = await bench.StartAsync();
        async Task<HttpStatusCode> Call(HttpMethod method, string path)
        {
            using var request = new HttpRequestMessage(method, new Uri(host.FrontDoor, path));
            using var answer = await HostBench.Http.SendAsync(request);
            return answer.StatusCode;
        }

        Assert.Equal(HttpStatusCode.OK, await Call(HttpMethod.Get, "api/cases"));
        Assert.Equal(HttpStatusCode.OK, await Call(HttpMethod.Get, "API/cases/7"));
        Assert.Equal(HttpStatusCode.OK, await Call(HttpMethod.Post, "api/cases/7/close"));
        Assert.Equal(HttpStatusCode.OK, await Call(HttpMethod.Put, "api/files"));
        Assert.Equal(HttpStatusCode.OK, await Call(HttpMethod.Delete, "api/files/a/b/c"));
        Assert.Equal(HttpStatusCode.NotFound, await Call(HttpMethod.Post, "api/cases"));
        Assert.Equal(HttpStatusCode.NotFound, await Call(HttpMethod.Get, "api/cases/7/close"));
        Assert.Equal(HttpStatusCode.NotFound, await Call(HttpMethod.Get, "api/nothing"));
        Assert.Equal(HttpStatusCode.NotFound, await Call(HttpMethod.Get, "cases"));
        Assert.Equal(5, bench.Calls().Count);
    }

    [Fact]
    public async Task Keys_open_what_they_are_for_and_stay_the_same_after_a_restart()
    {
        await using var bench = new HostBench();
        bench.HttpFunction("Open", "open");
        bench.HttpFunction("Keyed", "keyed", "function");
        bench.HttpFunction("Top", "top", "admin");
        string function, master;
        await using (var first = await FunctionHost.StartAsync(bench.Options(), CancellationToken.None)) (function, master) = (first.FunctionKey, first.MasterKey);
        var host = await bench.StartAsync();
        Assert.Equal((function, master), (host.FunctionKey, host.MasterKey));
        Assert.NotEqual(function, master, StringComparer.Ordinal);

        foreach (var (path, key, status) in new[]
        {
            ("open", "", HttpStatusCode.OK), ("keyed", "", HttpStatusCode.Unauthorized), ("keyed", "wrong", HttpStatusCode.Unauthorized), ("keyed", function, HttpStatusCode.OK), ("keyed", master, HttpStatusCode.OK),
            ("top", "", HttpStatusCode.Unauthorized), ("top", function, HttpStatusCode.Unauthorized), ("top", master, HttpStatusCode.OK),
        })
        {
            using var byHeader = await GetAsync(host, "api/" + path, key);
            using var byQuery = await GetAsync(host, $"api/{path}?code={key}", "");
            Assert.Equal((path, key, status, status), (path, key, byHeader.StatusCode, byQuery.StatusCode));
        }
    }

    [Fact]
    public async Task A_body_over_100_MB_is_413_whether_it_names_its_length_or_not()
    {
        await using var bench = new HostBench();
        bench.HttpFunction("Any", "{*rest}");
        var host = await bench.StartAsync();
        Assert.StartsWith("HTTP/1.1 413", await RawAsync(host, $"POST /api/x HTTP/1.1\r\nHost: a\r\nContent-Length: {FrontDoor.MaxBody + 1}\r\nConnection: close\r\n\r\n"), StringComparison.Ordinal);
        Assert.StartsWith("HTTP/1.1 413", await RawAsync(host, $"POST /api/x HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\nConnection: close\r\n\r\n{FrontDoor.MaxBody + 1:x}\r\n", new byte[1024 * 1024], 101), StringComparison.Ordinal);
        Assert.Empty(bench.Calls());
    }

    [Fact]
    public async Task Admin_lists_functions_and_status_and_runs_one_now_for_the_master_key_only()
    {
        await using var bench = new HostBench();
        bench.HttpFunction("Any", "any");
        bench.TimerFunction();
        bench.BusFunction();
        bench.Messaging();
        var host = await bench.StartAsync();
        using var refused = await GetAsync(host, "admin/functions", host.FunctionKey);
        Assert.Equal(HttpStatusCode.Unauthorized, refused.StatusCode);

        Assert.Equal(["Any", "Notify", "Tick"], (await JsonAsync(host, "admin/functions")).AsArray().Select(item => item!["name"]!.ToString()).ToArray());
        Assert.Equal("Running", (await JsonAsync(host, "admin/host/status"))["state"]!.ToString());
        Assert.Equal("hooks", Assert.Single((await JsonAsync(host, "admin/bus")).AsArray())!["subscription"]!.ToString());

        Assert.Equal(HttpStatusCode.Accepted, await PostAsync(host, "admin/functions/Tick", "{}"));
        Assert.Equal(HttpStatusCode.Accepted, await PostAsync(host, "admin/functions/notify", """{ "input": "hello" }"""));
        Assert.Equal(HttpStatusCode.NotFound, await PostAsync(host, "admin/functions/Other", "{}"));
        Assert.Equal(HttpStatusCode.BadRequest, await PostAsync(host, "admin/functions/Any", "{}"));
        Assert.Equal(HttpStatusCode.BadRequest, await PostAsync(host, "admin/functions/Tick", "{"));
        await HostBench.Until(() => host.CountsOf("Tick").Succeeded == 1 && host.CountsOf("Notify").Succeeded == 1);
        Assert.Equal("\"hello\"", Assert.Single(bench.Calls("/Notify")).Json["Data"]!["notice"]!.ToString());
    }

    [Fact]
    public async Task A_taken_port_is_one_sentence()
    {
        await using var bench = new HostBench();
        bench.HttpFunction("Any", "any");
        using var taken = new TcpListener(IPAddress.Loopback, 0);
        taken.Start();
        var port = ((IPEndPoint)taken.LocalEndpoint).Port;
        var refusal = await Assert.ThrowsAsync<HostStartException>(() => bench.StartAsync(new FunctionHostOptions { AppRoot = bench.Root, DataFolder = bench.Data, Settings = bench.Settings, FrontDoorPort = port }));
        Assert.Contains($"Port {port}", refusal.Message, StringComparison.Ordinal);
    }

    private static async Task<HttpResponseMessage> GetAsync(FunctionHost host, string path, string key)
    {
        using var request = new HttpRequestMessage(HttpMethod.Get, new Uri(host.FrontDoor, path));
        if (key.Length > 0) request.Headers.Add("x-functions-key", key);
        return await HostBench.Http.SendAsync(request);
    }

    private static async Task<JsonNode> JsonAsync(FunctionHost host, string path)
    {
        using var answer = await GetAsync(host, path, host.MasterKey);
        return JsonNode.Parse(await answer.Content.ReadAsStringAsync())!;
    }

    private static async Task<HttpStatusCode> PostAsync(FunctionHost host, string path, string body)
    {
        using var request = new HttpRequestMessage(HttpMethod.Post, new Uri(host.FrontDoor, path)) { Content = new StringContent(body, Encoding.UTF8, "application/json") };
        request.Headers.TryAddWithoutValidation("x-functions-key", host.MasterKey);
        using var answer = await HostBench.Http.SendAsync(request);
        return answer.StatusCode;
    }

    private static async Task ReadAsync(HttpContent content, string expected)
    {
        var stream = await content.ReadAsStreamAsync();
        var buffer = new byte[expected.Length];
        await stream.ReadExactlyAsync(buffer);
        Assert.Equal(expected, Encoding.ASCII.GetString(buffer));
    }

    // Bytes on a socket: no client library may tidy them. The filler is sent so many times behind the head, as long as the host listens.
    private static async Task<string> RawAsync(FunctionHost host, string request, byte[]? filler = null, int times = 0)
    {
        using var socket = new TcpClient();
        await socket.ConnectAsync(IPAddress.Loopback, host.FrontDoor.Port);
        await using var stream = socket.GetStream();
        using var reader = new StreamReader(stream, Encoding.Latin1);
        await stream.WriteAsync(Encoding.Latin1.GetBytes(request));
        try
        {
            for (; times > 0; times--) await stream.WriteAsync(filler);
        }
        catch (IOException)
        {
            // It has closed on us, which is its right once it has answered.
        }

        var answer = new StringBuilder();
        var buffer = new char[4096];
        try
        {
            for (var read = await reader.ReadAsync(buffer); read > 0; read = await reader.ReadAsync(buffer)) answer.Append(buffer, 0, read);
        }
        catch (IOException)
        {
            // Reset after the answer: what was read counts.
        }

        return answer.ToString();
    }
}
