using System.Net;
using Serverless.Local.Demo;
using Xunit;

namespace Serverless.Tests.Local;

/// <summary>The provider that a local run plays: serves what seeds name, and nothing else.</summary>
public sealed class SeedProviderTests : IDisposable
{
    private readonly Scratch _scratch = new();

    public void Dispose() => _scratch.Dispose();

    [Fact]
    public async Task What_a_seed_names_is_served_and_what_none_names_is_told()
    {
        _scratch.Write("seeds/mail/01-a.fetched.json", """
            { "Users/a b/Messages/1": {"id": 1}, "page?top=2": {"id": 2},
              "elsewhere": {"$path": "/v1/there", "$document": {"id": 3}}, "photo": {"$base64": "AAEC", "$type": "image/png"} }
            """);
        _scratch.Write("seeds/mail/outside.json", """{ "POST /token": {"access_token": "t"} }""");
        await using var provider = await SeedProvider.StartAsync(_scratch.Repository.Seeds, CancellationToken.None);
        using var http = new HttpClient { BaseAddress = new Uri(provider.Address) };

        Assert.Equal("""{"id": 1}""", await http.GetStringAsync("/mail/v1.0/users/a%20b/messages/1?$select=subject"));
        Assert.Equal("""{"id": 2}""", await http.GetStringAsync("/mail/page?top=2"));
        Assert.Equal("""{"id": 3}""", await http.GetStringAsync("/mail/v1/there"));
        using var photo = await http.GetAsync("/mail/photo");
        Assert.Equal("image/png", photo.Content.Headers.ContentType?.MediaType);
        Assert.Equal([0, 1, 2], await photo.Content.ReadAsByteArrayAsync());
        using var token = await http.PostAsync("/mail/token", null);
        Assert.Equal("""{"access_token": "t"}""", await token.Content.ReadAsStringAsync());
        Assert.Empty(provider.Strays);

        foreach (var stray in new[] { "/mail/page?top=3", "/mail/elsewhere", "/other/photo", "/mail/token" })
        {
            using var answer = await http.GetAsync(stray);
            Assert.Equal(HttpStatusCode.NotFound, answer.StatusCode);
        }

        Assert.Equal(["GET /mail/page?top=3", "GET /mail/elsewhere", "GET /other/photo", "GET /mail/token"], provider.Strays);
    }
}
