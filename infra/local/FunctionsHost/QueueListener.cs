using System.Text;
using System.Text.Json;
using Azure;
using Azure.Storage.Queues;
using Azure.Storage.Queues.Models;
using Google.Protobuf;
using Serverless.Local.FunctionsHost.Rpc;

namespace Serverless.Local.FunctionsHost;

/// <summary>The storage queue trigger: polls, invokes, retries and moves to the poison queue (host-contract.md, "Queue and
/// timer").</summary>
internal sealed class QueueListener
{
    private const string Poison = "-poison";
    private static readonly TimeSpan PollingMin = TimeSpan.FromMilliseconds(100);
    private readonly FunctionHostOptions _options;
    private readonly HostJson _json;
    private readonly FunctionHost _host;
    private readonly WorkerFunction _function;
    private readonly WorkerSupervisor _supervisor;
    private readonly QueueClient _queue;
    private readonly QueueClient? _poison;
    private readonly HashSet<Task> _working = [];
    private bool _unreachable;

    /// <exception cref="HostStartException">A setting is missing, or the connection string is none.</exception>
    public QueueListener(FunctionHostOptions options, HostJson json, FunctionHost host, WorkerFunction function,
        WorkerSupervisor supervisor)
    {
        (_options, _json, _host, _function, _supervisor) = (options, json, host, function, supervisor);
        try
        {
            var client = new QueueClientOptions { Retry = { MaxRetries = 0, NetworkTimeout = TimeSpan.FromSeconds(30) } };
            var service = new QueueServiceClient(options.Settings.Connection(function.Connection), client);
            _queue = service.GetQueueClient(options.Settings.Resolve(function.QueueName));

            // The extension gives a queue named "...-poison" no poison queue of its own: what has used up its tries there stays, hidden
            // again and again.
            _poison = _queue.Name.EndsWith(Poison, StringComparison.Ordinal) ? null : service.GetQueueClient(_queue.Name + Poison);
        }
        catch (FormatException problem)
        {
            throw new HostStartException("its connection string is not one.", problem);
        }
    }

    /// <summary>Polls until <paramref name="stop"/>, then returns once what it had taken is settled.</summary>
    public async Task RunAsync(CancellationToken stop)
    {
        try
        {
            for (var idle = PollingMin; ;)
            {
                await _supervisor.ReadyAsync(Timeout.InfiniteTimeSpan, stop);

                // newBatchThreshold: the next batch is fetched once so few are still being worked on.
                while (_working.Count > _json.QueueNewBatchThreshold) await OneEndsAsync(stop);
                var messages = await TakeAsync(stop);
                foreach (var message in messages) _working.Add(WorkAsync(message, stop));
                if (messages.Length > 0)
                {
                    idle = PollingMin;
                    continue;
                }

                // Back-off up to maxPollingInterval while the queue is empty or missing.
                await Task.Delay(idle, TimeProvider.System, stop);
                idle = idle * 2 < _json.QueuePollingMax ? idle * 2 : _json.QueuePollingMax;
                _working.RemoveWhere(task => task.IsCompleted);
            }
        }
        catch (Exception problem) when (problem is OperationCanceledException or WorkerUnavailableException)
        {
            await Task.WhenAll(_working);
        }
    }

    private async Task OneEndsAsync(CancellationToken stop)
    {
        await Task.WhenAny(_working).WaitAsync(stop);
        _working.RemoveWhere(task => task.IsCompleted);
    }

    private async Task<QueueMessage[]> TakeAsync(CancellationToken stop)
    {
        try
        {
            var messages = await _queue.ReceiveMessagesAsync(_json.QueueBatchSize, _options.QueueLock, stop);
            _unreachable = false;
            return messages.Value;
        }
        catch (RequestFailedException problem) when (problem.Status == StatusCodes.Status404NotFound)
        {
            return [];
        }
        catch (RequestFailedException problem)
        {
            if (!_unreachable) Log(LogLevel.Warning, $"The queue {_queue.Name} cannot be read ({problem.Message}); trying again.");
            _unreachable = true;
            return [];
        }
    }

    private async Task WorkAsync(QueueMessage message, CancellationToken stop)
    {
        try
        {
            if (Decode(message.Body) is not { } text)
                await BuryAsync(message, message.PopReceipt, "is not base64, as host.json says it is");
            else if (message.DequeueCount > _json.QueueMaxDequeueCount)
                await BuryAsync(message, message.PopReceipt, "has used up its tries");
            else await InvokeAsync(message, text, stop);
        }
        catch (RequestFailedException problem)
        {
            Log(LogLevel.Warning,
                $"{_function.Name}: message {message.MessageId} could not be settled ({problem.Message}); it comes again.");
        }
    }

