using System.Diagnostics;
using System.Text.RegularExpressions;

namespace Serverless.Local.Hosting;

/// <summary>How the handler is started: program, arguments, working directory and environment, as host.json and the app settings say.</summary>
internal sealed partial class HandlerLaunch
{
    private static readonly string? SetSid = OnPath("setsid");
    private readonly string appRoot;
    private readonly string arguments;
    private readonly string workingDirectory;
    private readonly Dictionary<string, string> settings;

    public HandlerLaunch(string appRoot, HostJson host, IReadOnlyDictionary<string, string> settings)
    {
        this.appRoot = Path.GetFullPath(appRoot);
        this.settings = new Dictionary<string, string>(settings, StringComparer.Ordinal);
        workingDirectory = Path.GetFullPath(Path.Combine(this.appRoot, host.WorkingDirectory));
        Program = Find(this.appRoot, host.Executable);

        // host-contract.md, "Process": %VAR% in arguments is expanded; they are joined with blanks, unquoted.
        arguments = string.Join(' ', host.Arguments.Select(Expand));
    }

    /// <summary>Full path of the program.</summary>
    public string Program { get; }

    public ProcessStartInfo ToStartInfo(int port, string workerId)
    {
        // A session of its own, so that Ctrl-C in the terminal reaches the host, which ends the handler in order; setsid keeps the pid.
        var start = SetSid is null
            ? new ProcessStartInfo(Program, arguments)
            : new ProcessStartInfo(SetSid, $"\"{Program}\" {arguments}");
        start.WorkingDirectory = workingDirectory;
        start.RedirectStandardOutput = true;
        start.RedirectStandardError = true;
        start.UseShellExecute = false;
        foreach (var (name, value) in settings) start.Environment[name] = value;

        // host-contract.md, "Process", "Port".
        start.Environment["FUNCTIONS_CUSTOMHANDLER_PORT"] = start.Environment["FUNCTIONS_HTTPWORKER_PORT"] = port.ToString();
        start.Environment["FUNCTIONS_CUSTOMHANDLER_WORKER_ID"] = start.Environment["FUNCTIONS_HTTPWORKER_ID"] = workerId;
        start.Environment["FUNCTIONS_APP_ROOT_PATH"] = appRoot;
        start.Environment["AZURE_FUNCTIONS_ENVIRONMENT"] = "Development";
        return start;
    }

    private string Expand(string argument) => PercentName().Replace(argument, match =>
    {
        var name = match.Groups["name"].Value;
        return settings.TryGetValue(name, out var value) ? value : Environment.GetEnvironmentVariable(name) ?? match.Value;
    });

    private static string Find(string appRoot, string executable)
    {
        var inside = Path.GetFullPath(Path.Combine(appRoot, executable));
        if (!File.Exists(inside))
            return OnPath(executable) ?? throw new HostStartException($"host.json names the handler {executable}, but it is neither in {appRoot} nor on the PATH: publish the app first.");
        if (!OperatingSystem.IsWindows() && !File.GetUnixFileMode(inside).HasFlag(UnixFileMode.UserExecute))
            throw new HostStartException($"The handler {inside} has lost its executable bit: chmod +x it.");
        return inside;
    }

    private static string? OnPath(string name) => name.Contains(Path.DirectorySeparatorChar)
        ? null
        : (Environment.GetEnvironmentVariable("PATH") ?? "").Split(Path.PathSeparator).Select(folder => Path.Combine(folder, name)).FirstOrDefault(File.Exists);

    [GeneratedRegex("%(?<name>[^%]+)%", RegexOptions.ExplicitCapture, matchTimeoutMilliseconds: 1000)]
    private static partial Regex PercentName();
}
