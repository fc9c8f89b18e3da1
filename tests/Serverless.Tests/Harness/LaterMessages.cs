using System.Collections.Concurrent;
using System.Text.RegularExpressions;
using System.Runtime.CompilerServices;
using System.Text;
using System.Text.Json;

namespace Serverless.Tests.Harness;

/// <summary>
/// Messages of route queues that are to appear later, under the test's clock: as soon as the app has put one with a delay it is hidden in
/// the real queue for days, and shows itself when
/// <see cref="FakeTime"/> has come to its time. Every world of one clock shares it.
/// </summary>
internal sealed class LaterMessages
{
    private static readonly ConditionalWeakTable<FakeTime, LaterMessages> All = [];
    private static readonly TimeSpan Days = TimeSpan.FromDays(6);
    private readonly List<LaterMessage> _waiting = [];
    private readonly string _account;
    private readonly ConcurrentDictionary<string, bool> _filled = new(StringComparer.Ordinal);
    private readonly FakeTime _time;

    private LaterMessages(string connectionString, FakeTime time) =>
        (_account, _time) = (connectionString, time);

    /// <summary>That of a clock.</summary>
    /// <param name="connectionString">Straight to Azurite.</param>
    /// <param name="time">The clock.</param>
    public static LaterMessages Of(string connectionString, FakeTime time) =>
        All.GetValue(time, t => new LaterMessages(connectionString, t));

    /// <summary>What waits, the next one first.</summary>
    public IReadOnlyList<LaterMessage> Waiting
    {
        get
        {
            lock (_waiting) return [.. _waiting.OrderBy(m => m.Due)];
        }
    }

    /// <summary>Notes that a message was put into a queue, or shows itself there.</summary>
    public void NoteFilled(string queue) => _filled[queue] = true;

    /// <summary>Whether that was noted since it was asked last.</summary>
    public bool WasFilled(string queue) => _filled.TryRemove(queue, out _);

    /// <summary>Hides what was put; called before the app knows that it is.</summary>
    public async Task HideAsync(string queue, string id, string receipt, string text, TimeSpan delay)
    {
        var hidden = await new TestQueue(_account, queue).HideAsync(id, receipt, Days, CancellationToken.None);
        lock (_waiting) _waiting.Add(new LaterMessage(queue, id, hidden, text, _time.GetUtcNow() + delay));
    }

    /// <summary>Shows what is due.</summary>
    public async Task ShowAsync()
    {
        List<LaterMessage> due;
        lock (_waiting)
        {
            due = [.. _waiting.Where(m => m.Due <= _time.GetUtcNow())];
            _waiting.RemoveAll(due.Contains);
        }

        foreach (var message in due)
        {
            await new TestQueue(_account, message.Queue).HideAsync(message.Id, message.Receipt, TimeSpan.Zero, CancellationToken.None);
            NoteFilled(message.Queue);
        }
    }

    /// <summary>As if the queue had lost all that waits, or a process had died before it put it.</summary>
    public void Lose()
    {
        lock (_waiting) _waiting.Clear();
    }
}

/// <summary>A message that waits for its time.</summary>
internal sealed record LaterMessage(string Queue, string Id, string Receipt, string Text, DateTimeOffset Due)
{
    /// <summary>The route.</summary>
    public string Route => Queue["notify-".Length..];

    /// <summary>Whom it is for; null for all.</summary>
    public string? Target => Of("target") ?? Of("digest");

    public int Attempt => Count("attempt");

    public int Resend => Count("resend");

    public int Postponed => Count("postponed");

    /// <summary>The event's id; null for the end of a digest's window.</summary>
    public string? EventId
    {
        get
        {
            using var json = JsonDocument.Parse(Text);
            return json.RootElement.TryGetProperty("event", out var e) ? e.GetProperty("id").GetString() : null;
        }
    }

    private string? Of(string name)
    {
        using var json = JsonDocument.Parse(Text);
        return json.RootElement.TryGetProperty(name, out var value) ? value.ToString() : null;
    }

    private int Count(string name) => Of(name) is { } count ? int.Parse(count) : 0;
}

/// <summary>Watches one connection to the queue service for messages that are put with a delay.</summary>
/// <remarks>It tells requests apart as HTTP/1.1 without pipelining allows: the first bytes of a connection, and those that follow an
/// answer.</remarks>
internal sealed partial class PutWatch(LaterMessages later)
{
    private readonly StringBuilder _request = new();
    private bool _answered;

    public async Task UpAsync(Stream from, Stream to)
    {
        var buffer = new byte[64 * 1024];
        for (int read; (read = await from.ReadAsync(buffer)) > 0;)
        {
            var text = Encoding.Latin1.GetString(buffer, 0, read);
            lock (_request)
            {
                if (_answered) _request.Clear();
                if (_request.Length == 0 && Put().Match(text) is { Success: true } put) later.NoteFilled(put.Groups["queue"].Value);
                _answered = false;
                _request.Append(text);
            }

            await to.WriteAsync(buffer.AsMemory(0, read));
        }
    }

    public async Task DownAsync(Stream from, Stream to)
    {
        var buffer = new byte[64 * 1024];
        for (int read; (read = await from.ReadAsync(buffer)) > 0;)
        {
            string request;
            lock (_request)
            {
                _answered = true;
                request = _request.ToString();
            }

            if (DelayedPut().Match(request) is not { Success: true } put)
            {
                await to.WriteAsync(buffer.AsMemory(0, read));
                continue;
            }

            using var whole = new MemoryStream();
            whole.Write(buffer, 0, read);
            string Answer() => Encoding.Latin1.GetString(whole.GetBuffer(), 0, (int)whole.Length);
            while (Answer().StartsWith("HTTP/1.1 201", StringComparison.Ordinal)
                && !Answer().Contains("</QueueMessagesList>", StringComparison.Ordinal) && (read = await from.ReadAsync(buffer)) > 0)
                    whole.Write(buffer, 0, read);
            if (Receipt().Match(Answer()) is { Success: true } taken)
            {
                await later.HideAsync(
                    put.Groups["queue"].Value, taken.Groups["id"].Value, taken.Groups["receipt"].Value,
                    Encoding.UTF8.GetString(Convert.FromBase64String(put.Groups["text"].Value)),
                    TimeSpan.FromSeconds(int.Parse(put.Groups["seconds"].Value)));
            }

            await to.WriteAsync(whole.GetBuffer().AsMemory(0, (int)whole.Length));
        }
    }

    [GeneratedRegex(
        @"^POST /[^/ ]+/(?<queue>notify-[a-z]+)/messages\?[^ ]*visibilitytimeout=(?<seconds>[1-9][0-9]*).*<MessageText>(?<text>[^<]*)</MessageText>",
        RegexOptions.ExplicitCapture | RegexOptions.Singleline, matchTimeoutMilliseconds: 1000)]
    private static partial Regex DelayedPut();

    [GeneratedRegex("^POST /[^/ ]+/(?<queue>[a-z0-9-]+)/messages", RegexOptions.ExplicitCapture, matchTimeoutMilliseconds: 1000)]
    private static partial Regex Put();

    [GeneratedRegex("<MessageId>(?<id>[^<]*)</MessageId>.*<PopReceipt>(?<receipt>[^<]*)</PopReceipt>",
        RegexOptions.ExplicitCapture | RegexOptions.Singleline, matchTimeoutMilliseconds: 1000)]
    private static partial Regex Receipt();
}
