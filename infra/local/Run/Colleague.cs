using System.Diagnostics;

namespace Serverless.Local.Run;

/// <summary>Plays a colleague: answers every open case of the channels whose provider is played here, once, by the same API as any
/// desk.</summary>
internal sealed class Colleague(AppApi app)
{
    private static readonly string[] Channels = ["email", "telegram", "twilio", "vonage", "x"];
    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(100);

    /// <summary>For how long answers may be on their way.</summary>
    public TimeSpan Patience { get; init; } = TimeSpan.FromSeconds(60);

    /// <summary>Answers, and waits until each answer has gone out.</summary>
    /// <returns>One sentence for each that the app would not take for a reason of its own; a window that is over is none.</returns>
    public async Task<IReadOnlyList<string>> AnswerAsync(CancellationToken ct)
    {
        List<string> differences = [];
        var cases = await app.CasesAsync(ct);
        foreach (var one in cases.Where(c => c.State == "open" && c.Channels.Split(", ").Any(Channels.Contains)))
        {
            // A second run into the same folder answers nobody twice.
            if ((await app.RepliesAsync(one.Number, ct)).Any(r => !r.Automatic)) continue;
            var status = await app.ReplyAsync(one.Number, Words(one.Number), ct);
            if (status is not (202 or 409 or 422))
                differences.Add($"the answer to case {one.Number} ({one.Channels}) was met with {status}");
        }

        await RepliesAsync(ct);
        return differences;
    }

    /// <summary>Every text to a customer, receipts too, once none is on its way any more or patience is over.</summary>
    public async Task<IReadOnlyList<ReplyLine>> RepliesAsync(CancellationToken ct)
    {
        for (var watch = Stopwatch.StartNew(); ;)
        {
            List<ReplyLine> replies = [];
            foreach (var one in await app.CasesAsync(ct)) replies.AddRange(await app.RepliesAsync(one.Number, ct));
            if (!replies.Any(r => r.IsOnItsWay) || watch.Elapsed > Patience) return replies;
            await Task.Delay(Pause, TimeProvider.System, ct);
        }
    }

    // The seeds' customers write German and English; a post on X takes 280 characters.
    private static string Words(string number) =>
        $"Guten Tag, wir kümmern uns darum und melden uns morgen bis 12 Uhr. / Hello, we are on it and will come back to you by noon tomorrow. Vorgang / case {number}";
}
