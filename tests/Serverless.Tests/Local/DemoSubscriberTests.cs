using System.Text.Json;
using Serverless.Local.Outside;
using Xunit;

namespace Serverless.Tests.Local;

/// <summary>The subscriber that a local run plays.</summary>
public sealed class DemoSubscriberTests : IDisposable
{
    private readonly Scratch _scratch = new();

    public void Dispose() => _scratch.Dispose();

    [Theory]
    [InlineData("""{"id":"1"}""", JsonValueKind.Object)]
    [InlineData("not JSON", JsonValueKind.String)]
    public async Task Every_call_is_recorded_and_answered_200(string body, JsonValueKind kind)
    {
        var folder = Path.Combine(_scratch.Repository.Root, "outside");
        await using var outside = await DemoSubscriber.StartAsync(folder, TimeProvider.System, CancellationToken.None);
        using var http = new HttpClient();
        using var content = new StringContent(body);
        content.Headers.TryAddWithoutValidation("webhook-id", "evt_1");

        using var response = await http.PostAsync(new Uri(outside.Address + "/demo-crm?x=1"), content);

        Assert.Equal(200, (int)response.StatusCode);
        using var call = JsonDocument.Parse(await File.ReadAllTextAsync(Assert.Single(Directory.GetFiles(folder))));
        Assert.Equal("POST /demo-crm?x=1", call.RootElement.GetProperty("request").GetString());
        Assert.Equal("evt_1", call.RootElement.GetProperty("headers").GetProperty("webhook-id").GetString());
        Assert.Equal(kind, call.RootElement.GetProperty("body").ValueKind);
    }
}
