using System.Collections.Concurrent;
using System.Net;
using System.Net.Http.Headers;
using System.Text.Json;
using System.Text.Json.Nodes;

namespace Serverless.Local.Hosting;

/// <summary>How one invocation ended.</summary>
/// <param name="Succeeded">True when the handler answered as it must.</param>
/// <param name="Error">One sentence, null on success.</param>
public readonly record struct InvocationResult(bool Succeeded, string? Error);

/// <summary>How often a function ran since the host started, and how those runs ended.</summary>
public sealed record InvocationCounts(long Succeeded, long Failed, long Hung);

/// <summary>Calls the handler in JSON mode and judges its answer.</summary>
internal sealed class JsonInvoker(FunctionHostOptions options, HandlerSupervisor supervisor, HostJson host)
{
    public const string Version = "4.1037.0.0";
    private readonly ConcurrentDictionary<string, InvocationCounts> counts = new(StringComparer.Ordinal);
    private static readonly InvocationCounts None = new(0, 0, 0);
    private int inFlight;

    /// <summary>Calls that have not ended yet.</summary>
    public int InFlight => Volatile.Read(ref inFlight);

    public InvocationCounts CountsOf(string function) => counts.GetValueOrDefault(function) ?? None;

    /// <summary>Runs the function once. Waits for a handler that is being restarted; never throws for what the handler does.</summary>
    public async Task<InvocationResult> InvokeAsync(FunctionDefinition function, object value, Dictionary<string, object?> metadata)
    {
        Interlocked.Increment(ref inFlight);
        try
        {
            var id = Guid.CreateVersion7(options.Time.GetUtcNow());
            metadata["sys"] = new JsonObject { ["MethodName"] = function.Name, ["UtcNow"] = options.Time.GetUtcNow().UtcDateTime, ["RandGuid"] = id };
            var body = InvocationPayload.Write(function.Trigger.Binding, value, metadata, options.DoubleEncodeDates);
            var (ending, error) = await CallAsync(function.Name, id, body);
            counts.AddOrUpdate(function.Name, _ => Add(None, ending), (_, before) => Add(before, ending));
            if (error is not null) Log(LogLevel.Error, $"{function.Name} failed ({id}): {error}");
            return new InvocationResult(error is null, error);
        }
        finally
        {
            Interlocked.Decrement(ref inFlight);
        }
    }

    private async Task<(Ending Ending, string? Error)> CallAsync(string function, Guid id, byte[] body)
    {
        HandlerProcess handler;
        try
        {
            handler = await supervisor.ReadyAsync(Timeout.InfiniteTimeSpan, CancellationToken.None);
        }
        catch (HandlerUnavailableException problem)
        {
            return (Ending.Failed, problem.Message);
        }

        using var limit = new CancellationTokenSource(host.FunctionTimeout);
        try
        {
            using var request = Request(new Uri(handler.Address, function), id, body);
            using var answer = await supervisor.Http.SendAsync(request, limit.Token);
            var content = await answer.Content.ReadAsByteArrayAsync(limit.Token);
            var error = Judge(answer, content, out var hangs);
            return hangs ? await HangAsync(handler, function, error!, limit.Token) : (error is null ? Ending.Succeeded : Ending.Failed, error);
        }
        catch (OperationCanceledException)
        {
            var error = $"no answer within the function timeout of {host.FunctionTimeout}.";
            supervisor.Replace(handler, $"{function}: {error}");
            return (Ending.Failed, error);
        }
        catch (HttpRequestException)
        {
            return (Ending.Failed, "the handler ended or closed the connection during the call.");
        }
    }

    private static HttpRequestMessage Request(Uri address, Guid id, byte[] body)
    {
        var request = new HttpRequestMessage(HttpMethod.Post, address) { Content = new ByteArrayContent(body) };
        request.Content.Headers.ContentType = new MediaTypeHeaderValue("application/json", "utf-8");

        // "POST /{FunctionName}, chunked application/json".
        request.Headers.TransferEncodingChunked = true;
        request.Headers.TryAddWithoutValidation("X-Azure-Functions-InvocationId", id.ToString());
        request.Headers.TryAddWithoutValidation("X-Azure-Functions-HostVersion", Version);
        request.Headers.TryAddWithoutValidation("User-Agent", "Azure-Functions-Host/" + Version);
        return request;
    }

    // host-contract.md, "Our answer in JSON mode".
    private string? Judge(HttpResponseMessage answer, byte[] content, out bool hangs)
    {
        hangs = false;
        if (!answer.IsSuccessStatusCode) return $"the handler answered {(int)answer.StatusCode}.";
        var type = answer.Content.Headers.ContentType?.MediaType;
        if (type is not null && !type.Equals("application/json", StringComparison.OrdinalIgnoreCase))
            return $"the handler answered {type}; only application/json is an answer.";
        hangs = answer.StatusCode == HttpStatusCode.NoContent || content.AsSpan().Trim(" \t\r\n"u8).IsEmpty;
        if (hangs) return $"the handler answered {(int)answer.StatusCode} without a body, on which the real host hangs until the function timeout.";
        if (type is null) return "the handler answered without a content type; only application/json is an answer.";
        try
        {
            using var document = JsonDocument.Parse(content);
            hangs = document.RootElement.ValueKind == JsonValueKind.Null;
            if (hangs) return "the handler answered null, on which the real host hangs until the function timeout.";
            if (document.RootElement.ValueKind != JsonValueKind.Object) return "the handler answered JSON that is not an object.";
            WriteLogs(document.RootElement);
            return null;
        }
        catch (JsonException)
        {
            return "the handler answered something that is not JSON.";
        }
    }

    private async Task<(Ending Ending, string? Error)> HangAsync(HandlerProcess handler, string function, string error, CancellationToken timeout)
    {
        // "204, an empty 200 or null hang the invocation until the timeout and kill the handler": told at once, done at the timeout.
        Log(LogLevel.Error, $"{function} hangs: {error}");
        if (!options.HangIsImmediate) await Task.WhenAny(handler.Exited, Task.Delay(Timeout.InfiniteTimeSpan, TimeProvider.System, timeout));
        supervisor.Replace(handler, $"{function}: {error}");
        return (Ending.Hung, error);
    }

    private void WriteLogs(JsonElement answer)
    {
        // "Logs":["..."] of the answer are the function's own log lines.
        if (!answer.TryGetProperty("Logs", out var logs) || logs.ValueKind != JsonValueKind.Array) return;
        foreach (var line in logs.EnumerateArray())
        {
            if (line.ValueKind == JsonValueKind.String) options.HandlerLog?.Invoke(new HostLine(LogLevel.Information, line.GetString()!));
        }
    }

    private static InvocationCounts Add(InvocationCounts counts, Ending ending) => ending switch
    {
        Ending.Succeeded => counts with { Succeeded = counts.Succeeded + 1 },
        Ending.Hung => counts with { Hung = counts.Hung + 1 },
        _ => counts with { Failed = counts.Failed + 1 },
    };

    private void Log(LogLevel level, string text) => options.HostLog?.Invoke(new HostLine(level, text));

    private enum Ending
    {
        Succeeded,
        Failed,
        Hung,
    }
}
