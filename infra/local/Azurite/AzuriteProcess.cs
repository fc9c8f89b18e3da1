using System.ComponentModel;
using System.Diagnostics;
using System.Net;
using System.Security.Cryptography;
using System.Text;
using System.Text.RegularExpressions;
using Serverless.Local.Machine;

namespace Serverless.Local.Azurite;

/// <summary>
/// One running Azurite with its data in a folder, on three free ports of 127.0.0.1. It lives in a session of its own, so Ctrl-C does not
/// reach it before
/// us, and ends by SIGTERM, also when we are killed: SIGKILL would lose acknowledged rows.
/// </summary>
public sealed partial class AzuriteProcess : IAsyncDisposable
{
    // Published with the emulator, the same on every machine:
    // https://learn.microsoft.com/en-us/azure/storage/common/storage-connect-azurite
    private const string Account = "devstoreaccount1";
    private const string Key = "Eby8vdM02xNOcqFlqUwJPLlmEtlCDXJ1OUzFT50uSRZ6IFsuFq2UVErCz4I6tq/K1SZFPTOtr/KBHBeksoGMGw==";
    // Ended with us however we end, by the signal that keeps every row; in a session of its own so that Ctrl-C reaches only us. Both keep
    // the pid.
    private static readonly string[] Tied = Tool.Find("setpriv") is { } setpriv ? [setpriv, "--pdeathsig", "TERM", "--"] : [];
    private static readonly string[] OwnSession = Tool.Find("setsid") is { } setsid ? [setsid] : [];
    private static readonly TimeSpan StartLimit = TimeSpan.FromSeconds(60);
    private static readonly TimeSpan StopLimit = TimeSpan.FromSeconds(20);

    private readonly Process _process;
    private readonly string _folder;
    private readonly StringBuilder _said = new();
    private readonly Dictionary<string, int> _ports = [];
    private readonly TaskCompletionSource _listening = new(TaskCreationOptions.RunContinuationsAsynchronously);

    private AzuriteProcess(Process process, string folder) => (_process, _folder) = (process, folder);

    /// <summary>As the setting <c>AzureWebJobsStorage</c> takes it.</summary>
    public string ConnectionString => ConnectionStringOf(Account);

    /// <summary>The same for another account: each one has tables, queues and blobs of its own.</summary>
    public string ConnectionStringOf(string account) =>
        $"DefaultEndpointsProtocol=http;AccountName={account};AccountKey={Key};BlobEndpoint={Endpoint("Blob", account)};QueueEndpoint={Endpoint("Queue", account)};TableEndpoint={Endpoint("Table", account)};";

    public int ProcessId => _process.Id;

    /// <summary>Ends when the process ends, wanted or not.</summary>
    public Task Exited => _process.WaitForExitAsync();

    /// <summary>Starts Azurite and returns when it answers. A stray of a crashed run over the same folder is ended first.</summary>
    /// <param name="entryScript">What <see cref="AzuriteInstall.EnsureAsync"/> returned.</param>
    /// <param name="folder">Where the data lie; created if need be. One Azurite per folder.</param>
    /// <param name="ct">Gives up and ends the process.</param>
    /// <param name="furtherAccounts">Names of accounts beside the emulator's own one; all have its key.</param>
    /// <param name="inMemory">Keeps nothing on disk: writing all accounts out every five seconds stops Azurite for as long as it
    /// takes.</param>
    public static async Task<AzuriteProcess> StartAsync(
        string entryScript, string folder, CancellationToken ct, IEnumerable<string>? furtherAccounts = null, bool inMemory = false)
    {
        folder = Directory.CreateDirectory(folder).FullName;
        await EndStrayAsync(folder, ct);
        var azurite = new AzuriteProcess(Launch(entryScript, folder, furtherAccounts ?? [], inMemory), folder);
        try
        {
            await File.WriteAllTextAsync(PidPath(folder), azurite.ProcessId.ToString(), ct);
            azurite.Listen();
            await azurite.ReadyAsync(ct);
            return azurite;
        }
        catch
        {
            await azurite.DisposeAsync();
            throw;
        }
    }

    /// <summary>Ends the Azurite whose id lies in the folder, if that process still is one over this folder.</summary>
    public static async Task EndStrayAsync(string folder, CancellationToken ct)
    {
        if (!File.Exists(PidPath(folder)) || !int.TryParse(await File.ReadAllTextAsync(PidPath(folder), ct), out var pid)) return;
        if (IsOurs(pid, folder))
        {
            Signals.Terminate(pid);
            for (var waited = TimeSpan.Zero; IsOurs(pid, folder) && waited < StopLimit; waited += TimeSpan.FromSeconds(0.05))
                await Task.Delay(TimeSpan.FromSeconds(0.05), TimeProvider.System, ct);
            if (IsOurs(pid, folder)) Signals.Kill(pid);
        }

        File.Delete(PidPath(folder));
    }

    /// <summary>Asks it to end and waits until its data are on disk.</summary>
    public async ValueTask DisposeAsync()
    {
        if (!_process.HasExited)
        {
            Signals.Terminate(_process.Id);
            using var limit = new CancellationTokenSource(StopLimit);
            try
            {
                await _process.WaitForExitAsync(limit.Token);
            }
            catch (OperationCanceledException)
            {
                _process.Kill();
            }
        }

        File.Delete(PidPath(_folder));
        _process.Dispose();
    }

    private static string PidPath(string folder) => Path.Combine(folder, "azurite.pid");

    // A recorded id may be another process by now.
    private static bool IsOurs(int pid, string folder)
    {
        try
        {
            var arguments = File.ReadAllText($"/proc/{pid}/cmdline").Split('\0');
            return Directory.ResolveLinkTarget($"/proc/{pid}/cwd", returnFinalTarget: false)?.FullName == folder
                && arguments.Any(a => a.EndsWith("azurite.js", StringComparison.Ordinal));
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return false;
        }
    }

