using System.Diagnostics;
using System.Globalization;
using System.Reflection;
using System.Text;
using System.Text.Json;

namespace Serverless.Tests.Infra;

/// <summary>Microsoft's Bicep compiler, one process for the whole test run: what it says of a template, and the resources it predicts for a
/// set of parameters.</summary>
/// <remarks>
/// It starts in seconds and then takes less than one second a call, hence its JSON-RPC mode, which editors use too.
/// https://learn.microsoft.com/azure/azure-resource-manager/bicep/bicep-cli#jsonrpc
/// </remarks>
internal sealed class BicepCompiler : IDisposable
{
    private static readonly Lazy<BicepCompiler> One = new(() => new BicepCompiler());
    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(2);
    private readonly SemaphoreSlim _turn = new(1, 1);
    private Process? _process;
    private int _calls;

    private BicepCompiler() => AppDomain.CurrentDomain.ProcessExit += (_, _) => Dispose();

    public static BicepCompiler Instance => One.Value;

    /// <summary>Everything the compiler and its linter say of a template; a warning counts as much as an error.</summary>
    /// <param name="template">A .bicep or .bicepparam file.</param>
    public async Task<IReadOnlyList<string>> ProblemsAsync(string template)
    {
        var parameters = template.EndsWith(".bicepparam", StringComparison.Ordinal);
        var answer = await AskAsync(parameters ? "bicep/compileParams"
            : "bicep/compile", parameters ? new { path = template, parameterOverrides = new { } } : new { path = template });
        var said = answer.GetProperty("diagnostics").EnumerateArray()
            .Select(d => $"{Path.GetFileName(d.GetProperty("source").GetString())}: {d.GetProperty("level").GetString()} {d.GetProperty("code").GetString()}: {d.GetProperty("message").GetString()}").ToList();
        return answer.GetProperty("success").GetBoolean() || said.Count > 0
            ? said : ["It does not compile, and the compiler does not say why."];
    }

    /// <summary>The resources that a deployment with these parameters would make.</summary>
    /// <exception cref="InvalidOperationException">The deployment would be refused; the message is the compiler's.</exception>
    public async Task<Prediction> PredictAsync(string parameters)
    {
        var metadata = new { tenantId = Prediction.Tenant, subscriptionId = Prediction.Subscription, resourceGroup = (string?)null,
            location = "germanywestcentral", deploymentName = "contacts" };
        var answer = await AskAsync("bicep/getSnapshot", new { path = parameters, metadata, externalInputs = Array.Empty<object>() });
        using var snapshot = JsonDocument.Parse(answer.GetProperty("snapshot").GetString()!);
        return new Prediction(Path.GetFileNameWithoutExtension(parameters), snapshot.RootElement.Clone());
    }

    public void Dispose()
    {
        End();
        _turn.Dispose();
    }

    private async Task<JsonElement> AskAsync(string method, object argument)
    {
        await _turn.WaitAsync();
        try
        {
            return await AskAsync(_process ??= Start(), method, argument);
        }
        catch (Exception error) when (error is IOException or OperationCanceledException)
        {
            // Some faulty templates bring the compiler down or to a stand; the next question finds a new one.
            End();
            throw new InvalidOperationException($"The compiler gave no answer to {method}.", error);
        }
        finally
        {
            _turn.Release();
        }
    }

    private async Task<JsonElement> AskAsync(Process process, string method, object argument)
    {
        using var patience = new CancellationTokenSource(Patience);
        var body = JsonSerializer.SerializeToUtf8Bytes(new { jsonrpc = "2.0", id = ++_calls, method, @params = new[] { argument } });
        var input = process.StandardInput.BaseStream;
        await input.WriteAsync(Encoding.ASCII.GetBytes($"Content-Length: {body.Length}\r\n\r\n"), patience.Token);
        await input.WriteAsync(body, patience.Token);
        await input.FlushAsync(patience.Token);
        using var answer = JsonDocument.Parse(await ReadAsync(process.StandardOutput.BaseStream, patience.Token));
        if (answer.RootElement.TryGetProperty("error", out var error))
            throw new InvalidOperationException(error.GetProperty("message").GetString());
        return answer.RootElement.GetProperty("result").Clone();
    }

    private static Process Start()
    {
        var path = typeof(BicepCompiler).Assembly.GetCustomAttributes<AssemblyMetadataAttribute>()
            .First(a => a.Key == "BicepPath").Value!.Replace('\\', '/');
        // NuGet gives back no run bit on every system.
        if (!OperatingSystem.IsWindows()) File.SetUnixFileMode(path, File.GetUnixFileMode(path) | UnixFileMode.UserExecute);
        var start = new ProcessStartInfo(path, ["jsonrpc", "--stdio"]) { UseShellExecute = false, RedirectStandardInput = true,
            RedirectStandardOutput = true };
        start.Environment["DOTNET_SYSTEM_GLOBALIZATION_INVARIANT"] = "1";
        // It lives for a minute: to measure its own code costs more than it gains.
        start.Environment["DOTNET_TieredPGO"] = "0";
        return Process.Start(start)!;
    }

    private void End()
    {
        if (_process is null) return;
        if (!_process.HasExited) _process.Kill();
        _process.Dispose();
        _process = null;
    }

    private static async Task<byte[]> ReadAsync(Stream stream, CancellationToken ct)
    {
        var head = new StringBuilder();
        var one = new byte[1];
        while (!head.ToString().EndsWith("\r\n\r\n", StringComparison.Ordinal))
        {
            await stream.ReadExactlyAsync(one, ct);
            head.Append((char)one[0]);
        }

        const string Name = "Content-Length:";
        var length = head.ToString().Split("\r\n").First(l => l.StartsWith(Name, StringComparison.OrdinalIgnoreCase))[Name.Length..];
        var body = new byte[int.Parse(length, CultureInfo.InvariantCulture)];
        await stream.ReadExactlyAsync(body, ct);
        return body;
    }
}
