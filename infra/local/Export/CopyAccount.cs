using Azure;
using Azure.Core;
using Azure.Data.Tables;
using Azure.Identity;
using Azure.Storage.Blobs;
using Serverless.Local.CommandLine;

namespace Serverless.Local.Export;

/// <summary>A storage account as export and restore speak to it: by the Azure CLI's token, or by the key of the emulator on this
/// machine.</summary>
internal sealed record CopyAccount(string Account, TableServiceClient Tables, BlobServiceClient Blobs)
{
    private const int Retries = 5;
    private static readonly TimeSpan FirstPause = TimeSpan.FromSeconds(2);

    /// <param name="name">Account in Azure; null for the connection string in the environment, which must be the emulator's.</param>
    /// <exception cref="Refusal">Neither is there, or the connection string leads off this machine.</exception>
    public static CopyAccount Of(string? name)
    {
        if (name is not null)
        {
            if (name.Length is < 3 or > 24 || !name.All(char.IsAsciiLetterOrDigit))
                throw new Refusal($"'{name}' is no name of a storage account.", Refusal.BadArguments);
            var login = new AzureCliCredential();
            return new CopyAccount(
                name,
                new TableServiceClient(new Uri($"https://{name}.table.core.windows.net/"), login, TableOptions()),
                new BlobServiceClient(new Uri($"https://{name}.blob.core.windows.net/"), login, BlobOptions()));
        }

        var text = Environment.GetEnvironmentVariable("AzureWebJobsStorage")
            ?? throw new Refusal("Say which account: --account NAME, or a connection string of the emulator in AzureWebJobsStorage.",
                Refusal.BadArguments);
        return Local(text);
    }

    /// <exception cref="Refusal">It is no connection string, or leads off this machine.</exception>
    public static CopyAccount Local(string connectionString)
    {
        try
        {
            var (tables, blobs) = (new TableServiceClient(connectionString, TableOptions()),
                new BlobServiceClient(connectionString, BlobOptions()));
            if (tables.Uri.IsLoopback && blobs.Uri.IsLoopback) return new CopyAccount(tables.AccountName, tables, blobs);
        }
        catch (Exception e) when (e is FormatException or ArgumentException or InvalidOperationException)
        {
            // Said below.
        }

        throw new Refusal("The connection string names no account on this machine; for an account in Azure say --account NAME.",
            Refusal.BadArguments);
    }

    /// <summary>Runs a copy; what the account or the login refuses ends it with one sentence.</summary>
    public static async Task<int> SayAsync(Func<Task<int>> copy)
    {
        try
        {
            return await copy();
        }
        catch (AuthenticationFailedException)
        {
            throw new Refusal("The Azure CLI gave no token: install it and run az login, or azure/login in a workflow.");
        }
        catch (RequestFailedException e)
        {
            var role = e.Status is 401 or 403
                ? " Export needs Storage Table Data Reader and Storage Blob Data Contributor, restore Storage Table Data Contributor." : "";
            throw new Refusal($"The account answered {e.Status} {e.ErrorCode}.{role}");
        }
    }

    private static TableClientOptions TableOptions() => Patient(new TableClientOptions(TableClientOptions.ServiceVersion.V2020_12_06));

    private static BlobClientOptions BlobOptions() => Patient(new BlobClientOptions(BlobClientOptions.ServiceVersion.V2024_08_04));

    // Throttling and passing faults are waited out: an export runs for long, and nobody stands beside it.
    private static T Patient<T>(T options)
        where T : ClientOptions
    {
        (options.Retry.MaxRetries, options.Retry.Delay, options.Retry.MaxDelay) = (Retries, FirstPause, TimeSpan.FromMinutes(1));
        return options;
    }
}
