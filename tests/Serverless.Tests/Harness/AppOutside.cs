using System.Net;
using System.Text.Json;

namespace Serverless.Tests.Harness;

/// <summary>A running app as people who run it see it: through the front door of its host, with the keys.</summary>
public sealed class AppOutside(HostProcess host, HttpClient http)
{
    /// <summary>One of the app's own functions; null when there is no such thing.</summary>
    public async Task<JsonElement?> GetAsync(string path)
    {
        using var answer = await SendAsync(HttpMethod.Get, path, host.FunctionKey);
        if (answer.StatusCode == HttpStatusCode.NotFound) return null;
        var text = await answer.Content.ReadAsStringAsync();
        if (!answer.IsSuccessStatusCode) throw new InvalidOperationException($"{path}: {answer.StatusCode} {text}");
        using var json = JsonDocument.Parse(text);
        return json.RootElement.Clone();
    }

    /// <summary>Every open case, with contacts and history.</summary>
    public async Task<List<JsonElement>> CasesAsync()
    {
        List<JsonElement> cases = [];
        string? continuation = null;
        do
        {
            var page = (await GetAsync($"api/cases?top=100{(continuation is null ? "" : $"&continuation={Uri.EscapeDataString(continuation)}")}"))!.Value;
            foreach (var one in page.GetProperty("cases").EnumerateArray()) cases.Add((await GetAsync($"api/cases/{one.GetProperty("id").GetString()}"))!.Value);
            continuation = page.TryGetProperty("continuation", out var more) ? more.GetString() : null;
        }
        while (continuation is not null);
        return cases;
    }

    /// <summary>Starts Tick; nobody waits for its end.</summary>
    public async Task TickAsync()
    {
        using var answer = await SendAsync(HttpMethod.Post, "admin/functions/Tick", host.MasterKey);
    }

    /// <summary>Active, scheduled and dead messages of all subscriptions.</summary>
    public async Task<(int Active, int Scheduled, int Dead)> BusAsync()
    {
        using var answer = await SendAsync(HttpMethod.Get, "admin/bus", host.MasterKey);
        using var json = JsonDocument.Parse(await answer.Content.ReadAsStringAsync());
        var counts = json.RootElement.EnumerateArray().ToList();
        return (counts.Sum(c => c.GetProperty("active").GetInt32()), counts.Sum(c => c.GetProperty("scheduled").GetInt32()), counts.Sum(c => c.GetProperty("deadLetters").GetInt32()));
    }

    /// <summary>Gives every dead letter another round, as an operator would.</summary>
    public async Task ResubmitAsync()
    {
        using var answer = await SendAsync(HttpMethod.Post, "admin/bus/resubmit", host.MasterKey);
        answer.EnsureSuccessStatusCode();
    }

    private async Task<HttpResponseMessage> SendAsync(HttpMethod method, string path, string key)
    {
        using var request = new HttpRequestMessage(method, new Uri(host.FrontDoor, path));
        request.Headers.Add("x-functions-key", key);
        return await http.SendAsync(request);
    }
}
