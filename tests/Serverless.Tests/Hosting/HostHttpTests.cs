using System.Net;
using Xunit;

namespace Serverless.Tests.Hosting;

/// <summary>The front door: routes, keys, limits, and the two ways a raw request reaches the handler.</summary>
public sealed class HostHttpTests
{
    [Fact]
    public async Task A_request_reaches_the_handler_as_it_was_sent()
    {
        await using var bench = new HostBench();
        bench.HttpFunction("Receive", "hooks/{channel}/{*rest}");
        bench.Answer("/api/hooks/meta/a%2Fb", """{ "status": 202, "type": "text/plain", "body": "taken", "headers": { "X-Mine": "yes" } }""");
        var host = await bench.StartAsync();

        using var request = new HttpRequestMessage(HttpMethod.Post, new Uri(host.FrontDoor.GetLeftPart(UriPartial.Authority) + "/api/hooks/meta/a%2Fb?x=%7E1&x=2&y=a+b", new UriCreationOptions { DangerousDisablePathAndQueryCanonicalization = true }));
        request.Content = new ByteArrayContent([0, 255, 10, 13]);
        request.Headers.Add("X-Signature", "abc");
        using var answer = await HostBench.Http.SendAsync(request);

        Assert.Equal(HttpStatusCode.Accepted, answer.StatusCode);
        Assert.Equal("taken", await answer.Content.ReadAsStringAsync());
        Assert.Equal("yes", Assert.Single(answer.Headers.GetValues("X-Mine")));
        var call = Assert.Single(bench.Calls());
        Assert.Equal("/api/hooks/meta/a%2Fb?x=%7E1&x=2&y=a+b", call.Url);
        Assert.Equal([0, 255, 10, 13], call.Body);
        Assert.Equal("abc", call.Header("x-signature"));
    }
}
