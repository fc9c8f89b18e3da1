using System.Net;
using Serverless.Platform.OutboundHttp;
using Serverless.Tests.Harness;
using Xunit;

namespace Serverless.Tests.Platform.OutboundHttp;

/// <summary>The client for addresses that others chose: nothing but public addresses is connected to, whatever way the host is
/// written.</summary>
public sealed class GuardedClientTests
{
    [Theory]
    [InlineData("https://example.com/hook", true, true)]
    [InlineData("https://example.com:8443/hook?a=b", true, true)]
    [InlineData("https://127.0.0.1/", true, true)] // refused when it is connected to, unless on a developer's machine
    [InlineData("http://example.com/hook", false, false)]
    [InlineData("http://127.0.0.1:8080/", false, true)]
    [InlineData("http://localhost:8080/", false, true)]
    [InlineData("http://[::1]:8080/", false, true)]
    [InlineData("http://10.0.0.1/", false, false)]
    [InlineData("http://127.0.0.1.example.com/", false, false)]
    [InlineData("https://user@example.com/", false, false)]
    [InlineData("https://user:word@example.com/", false, false)]
    [InlineData("http://example.com@127.0.0.1/", false, false)]
    [InlineData("ftp://example.com/", false, false)]
    [InlineData("file:///etc/passwd", false, false)]
    [InlineData("gopher://example.com/", false, false)]
    public void Only_https_without_user_may_be_called_and_http_to_loopback_on_a_developers_machine(string url, bool anywhere,
        bool onADevelopersMachine)
    {
        Assert.Equal(anywhere, GuardedClient.MayCall(new Uri(url), loopbackToo: false));
        Assert.Equal(onADevelopersMachine, GuardedClient.MayCall(new Uri(url), loopbackToo: true));
    }

    [Theory]
    [InlineData("127.0.0.1")]
    [InlineData("127.1")]
    [InlineData("2130706433")]
    [InlineData("0x7f000001")]
    [InlineData("0x7f.0.0.1")]
    [InlineData("0177.0.0.1")]
    [InlineData("0")]
    [InlineData("0.0.0.0")]
    [InlineData("[::1]")]
    [InlineData("[::]")]
    [InlineData("[::ffff:127.0.0.1]")]
    [InlineData("[64:ff9b::7f00:1]")]
    [InlineData("[2002:7f00:1::]")]
    [InlineData("localhost")]
    [InlineData("LOCALHOST")]
    [InlineData("169.254.169.254")]
    [InlineData("2852039166")]
    [InlineData("[fd00:ec2::254]")]
    [InlineData("168.63.129.16")]
    [InlineData("10.0.0.1")]
    public async Task No_way_of_writing_a_host_leads_inside(string host)
    {
        await using var inside = await Subscriber.StartAsync();
        using var client = GuardedClient.Create(loopbackToo: false);
        var error = await Assert.ThrowsAsync<HttpRequestException>(() => client.GetAsync(new Uri($"http://{host}:{inside.Address.Port}/")));
        Assert.IsType<ForbiddenAddressException>(error.InnerException);
        Assert.Empty(inside.Told);
    }

    [Fact]
    public async Task A_name_of_this_machine_that_resolves_to_an_inner_address_is_refused()
    {
        var name = Dns.GetHostName();
        var addresses = await Dns.GetHostAddressesAsync(name);
        Assert.Contains(addresses, a => !PublicAddress.Is(a));
        using var client = GuardedClient.Create(loopbackToo: false);
        var error = await Assert.ThrowsAsync<HttpRequestException>(() => client.GetAsync(new Uri($"https://{name}:9/")));
        Assert.IsType<ForbiddenAddressException>(error.InnerException);
    }

    [Theory]
    [InlineData("10.0.0.1")]
    [InlineData("169.254.169.254")]
    [InlineData("[fd00:ec2::254]")]
    public async Task Loopback_on_a_developers_machine_opens_nothing_else(string host)
    {
        using var client = GuardedClient.Create(loopbackToo: true);
        var error = await Assert.ThrowsAsync<HttpRequestException>(() => client.GetAsync(new Uri($"https://{host}/")));
        Assert.IsType<ForbiddenAddressException>(error.InnerException);
    }

    [Theory]
    [InlineData("http://127.0.0.1")]
    [InlineData("http://localhost")]
    [InlineData("http://[::ffff:127.0.0.1]")]
    public async Task On_a_developers_machine_loopback_answers_and_a_redirect_is_not_followed(string host)
    {
        await using var inside = await Subscriber.StartAsync();
        inside.Answer = Subscriber.Status(302, ("Location", inside.Address.ToString()), ("Set-Cookie", "a=b"));
        using var client = GuardedClient.Create(loopbackToo: true);
        for (var call = 1; call <= 2; call++)
        {
            using var answer = await client.GetAsync(new Uri($"{host}:{inside.Address.Port}/"));
            Assert.Equal(HttpStatusCode.Found, answer.StatusCode);
            Assert.Equal(call, inside.Told.Count);
        }

        Assert.False(inside.Told[1].Headers.ContainsKey("Cookie"));
    }
}
