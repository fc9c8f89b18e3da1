using System.Diagnostics;
using System.Text.Json.Nodes;
using Serverless.Local.CommandLine;
using Serverless.Local.Machine;
using Serverless.Tests.Harness;
using Xunit;
using Xunit.Abstractions;

namespace Serverless.Tests.Infra;

/// <summary>The folder that is deployed, run under the stand-in host, and the script that tries a deployment, run against it.</summary>
public sealed class When_a_deployment_is_tried(AzuriteFixture azurite, ITestOutputHelper output) : IAsyncLifetime,
    IClassFixture<AzuriteFixture>
{
    private const string Secret = "whsec_bm90IGEgc2VjcmV0OiB0aGUgc21va2UgdGVzdCdzIG93bi4=";
    private readonly string _folder = Directory.CreateTempSubdirectory("serverless-smoke-").FullName;
    private readonly List<HostProcess> _hosts = [];
    private string _root = "";

    private HostProcess Host => _hosts[0];

    public async Task InitializeAsync()
    {
        _root = await PublishedApp.EnsureAsync(new Repository(Seed.RepositoryRoot), "functions", "app",
            Screen.On(TextWriter.Null, redirected: true), CancellationToken.None);
        var settings = new JsonObject
        {
            ["AZURE_FUNCTIONS_ENVIRONMENT"] = "Development",
            ["AzureWebJobsStorage"] = azurite.OwnAccount(),
            ["Owners__Default"] = "service-desk",
            ["Channels__Generic__Enabled"] = "true",
            ["Channels__Generic__Secret"] = Secret,
            // As the platform hands over a reference that it could not resolve.
            ["Channels__Generic__PreviousSecret"] =
            "@Microsoft.KeyVault(SecretUri=https://kv-x.vault.azure.net/secrets/Channels--Generic--PreviousSecret/)",
            ["Channels__Meta__Enabled"] = "true",
            ["Channels__Meta__AppSecret"] =
            "@Microsoft.KeyVault(SecretUri=https://kv-x.vault.azure.net/secrets/Channels--Meta--AppSecret/)",
        };
        var file = Path.Combine(_folder, "local.settings.json");
        await File.WriteAllTextAsync(file, new JsonObject { ["Values"] = settings }.ToJsonString());
        _hosts.Add(new HostProcess(_root, file, Path.Combine(_folder, "host")));
        await Host.StartAsync();
    }

    public async Task DisposeAsync()
    {
        foreach (var host in _hosts) await host.DisposeAsync();
        Directory.Delete(_folder, recursive: true);
    }

    [Fact]
    public async Task A_signed_event_becomes_a_case_that_the_script_finds_and_closes()
    {
        var (exitCode, said, error) = await SmokeAsync(Secret);
        Assert.True(exitCode == 0, error + Host.LastLines);
        var found = JsonNode.Parse(said)!;
        Assert.Equal("service-desk", (string?)found["owner"]);
        Assert.Equal(32, ((string?)found["case"])!.Replace("-", "", StringComparison.Ordinal).Length);

        (exitCode, _, error) = await SmokeAsync("whsec_" + Convert.ToBase64String(new byte[32]));
        Assert.Equal(1, exitCode);
        Assert.StartsWith("The event was answered 403.", error, StringComparison.Ordinal);

        // The text of an unresolved reference is no secret: the channel is shut, for whoever guesses it too.
        using var http = new HttpClient();
        using var answer = await http.PostAsync(new Uri(Host.FrontDoor, "api/hooks/meta"), new StringContent("{}"));
        Assert.Equal(503, (int)answer.StatusCode);
    }

    [Fact]
    public void The_folder_holds_the_app_and_nothing_else()
    {
        var files = Directory.GetFiles(_root, "*", SearchOption.AllDirectories).Select(f => Path.GetRelativePath(_root, f)).ToList();
        Assert.Equal(AppFunctions.All.Select(f => f.Name), AppFunctions.Read(File.ReadAllText(Path.Combine(_root, AppFunctions.FileName)))
            .Select(f => f.Name));
        Assert.Contains("worker.config.json", files);
        Assert.Contains(".azurefunctions/Microsoft.Azure.WebJobs.Extensions.Storage.Queues.dll", files);
        Assert.Contains("host.json", files);
        Assert.True(OperatingSystem.IsWindows()
            || File.GetUnixFileMode(Path.Combine(_root, "Serverless"))
            .HasFlag(UnixFileMode.UserExecute | UnixFileMode.GroupExecute | UnixFileMode.OtherExecute));
        Assert.DoesNotContain(files, f => f.StartsWith("seeds", StringComparison.Ordinal)
            || f.Contains("local.settings", StringComparison.Ordinal) || f.Contains("appsettings", StringComparison.Ordinal)
            || f.EndsWith(".body", StringComparison.Ordinal) || f.EndsWith(".pem", StringComparison.Ordinal)
            || f.EndsWith(".pfx", StringComparison.Ordinal) || f.EndsWith(".cs", StringComparison.Ordinal));

        var size = files.Sum(f => new FileInfo(Path.Combine(_root, f)).Length);
        output.WriteLine($"{files.Count} files, {size / 1e6:0} MB");
        // ReadyToRun code doubles an assembly; without it the start costs a call more than it may.
        Assert.InRange(size, 60_000_000, 300_000_000);
    }

    private async Task<(int ExitCode, string Output, string Error)> SmokeAsync(string secret)
    {
        var start = new ProcessStartInfo("node", ["infra/smoke.mjs"]) { WorkingDirectory = Seed.RepositoryRoot, UseShellExecute = false,
            RedirectStandardOutput = true, RedirectStandardError = true };
        (start.Environment["BASE_URL"], start.Environment["FUNCTION_KEY"],
            start.Environment["GENERIC_SECRET"]) = (Host.FrontDoor.ToString(), Host.FunctionKey, secret);
        using var process = Process.Start(start)!;
        var (said, error) = (process.StandardOutput.ReadToEndAsync(), process.StandardError.ReadToEndAsync());
        await process.WaitForExitAsync();
        return (process.ExitCode, await said, await error);
    }
}
