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
            var page = (await GetAsync(
                $"api/cases?top=100{(continuation is null ? "" : $"&continuation={Uri.EscapeDataString(continuation)}")}"))!.Value;
            foreach (var one in page.GetProperty("cases").EnumerateArray())
                cases.Add((await GetAsync($"api/cases/{one.GetProperty("id").GetString()}"))!.Value);
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

    /// <summary>Puts every kept message of a queue back, as an operator would; how many there were.</summary>
    public async Task<int> ResubmitAsync(string queue)
    {
        using var answer = await SendAsync(HttpMethod.Post, "api/operations/poison-messages/resubmit", host.FunctionKey,
            $$"""{"queue":"{{queue}}","all":true}""");
        using var json = JsonDocument.Parse(await answer.Content.ReadAsStringAsync());
        return json.RootElement.GetProperty("done").GetInt32();
    }

    private async Task<HttpResponseMessage> SendAsync(HttpMethod method, string path, string key, string? body = null)
    {
        using var request = new HttpRequestMessage(method, new Uri(host.FrontDoor, path));
        request.Headers.Add("x-functions-key", key);
        if (body is not null) request.Content = new StringContent(body);
        return await http.SendAsync(request);
    }
}
