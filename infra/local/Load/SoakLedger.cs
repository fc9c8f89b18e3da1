using System.Collections.Concurrent;
using System.Diagnostics;
using Serverless.Local.CommandLine;
using Serverless.Local.Run;
using Serverless.Local.Seeds;

namespace Serverless.Local.Load;

/// <summary>What a soak found at its end.</summary>
/// <param name="Lost">Accepted contacts that are in no case.</param>
/// <param name="Doubled">Contacts that were taken into a case more than once.</param>
/// <param name="Findings">One sentence for each of both.</param>
internal sealed record SoakOutcome(int Lost, int Doubled, IReadOnlyList<string> Findings);

/// <summary>
/// Sends as providers do, and keeps what was accepted: a call that gets no 2xx, or no answer at all, is sent again, the same bytes, until
/// it is taken. So one contact may have several deliveries, of which exactly one may become its case; the others are duplicates.
/// </summary>
internal sealed class SoakLedger(HttpClient http, Uri front, FreshCalls calls, TimeProvider time)
{
    private const int MostTries = 60;
    private static readonly TimeSpan Again = TimeSpan.FromSeconds(3);
    private readonly ConcurrentBag<(string Channel, List<string> Deliveries)> _accepted = [];
    private readonly ConcurrentBag<double> _latencies = [];
    private int _copies;
    private int _repeated;

    /// <summary>Contacts that were answered 2xx.</summary>
    public int Accepted => _accepted.Count;

    /// <summary>Seeds sent, first copies too.</summary>
    public int Copies => Volatile.Read(ref _copies);

    /// <summary>Calls beyond the first of a contact.</summary>
    public int Repeated => Volatile.Read(ref _repeated);

    /// <summary>Milliseconds within which this part of the accepted calls was answered; 0 without any.</summary>
    public double Latency(double part)
    {
        var sorted = _latencies.Order().ToList();
        return sorted.Count == 0 ? 0 : sorted[Math.Min(sorted.Count - 1, (int)(part * sorted.Count))];
    }

    /// <summary>Sends new contacts at a rate until cancelled; ends once each is accepted or given up.</summary>
    public async Task SendAsync(int rate, CancellationToken ct)
    {
        List<Task> sending = [];
        using var timer = new PeriodicTimer(TimeSpan.FromSeconds(1.0 / rate), time);
        while (!ct.IsCancellationRequested)
        {
            try
            {
                await timer.WaitForNextTickAsync(ct);
            }
            catch (OperationCanceledException)
            {
                break;
            }

            sending.RemoveAll(t => t.IsCompletedSuccessfully);
            sending.Add(UntilTakenAsync(calls.Next()));
        }

        await Task.WhenAll(sending);
    }

    /// <summary>Sends the seeds one after another, round after round, until cancelled.</summary>
    public async Task ReplayAsync(IReadOnlyList<SeedFile> seeds, CancellationToken ct)
    {
        var replay = new SeedReplay(http, front);
        while (!ct.IsCancellationRequested)
        {
            foreach (var seed in seeds)
            {
                if (ct.IsCancellationRequested) return;
                await CopyAsync(replay, seed);
                await Task.Delay(TimeSpan.FromMilliseconds(500), time, ct).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            }
        }
    }

    private async Task CopyAsync(SeedReplay replay, SeedFile seed)
    {
        try
        {
            await replay.SendAsync(seed, CancellationToken.None);
            Interlocked.Increment(ref _copies);
        }
        catch (TaskCanceledException)
        {
            // No answer within the patience of the client; the round goes on.
        }
    }

    /// <summary>Asks the app what became of each accepted contact.</summary>
    public async Task<SoakOutcome> CheckAsync(AppApi api, Screen screen, CancellationToken ct)
    {
        screen.Say($"Checking the outcome of {Accepted} contacts ...");
        var (lost, doubled) = (new ConcurrentBag<string>(), new ConcurrentBag<string>());
        await Parallel.ForEachAsync(_accepted, new ParallelOptions { MaxDegreeOfParallelism = 8, CancellationToken = ct },
            async (one, token) =>
        {
            List<string> ends = [];
            foreach (var delivery in one.Deliveries)
                ends.AddRange((await api.DeliveryAsync(one.Channel, delivery, token))?.Ends ?? ["unknown"]);
            var taken = ends.Count(e => e is "case" or "joined");
            var sentence = $"{one.Channel}, deliveries {string.Join(", ", one.Deliveries)}: {string.Join(", ", ends)}";
            if (taken > 1) doubled.Add("doubled: " + sentence);
            // A call whose answer was lost may have been taken before: then the ones with an id are all copies.
            else if (taken == 0 && !ends.Contains("duplicate", StringComparer.Ordinal)) lost.Add("lost: " + sentence);
        });
        return new SoakOutcome(lost.Count, doubled.Count, [.. lost, .. doubled]);
    }

    private async Task UntilTakenAsync(FreshCall call)
    {
        List<string> deliveries = [];
        for (var tried = 0; tried < MostTries; tried++)
        {
            if (tried > 0)
            {
                Interlocked.Increment(ref _repeated);
                await Task.Delay(Again, time);
            }

            if (await SendAsync(call, deliveries) is not { } milliseconds) continue;
            _latencies.Add(milliseconds);
            _accepted.Add((call.Channel, deliveries));
            return;
        }

        throw new Refusal($"A call of {call.Channel} was not accepted in {MostTries} attempts: see .local/soak/handler.log.");
    }

    /// <summary>How long the answer took; null when the call was not taken.</summary>
    private async Task<double?> SendAsync(FreshCall call, List<string> deliveries)
    {
        using var request = new HttpRequestMessage(HttpMethod.Post,
            new Uri(front, call.Path)) { Content = new ByteArrayContent(call.Body) };
        foreach (var (name, value) in call.Headers)
            if (!request.Headers.TryAddWithoutValidation(name, value)) request.Content.Headers.TryAddWithoutValidation(name, value);
        var began = Stopwatch.GetTimestamp();
        try
        {
            using var response = await http.SendAsync(request);
            if (response.Headers.NonValidated.TryGetValues("x-delivery-id", out var ids)) deliveries.Add(ids.ToString());
            return response.IsSuccessStatusCode && deliveries.Count > 0 ? Stopwatch.GetElapsedTime(began).TotalMilliseconds : null;
        }
        catch (Exception problem) when (problem is HttpRequestException or TaskCanceledException)
        {
            // The app was killed, or restarts.
            return null;
        }
    }
}