    private static Process Launch(string entryScript, string folder, IEnumerable<string> furtherAccounts, bool inMemory)
    {
        string[] where = inMemory ? ["--inMemoryPersistence"] : ["--location", folder];
        string[] arguments =
        [
            entryScript, .. where, "--silent", "--skipApiVersionCheck", "--disableTelemetry",
            "--blobHost", "127.0.0.1", "--queueHost", "127.0.0.1", "--tableHost", "127.0.0.1",
            "--blobPort", "0", "--queuePort", "0", "--tablePort", "0", // 0: a free port, told on standard output
        ];
        string[] line = [.. Tied, .. OwnSession, "node", .. arguments];
        var start = new ProcessStartInfo(line[0], line[1..])
        {
            WorkingDirectory = folder,
            UseShellExecute = false,
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        // https://learn.microsoft.com/azure/storage/common/storage-use-azurite#custom-storage-accounts-and-keys
        start.Environment["AZURITE_ACCOUNTS"] = string.Join(';', furtherAccounts.Prepend(Account).Select(name => $"{name}:{Key}"));
        try
        {
            return Tool.Find("node") is null ? throw new Win32Exception("node is not on the PATH.") : StartTied(start);
        }
        catch (Win32Exception e)
        {
            throw new AzuriteUnavailableException("node was not found: install Node.js 20 or newer (https://nodejs.org) and start again.",
                e);
        }
    }

    // The signal that ties Azurite to us comes when the thread that started it ends: so it has a thread of its own that waits for it.
    private static Process StartTied(ProcessStartInfo start)
    {
        var started = new TaskCompletionSource<Process>();
        new Thread(() =>
        {
            try
            {
                var process = Process.Start(start)!;
                started.SetResult(process);
                process.WaitForExit();
            }
            catch (Win32Exception problem)
            {
                started.SetException(problem);
            }
            catch (InvalidOperationException)
            {
                // It has ended, and its owner disposed of it.
            }
        }) { IsBackground = true, Name = "azurite" }.Start();
        return started.Task.GetAwaiter().GetResult();
    }

    private void Listen()
    {
        _process.OutputDataReceived += (_, e) => Hear(e.Data);
        _process.ErrorDataReceived += (_, e) => Hear(e.Data);
        _process.BeginOutputReadLine();
        _process.BeginErrorReadLine();
    }

    private void Hear(string? line)
    {
        if (line is null) return;
        lock (_said)
        {
            if (_said.Length < 8192) _said.AppendLine(line);
            if (ListeningLine().Match(line) is not { Success: true } match) return;
            _ports[match.Groups["service"].Value] = int.Parse(match.Groups["port"].ValueSpan);
            if (_ports.Count == 3) _listening.TrySetResult();
        }
    }

    private async Task ReadyAsync(CancellationToken ct)
    {
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(ct);
        limit.CancelAfter(StartLimit);
        try
        {
            var first = await Task.WhenAny(_listening.Task, _process.WaitForExitAsync(limit.Token)).WaitAsync(limit.Token);
            await first;
            if (!_listening.Task.IsCompleted) throw Failure("ended at once");
            await AnswerAsync(limit.Token);
            if (_process.HasExited) throw Failure("ended at once");
        }
        catch (Exception e) when (e is OperationCanceledException or HttpRequestException && !ct.IsCancellationRequested)
        {
            throw Failure($"was not ready within {StartLimit.TotalSeconds:0} s");
        }
    }

    // An open port may be another's: only ours knows the account's key.
    private async Task AnswerAsync(CancellationToken ct)
    {
        using var http = new HttpClient(new SocketsHttpHandler { UseProxy = false });
        using var request = new HttpRequestMessage(HttpMethod.Get, $"{Endpoint("Table")}/Tables?$top=1");
        var date = TimeProvider.System.GetUtcNow().ToString("R");
        var signature =
            Convert.ToBase64String(HMACSHA256.HashData(Convert.FromBase64String(Key),
                Encoding.UTF8.GetBytes($"{date}\n/{Account}/{Account}/Tables")));
        request.Headers.TryAddWithoutValidation("x-ms-date", date);
        request.Headers.TryAddWithoutValidation("x-ms-version", "2019-02-02");
        request.Headers.TryAddWithoutValidation("Accept", "application/json;odata=nometadata");
        request.Headers.TryAddWithoutValidation("Authorization", $"SharedKeyLite {Account}:{signature}");
        using var response = await http.SendAsync(request, ct);
        if (response.StatusCode != HttpStatusCode.OK) throw Failure($"answered {(int)response.StatusCode}");
    }

    private AzuriteUnavailableException Failure(string what)
    {
        string said;
        lock (_said) said = _said.ToString();
        if (said.Contains("ENOSPC", StringComparison.Ordinal)) return new AzuriteUnavailableException(Disk.Full(said, [_folder]).Message);
        var advice = $"look at or delete {_folder}";
        return new AzuriteUnavailableException(
            $"Azurite {what}: {advice} and start again.{(said.Length == 0 ? "" : " It said: " + said.Trim().ReplaceLineEndings(" "))}");
    }

    private string Endpoint(string service, string account = Account) => $"http://127.0.0.1:{_ports.GetValueOrDefault(service)}/{account}";

    [GeneratedRegex(@"Azurite (?<service>Blob|Queue|Table) service .*listening (at|on) http://127\.0\.0\.1:(?<port>\d+)",
        RegexOptions.ExplicitCapture, matchTimeoutMilliseconds: 1000)]
    private static partial Regex ListeningLine();
}
