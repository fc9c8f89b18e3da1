using System.Text;

namespace Serverless.Local.Hosting;

/// <summary>
/// The storage-queue trigger: polls, hands messages over, retries and buries them as the queue extension does.
/// host-contract.md, "Everything else ...: JSON mode", "Storage queue".
/// </summary>
internal sealed class QueuePump(FunctionHostOptions options, HostJson host, JsonInvoker invoker, HandlerSupervisor supervisor, FunctionDefinition function, QueueRest queue, QueueRest? poison)
{
    private static readonly TimeSpan PollingMin = TimeSpan.FromMilliseconds(100);
    private readonly HashSet<Task> working = [];
    private bool unreachable;

    /// <summary>Polls until <paramref name="stop"/>, then returns once what it had taken is settled.</summary>
    public async Task RunAsync(CancellationToken stop)
    {
        try
        {
            for (var idle = PollingMin; ;)
            {
                await supervisor.ReadyAsync(Timeout.InfiniteTimeSpan, stop);

                // newBatchThreshold: the next batch is fetched once so few are still being worked on.
                while (working.Count > host.QueueNewBatchThreshold) await OneEndsAsync(stop);
                var messages = await TakeAsync(stop);
                foreach (var message in messages) working.Add(WorkAsync(message, stop));
                if (messages.Count > 0)
                {
                    idle = PollingMin;
                    continue;
                }

                // Back-off up to maxPollingInterval while the queue is empty or missing.
                await Task.Delay(idle, TimeProvider.System, stop);
                idle = idle * 2 > host.QueuePollingMax ? Max(host.QueuePollingMax, PollingMin) : idle * 2;
                working.RemoveWhere(task => task.IsCompleted);
            }
        }
        catch (Exception problem) when (problem is OperationCanceledException or HandlerUnavailableException)
        {
            await Task.WhenAll(working);
        }
    }

    private async Task OneEndsAsync(CancellationToken stop)
    {
        await Task.WhenAny(working).WaitAsync(stop);
        working.RemoveWhere(task => task.IsCompleted);
    }

    private async Task<IReadOnlyList<QueueMessage>> TakeAsync(CancellationToken stop)
    {
        try
        {
            var messages = await queue.TakeAsync(host.QueueBatchSize, options.QueueLock, stop);
            unreachable = false;
            return messages ?? [];
        }
        catch (HttpRequestException problem)
        {
            if (!unreachable) Log(LogLevel.Warning, $"The queue {queue.Name} cannot be read ({problem.Message}); trying again.");
            unreachable = true;
            return [];
        }
    }

    // Nothing but storage being away can go wrong here; the message then comes again by itself.
    private async Task WorkAsync(QueueMessage message, CancellationToken stop)
    {
        try
        {
            var text = Decode(message.Text);
            if (text is null || message.DequeueCount > host.QueueMaxDequeueCount)
            {
                if (text is null) Log(LogLevel.Error, $"{function.Name}: message {message.Id} is not base64, as host.json says it is.");

                // The extension gives a queue named "...-poison" no poison queue of its own: what has used up its tries there stays, hidden again and again.
                if (poison is not null) await BuryAsync(poison, message, message.PopReceipt);
                return;
            }

            using var ended = new CancellationTokenSource();
            var prolonging = ProlongAsync(message, ended.Token);
            var result = await invoker.InvokeAsync(function, text, Metadata(message, text));
            await ended.CancelAsync();
            var receipt = await prolonging;
            if (result.Succeeded) await queue.DeleteAsync(message.Id, receipt, CancellationToken.None);

            // "5 tries, then <queue>-poison"; a try the stopping host has cut off itself is not the message's fault.
            else if (poison is not null && message.DequeueCount >= host.QueueMaxDequeueCount && !stop.IsCancellationRequested) await BuryAsync(poison, message, receipt);
            else await queue.HideAsync(message.Id, receipt, host.QueueVisibilityTimeout, CancellationToken.None);
        }
        catch (HttpRequestException problem)
        {
            Log(LogLevel.Warning, $"{function.Name}: message {message.Id} could not be settled ({problem.Message}); it comes again.");
        }
    }

    private async Task<string> ProlongAsync(QueueMessage message, CancellationToken ended)
    {
        var receipt = message.PopReceipt;
        while (true)
        {
            await Task.Delay(options.QueueLock / 2, TimeProvider.System, ended).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            if (ended.IsCancellationRequested) return receipt;
            try
            {
                receipt = await queue.HideAsync(message.Id, receipt, options.QueueLock, CancellationToken.None);
            }
            catch (HttpRequestException problem)
            {
                Log(LogLevel.Warning, $"{function.Name}: message {message.Id} could not be kept hidden ({problem.Message}).");
            }
        }
    }

    private async Task BuryAsync(QueueRest grave, QueueMessage message, string receipt)
    {
        try
        {
            await grave.PutAsync(message.Text, CancellationToken.None);
        }
        catch (QueueMissingException)
        {
            await grave.CreateAsync(CancellationToken.None);
            await grave.PutAsync(message.Text, CancellationToken.None);
        }

        await queue.DeleteAsync(message.Id, receipt, CancellationToken.None);
        Log(LogLevel.Error, $"{function.Name}: message {message.Id} was moved to {grave.Name} after {message.DequeueCount} tries.");
    }

    private string? Decode(string text)
    {
        if (!host.QueueBase64) return text;
        try
        {
            return Encoding.UTF8.GetString(Convert.FromBase64String(text));
        }
        catch (FormatException)
        {
            return null;
        }
    }

    private static Dictionary<string, object?> Metadata(QueueMessage message, string text) => new(StringComparer.OrdinalIgnoreCase)
    {
        ["QueueTrigger"] = text,
        ["DequeueCount"] = message.DequeueCount,
        ["ExpirationTime"] = message.ExpirationTime,
        ["Id"] = message.Id,
        ["InsertionTime"] = message.InsertionTime,
        ["NextVisibleTime"] = message.NextVisibleTime,
        ["PopReceipt"] = message.PopReceipt,
    };

    private static TimeSpan Max(TimeSpan one, TimeSpan other) => one > other ? one : other;

    private void Log(LogLevel level, string text) => options.HostLog?.Invoke(new HostLine(level, text));
}
