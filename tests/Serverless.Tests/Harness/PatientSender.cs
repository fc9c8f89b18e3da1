using System.Collections.Concurrent;

namespace Serverless.Tests.Harness;

/// <summary>Calls the front door as providers do: whatever is not answered as it should be is sent again, the same bytes, until it
/// is.</summary>
/// <param name="hosts">Any of them may get a call.</param>
public sealed class PatientSender(IReadOnlyList<HostProcess> hosts, HttpClient http, Random random)
{
    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(100);
    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(10);
    private int _again;

    /// <summary>The deliveries that were answered 2xx and are stored: channel, id, and the seed they came of.</summary>
    public ConcurrentQueue<(string Channel, string Id, Seed? Seed)> Accepted { get; } = new();

    /// <summary>How often a call was sent again.</summary>
    public int SentAgain => _again;

    public Task SendAsync(int person, int number)
    {
        var body = Conversations.Message(person, number);
        return SendAsync("POST", "/api/hooks/meta", MetaCall.Headers(body, MetaCall.Secret), body, 200, null);
    }

    public Task SendAsync(Seed seed) => SendAsync(seed.Method, seed.PathAndQuery, seed.Headers, seed.Body, seed.Answer.Status, seed);

    private async Task SendAsync(string method, string target, IReadOnlyList<KeyValuePair<string, string>> headers, byte[] body, int status,
        Seed? seed)
    {
        using var patience = new CancellationTokenSource(Patience);
        for (var got = ""; ; Interlocked.Increment(ref _again))
        {
            if (patience.IsCancellationRequested)
                throw new TimeoutException($"{seed?.Name ?? target}: still no {status} after {Patience}; last was {got}.");
            try
            {
                using var request = Request(method, target, headers, body);
                using var answer = await http.SendAsync(request, patience.Token);
                got = $"{(int)answer.StatusCode}";
                if ((int)answer.StatusCode == status)
                {
                    if (answer.IsSuccessStatusCode && answer.Headers.TryGetValues("X-Delivery-Id", out var ids))
                        Accepted.Enqueue((target.Split('/', '?')[3], ids.Single(), seed));
                    return;
                }
            }
            catch (Exception e) when (e is HttpRequestException or IOException or TaskCanceledException)
            {
                got = e.GetType().Name;
            }

            await Task.Delay(Pause);
        }
    }

    private HttpRequestMessage Request(string method, string target, IReadOnlyList<KeyValuePair<string, string>> headers, byte[] body)
    {
        HostProcess host;
        lock (random) host = hosts[random.Next(hosts.Count)];
        var address = new Uri(host.FrontDoor.GetLeftPart(UriPartial.Authority) + target,
            new UriCreationOptions { DangerousDisablePathAndQueryCanonicalization = true });
        var request = new HttpRequestMessage(new HttpMethod(method), address);
        if (body.Length > 0 || method == "POST") request.Content = new ByteArrayContent(body);
        foreach (var (name, value) in headers)
            if (!request.Headers.TryAddWithoutValidation(name, value)) request.Content?.Headers.TryAddWithoutValidation(name, value);
        return request;
    }
}
