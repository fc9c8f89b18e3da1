using System.Diagnostics.CodeAnalysis;
using System.Security.Cryptography;
using System.Text;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Options;
using Serverless.Channels;
using Serverless.Channels.Twilio;
using Serverless.Signing;
using Serverless.Tests.Harness;
using Xunit;

namespace Serverless.Tests.Worker;

/// <summary>
/// The host writes path and query anew before it hands a call to the worker: <c>%7E</c> arrives as a tilde, small letters of an escape as
/// capitals, an escaped slash escaped twice. A signature over the address must hold all the same, and what providers put into it be read.
/// </summary>
public sealed class When_the_host_rewrites_an_address(AzuriteFixture azurite) : IClassFixture<AzuriteFixture>
{
    private const string Form = "AccountSid=AC0&Body=Hallo&From=%2B4930123456&MessageSid=SM0000000000000000000000000000000";
    private const string Hook = "/api/hooks/twilio/messages";

    [Theory]
    [InlineData(Hook + "?for=a~b")]
    [InlineData(Hook + "?for=a%7Eb")]
    [InlineData(Hook + "?a=%2B+%20&a=1&bare")]
    [InlineData(Hook + "?text=Gr%C3%BC%C3%9Fe")]
    [InlineData(Hook + "?text=Gr%c3%bc%c3%9fe")]
    [InlineData(Hook + "?to=%2b49&for=a%7eb")]
    [InlineData(Hook + "/a%2Fb")]
    [InlineData(Hook + "/%C3%A4")]
    [InlineData(Hook + "/a%2fb/%c3%a4?text=%c3%bc")]
    public async Task Twilios_signature_over_it_holds_and_over_another_does_not(string target)
    {
        await using var world = await World.StartAsync(azurite);
        Assert.InRange((await SendAsync(world, target, Sign(world, target))).Status, 200, 204);
        Assert.Contains(world.Log.Lines, l => l.StartsWith("accepted twilio/", StringComparison.Ordinal));

        Assert.Equal(403, (await SendAsync(world, target, Sign(world, target + "&more=1"))).Status);
        Assert.Equal(403, (await SendAsync(world, target + "x", Sign(world, target))).Status);
    }

    /// <summary>Vonage, Meta, X and Microsoft Graph sign no address; what they put into it arrives decoded as they meant it.</summary>
    [Fact]
    public async Task What_others_put_into_it_is_read_as_they_meant_it()
    {
        await using var world = await World.StartAsync(azurite, World.EveryChannel, ("Channels__Meta__VerifyToken", "to~ken"));
        var meta = await world.SendRawAsync(
            "GET /api/hooks/meta?hub.mode=subscribe&hub.challenge=1158201444&hub.verify_token=to%7Eken HTTP/1.1\r\n\r\n");
        Assert.Equal((200, true), (meta.Status, meta.Text.EndsWith("1158201444", StringComparison.Ordinal)));
        var graph = await world.SendRawAsync(
            "POST /api/hooks/email?validationToken=%41b%7e%c3%bc%20c HTTP/1.1\r\nContent-Length: 0\r\n\r\n");
        Assert.Equal((200, true), (graph.Status, graph.Text.EndsWith("Ab~ü c", StringComparison.Ordinal)));
        var x = await world.SendRawAsync("GET /api/hooks/x?crc_token=%41bc HTTP/1.1\r\n\r\n");
        Assert.Equal((200, true), (x.Status, x.Text.Contains("response_token", StringComparison.Ordinal)));
        var vonage = await world.SendRawAsync("GET /api/hooks/vonage/voice/answer?to=%34%39301 HTTP/1.1\r\n\r\n");
        Assert.NotEqual(404, vonage.Status);
    }

    [Theory]
    [InlineData("/a%2Fb", "", "/a%252Fb")]
    [InlineData("/a%7Eb%41", "?q=%7E%41%c3%a4", "/a~bA?q=~A%C3%A4")]
    [InlineData("/a/./b/../c", "?x=+&x=%2B&x=%20&y", "/a/c?x=+&x=%2B&x=%20&y")]
    [InlineData("/%c3%a4", "", "/%C3%A4")]
    [InlineData("/a%25b", "", "/a%25b")]
    public void The_canonical_form_is_the_one_that_was_measured(string path, string query, string canonical) =>
        Assert.Equal(canonical, UrlForms.Canonical(path, query));

    [Fact]
    public void At_most_six_forms_are_tried()
    {
        const string Voice = "https://contact.example.com/api/hooks/twilio/voice";
        Assert.Equal([Voice], UrlForms.Of(Voice));
        Assert.Equal(6, UrlForms.Of("https://contact.example.com/a%252Fb%7E?c=~%7E").Count);
        // Most addresses have no escapes, and one form.
        Assert.Equal([Voice + "?a=1&b=%20"], UrlForms.Of(Voice + "?a=1&b=%20"));
    }

    [Theory]
    [InlineData("/a%2fb", "?c=d")]
    [InlineData("/%c3%a4", "?q=%c3%bc+%2b")]
    [InlineData("/a", "?q=a%7eb%c3%bc")]
    [InlineData("/a", "?q=a~b%c3%bc")]
    public void Small_letters_of_escapes_are_found_again_from_what_the_host_hands_on(string path, string query) =>
        Assert.Contains(
            "https://contact.example.com" + path + query,
            UrlForms.Of("https://contact.example.com" + UrlForms.Canonical(path, query)));

    private static Task<WireAnswer> SendAsync(World world, string target, string signature) => world.SendRawAsync(
        $"POST {target} HTTP/1.1\r\nX-Twilio-Signature: {signature}\r\nContent-Type: application/x-www-form-urlencoded\r\n"
        + $"Content-Length: {Form.Length}\r\n\r\n{Form}");

    [SuppressMessage("Security", "CA5350", Justification = "Twilio's own.")]
    private static string Sign(World world, string target)
    {
        var token = world.Services.GetRequiredService<IOptionsMonitor<TwilioOptions>>().CurrentValue.TokensOf(null).Current!;
        var address = world.Services.GetRequiredService<IOptionsMonitor<HooksOptions>>().CurrentValue.PublicBaseUrl!.TrimEnd('/');
        // Name and value of each field, in order of the names.
        var fields = string.Concat(Form.Split('&').Select(f => f.Split('=')).OrderBy(f => f[0], StringComparer.Ordinal)
            .Select(f => f[0] + Uri.UnescapeDataString(f[1])));
        return Convert.ToBase64String(HMACSHA1.HashData(Encoding.UTF8.GetBytes(token), Encoding.UTF8.GetBytes(address + target + fields)));
    }
}
