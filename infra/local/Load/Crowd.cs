using System.Diagnostics;
using System.Net.Http.Headers;

namespace Serverless.Local.Load;

/// <summary>So many senders at a time, each sending its next message when the last one was answered.</summary>
internal sealed class Crowd(HttpClient http, MetaMessages messages, int connections)
{
    /// <summary>Sends for a while; ends once the last call is answered.</summary>
    /// <param name="address">Of the app's or the floor's function.</param>
    public Task<Slice> SendAsync(Uri address, TimeSpan length, CancellationToken ct)
    {
        var watch = Stopwatch.StartNew();
        return SendWhileAsync(address, () => watch.Elapsed < length, ct);
    }

    /// <summary>Sends so many calls.</summary>
    public Task<Slice> SendAsync(Uri address, int calls, CancellationToken ct) =>
        SendWhileAsync(address, () => Interlocked.Decrement(ref calls) >= 0, ct);

    private async Task<Slice> SendWhileAsync(Uri address, Func<bool> goesOn, CancellationToken ct)
    {
        var watch = Stopwatch.StartNew();
        var senders = await Task.WhenAll(Enumerable.Range(0, connections)
            .Select(_ => Task.Run(() => SendOneByOneAsync(address, goesOn, ct), ct)));
        return new Slice(senders.Sum(s => s.Refused), watch.Elapsed, [.. senders.SelectMany(s => s.Latencies)]);
    }

    private async Task<(List<double> Latencies, int Refused)> SendOneByOneAsync(Uri door, Func<bool> goesOn, CancellationToken ct)
    {
        var (latencies, refused) = (new List<double>(), 0);
        while (goesOn())
        {
            var (body, signature) = messages.Next();
            using var request = new HttpRequestMessage(HttpMethod.Post, door) { Content = new ByteArrayContent(body) };
            request.Content.Headers.ContentType = new MediaTypeHeaderValue("application/json");
            request.Headers.TryAddWithoutValidation(MetaMessages.SignatureHeader, signature);
            var began = Stopwatch.GetTimestamp();
            using var response = await http.SendAsync(request, ct);
            await response.Content.CopyToAsync(Stream.Null, ct);
            if (response.IsSuccessStatusCode) latencies.Add(Stopwatch.GetElapsedTime(began).TotalMilliseconds);
            else refused++;
        }
        return (latencies, refused);
    }
}

/// <summary>What a slice of time brought.</summary>
/// <param name="Refused">Calls answered with anything but 2xx.</param>
/// <param name="Latencies">Milliseconds of each accepted call.</param>
internal sealed record Slice(int Refused, TimeSpan Length, IReadOnlyList<double> Latencies)
{
    public int Accepted => Latencies.Count;
}