    private async Task InvokeAsync(QueueMessage message, string text, CancellationToken stop)
    {
        using var ended = new CancellationTokenSource();
        var renewing = RenewAsync(message, ended.Token);
        var result = await _host.InvokeAsync(_function, Value(message, text),
            TriggerMetadata.Merge(Properties(message, text), TriggerMetadata.OfBody(text)));
        await ended.CancelAsync();
        var receipt = await renewing;
        if (result.Succeeded) await _queue.DeleteMessageAsync(message.MessageId, receipt, CancellationToken.None);

        // A try that the stopping host has cut off itself is not the message's fault.
        else if (message.DequeueCount >= _json.QueueMaxDequeueCount && !stop.IsCancellationRequested)
            await BuryAsync(message, receipt, $"failed {message.DequeueCount} times");
        else await _queue.UpdateMessageAsync(message.MessageId, receipt, (BinaryData?)null, _json.QueueVisibilityTimeout,
            CancellationToken.None);
    }

    private async Task<string> RenewAsync(QueueMessage message, CancellationToken ended)
    {
        var receipt = message.PopReceipt;
        while (true)
        {
            await Task.Delay(_options.QueueLock / 2, TimeProvider.System, ended).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            if (ended.IsCancellationRequested) return receipt;
            try
            {
                receipt = (await _queue.UpdateMessageAsync(message.MessageId, receipt, (BinaryData?)null, _options.QueueLock,
                    CancellationToken.None)).Value.PopReceipt;
            }
            catch (RequestFailedException problem)
            {
                Log(LogLevel.Warning, $"{_function.Name}: message {message.MessageId} could not be kept hidden ({problem.Message}).");
            }
        }
    }

    // "To <queue>-poison with the original text."
    private async Task BuryAsync(QueueMessage message, string receipt, string why)
    {
        if (_poison is null) return;
        await _poison.CreateIfNotExistsAsync(cancellationToken: CancellationToken.None);
        await _poison.SendMessageAsync(message.Body, timeToLive: TimeSpan.FromSeconds(-1), cancellationToken: CancellationToken.None);
        await _queue.DeleteMessageAsync(message.MessageId, receipt, CancellationToken.None);
        Log(LogLevel.Error, $"{_function.Name}: message {message.MessageId} {why}: moved to {_poison.Name}.");
    }

    private string? Decode(BinaryData body)
    {
        if (!_json.QueueBase64) return body.ToString();
        var bytes = new byte[body.ToMemory().Length];
        return Convert.TryFromBase64String(body.ToString(), bytes, out var length)
            ? Encoding.UTF8.GetString(bytes.AsSpan(0, length)) : null;
    }

    // A string parameter gets the text, an SDK type model_binding_data (lines "Queue as string" and "As QueueMessage").
    private TypedData Value(QueueMessage message, string text)
    {
        if (!_function.WantsModelBindingData) return new TypedData { String = text };
        var content = JsonSerializer.SerializeToUtf8Bytes(new
        {
            message.MessageId,
            message.PopReceipt,
            MessageText = text,
            message.DequeueCount,
            message.NextVisibleOn,
            message.InsertedOn,
            message.ExpiresOn,
        });
        var data = new ModelBindingData { Version = "1.0", Source = "AzureStorageQueues", ContentType = "application/json",
            Content = ByteString.CopyFrom(content) };
        return new TypedData { ModelBindingData = data };
    }

    private static Dictionary<string, TypedData> Properties(QueueMessage message, string text) => new(StringComparer.OrdinalIgnoreCase)
    {
        ["QueueTrigger"] = new TypedData { String = text },
        // As JSON: the worker refuses the whole call for metadata sent as int.
        ["DequeueCount"] = new TypedData { Json = JsonSerializer.Serialize(message.DequeueCount) },
        ["ExpirationTime"] = Time(message.ExpiresOn),
        ["Id"] = new TypedData { String = message.MessageId },
        ["InsertionTime"] = Time(message.InsertedOn),
        ["NextVisibleTime"] = Time(message.NextVisibleOn),
        ["PopReceipt"] = new TypedData { String = message.PopReceipt },
    };

    private static TypedData Time(DateTimeOffset? time) => new() { Json = JsonSerializer.Serialize(time) };

    private void Log(LogLevel level, string text) => _options.HostLog?.Invoke(new HostLine(level, text));
}
