using System.Diagnostics;
using Microsoft.Extensions.Configuration;
using Serverless.Local.Azurite;
using Serverless.Platform.Storage;
using Serverless.Platform.Telemetry;
using Xunit;

namespace Serverless.Tests.Harness;

/// <summary>
/// A few real Azurites for the whole test run, each with its data in memory; their folders name our process, so that several runs never
/// meet. Each class has one of them: a single
/// one has one thread, and for every call to any queue it sorts the messages of all accounts. Classes run side by side, share it by
/// <c>IClassFixture&lt;AzuriteFixture&gt;</c> and a constructor that takes it, and keep apart by <see cref="OwnAccount"/> and
/// <see cref="UniqueName"/>.
/// </summary>
public sealed class AzuriteFixture : IAsyncLifetime
{
    private static readonly string Home = Path.Combine(Path.GetTempPath(), "serverless-tests");
    private static readonly string Folder = Path.Combine(Home, $"azurite-{Environment.ProcessId}");
    private static readonly Lazy<Task<string>> Script = new(InstallAsync);
    private static readonly Lazy<Task<AzuriteProcess>>[] Shared =
        [.. Enumerable.Range(0, 6).Select(number => new Lazy<Task<AzuriteProcess>>(() => StartAsync($"{Folder}-{number}")))];
    private const int Accounts = 800;
    private static int _classes;
    private static int _names;
    private static int _accounts;
    private AzuriteProcess? _azurite;

    public string ConnectionString => _azurite!.ConnectionString;

    public string EntryScript { get; private set; } = "";

    /// <summary>A connection string of an account that nobody else in this run uses: empty tables, queues and blobs of its own.</summary>
    public string OwnAccount()
    {
        var number = Interlocked.Increment(ref _accounts);
        Assert.True(number <= Accounts, $"More than {Accounts} tests want an account of their own: raise {nameof(Accounts)}.");
        return _azurite!.ConnectionStringOf(AccountName(number));
    }

    /// <summary>Letters and digits, fit for a table, a queue, a container or a prefix of one.</summary>
    public static string UniqueName(string what = "t") => $"{what}{Environment.ProcessId}x{Interlocked.Increment(ref _names)}";

    public StorageAccount Account() => Account(ConnectionString);

    public static StorageAccount Account(string connectionString) =>
        StorageAccount.From(Settings(("AzureWebJobsStorage", connectionString)).GetSection("AzureWebJobsStorage"));

    public TableStore Tables(CallCount? count = null) => new(Account(), count ?? new CallCount());

    public BlobStore Blobs(CallCount? count = null) => new(Account(), count ?? new CallCount());

    public QueueStore Queues(CallCount? count = null) => new(Account(), count ?? new CallCount());

    /// <summary>Settings as the app reads them, <c>__</c> or <c>:</c> between sections.</summary>
    public static IConfigurationRoot Settings(params (string Name, string Value)[] values) => new ConfigurationBuilder()
        .AddInMemoryCollection(values.Select(v =>
            KeyValuePair.Create(v.Name.Replace("__", ":", StringComparison.Ordinal), (string?)v.Value)))
        .Build();

    public async Task InitializeAsync()
    {
        EntryScript = await Script.Value;
        _azurite = await Shared[(uint)Interlocked.Increment(ref _classes) % Shared.Length].Value;
    }

    // It ends with the run: no class knows whether it is the last.
    public Task DisposeAsync() => Task.CompletedTask;

    private static async Task<string> InstallAsync()
    {
        await SweepAsync();
        return await AzuriteInstall.EnsureAsync(AzuriteInstall.RepositoryRoot(), Console.WriteLine, CancellationToken.None);
    }

    private static async Task<AzuriteProcess> StartAsync(string folder)
    {
        var accounts = Enumerable.Range(1, Accounts).Select(AccountName);
        var azurite = await AzuriteProcess.StartAsync(await Script.Value, folder, CancellationToken.None, accounts, inMemory: true);
        AppDomain.CurrentDomain.ProcessExit += (_, _) =>
        {
            azurite.DisposeAsync().AsTask().GetAwaiter().GetResult();
            if (Directory.Exists(folder)) Directory.Delete(folder, recursive: true);
        };
        return azurite;
    }

    // Runs that were killed leave their Azurite and its folder behind.
    private static async Task SweepAsync()
    {
        foreach (var folder in Directory.CreateDirectory(Home).GetDirectories("azurite-*"))
        {
            if (int.TryParse(folder.Name.Split('-')[1], out var pid) && !IsAlive(pid))
            {
                await AzuriteProcess.EndStrayAsync(folder.FullName, CancellationToken.None);
                try
                {
                    folder.Delete(recursive: true);
                }
                catch (DirectoryNotFoundException)
                {
                    // Another run swept it at the same time.
                }
            }
        }
    }

    private static string AccountName(int number) => $"test{number:d4}";

    private static bool IsAlive(int pid)
    {
        try
        {
            using var process = Process.GetProcessById(pid);
            return !process.HasExited;
        }
        catch (ArgumentException)
        {
            return false;
        }
    }
}
