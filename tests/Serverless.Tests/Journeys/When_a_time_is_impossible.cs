using System.Globalization;
using System.Net;
using System.Security.Cryptography;
using System.Text;
using Serverless.Tests.Harness;
using Xunit;

namespace Serverless.Tests.Journeys;

/// <summary>A sender's clock was never set, or somebody typed a year: the contact is filed, and dated when it arrived.</summary>
public sealed class When_a_time_is_impossible(AzuriteFixture azurite) : IClassFixture<AzuriteFixture>
{
    [Theory]
    [InlineData("0001-01-01T00:00:00Z")]
    [InlineData("1600-12-31T23:59:59Z")]
    [InlineData("1969-12-31T23:59:59Z")]
    [InlineData("9999-12-31T23:59:59Z")]
    public async Task The_contact_is_dated_when_it_arrived(string time)
    {
        await using var world = await TestApp.StartAsync(azurite);
        var now = world.Time.GetUtcNow();
        var body = $$$"""{"specversion":"1.0","id":"e1","source":"https://www.example.com/kontakt","type":"contact.form.submitted.v1","time":"{{{time}}}","data":{"text":"Hallo","occurredAt":"{{{time}}}"}}""";
        var stamp = now.ToUnixTimeSeconds().ToString(CultureInfo.InvariantCulture);
        var key = Convert.FromBase64String(Seed.SettingsOf("generic")["Channels__Generic__Secret"]!["whsec_".Length..]);
        var signature = Convert.ToBase64String(HMACSHA256.HashData(key, Encoding.UTF8.GetBytes($"m1.{stamp}.{body}")));
        using var answer = await world.SendAsync(
            "POST", "/api/hooks/generic",
            [new("Content-Type", "application/cloudevents+json"), new("webhook-id", "m1"), new("webhook-timestamp", stamp),
                new("webhook-signature", $"v1,{signature}")], Encoding.UTF8.GetBytes(body));
        Assert.Equal(HttpStatusCode.Accepted, answer.StatusCode);
        Assert.Equal(0, await world.DrainAsync(bus: false));
        Assert.Equal("ended: case", await world.EndOfAsync(answer.Headers.GetValues("X-Delivery-Id").Single(), "generic"));
        var contact = (await world.OnlyCaseAsync()).GetProperty("contacts")[0].GetProperty("contact");
        Assert.Equal(("Hallo", now), (contact.GetProperty("text").GetString(), contact.GetProperty("occurredAt").GetDateTimeOffset()));
    }
}
