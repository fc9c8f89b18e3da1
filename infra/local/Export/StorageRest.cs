using System.Globalization;
using System.Net;
using System.Net.Http.Headers;
using System.Security.Cryptography;
using System.Text;
using Serverless.Local.CommandLine;
using Serverless.Local.Machine;

namespace Serverless.Local.Export;

/// <summary>A storage account as export and restore speak to it: by the Azure CLI's token, or by the key of the emulator on this machine.</summary>
/// <remarks>https://learn.microsoft.com/rest/api/storageservices/authorize-with-shared-key and .../authorize-with-azure-active-directory</remarks>
internal sealed class StorageRest(HttpClient http, TimeProvider time, Uri tables, Uri blobs, string account, byte[]? key)
{
    private const string Version = "2021-12-02";
    private static readonly TimeSpan TokenLife = TimeSpan.FromMinutes(20);
    private readonly Lock _gate = new();
    private Task<string>? _token;
    private DateTimeOffset _tokenAt;

    public string Account => account;

    /// <param name="name">Account in Azure; null for the connection string in the environment, which must be the emulator's.</param>
    /// <exception cref="Refusal">Neither is there, or the connection string leads off this machine.</exception>
    public static StorageRest Of(string? name, HttpClient http, TimeProvider time)
    {
        if (name is not null)
        {
            if (name.Length is < 3 or > 24 || !name.All(char.IsAsciiLetterOrDigit)) throw new Refusal($"'{name}' is no name of a storage account.", Refusal.BadArguments);
            return new StorageRest(http, time, new Uri($"https://{name}.table.core.windows.net/"), new Uri($"https://{name}.blob.core.windows.net/"), name, null);
        }

        var text = Environment.GetEnvironmentVariable("AzureWebJobsStorage") ?? throw new Refusal("Say which account: --account NAME, or a connection string of the emulator in AzureWebJobsStorage.", Refusal.BadArguments);
        return Local(text, http, time);
    }

    public static StorageRest Local(string connectionString, HttpClient http, TimeProvider time)
    {
        var parts = connectionString.Split(';', StringSplitOptions.RemoveEmptyEntries).Select(p => p.Split('=', 2)).Where(p => p.Length == 2).ToDictionary(p => p[0], p => p[1], StringComparer.OrdinalIgnoreCase);
        Uri Endpoint(string part) => parts.TryGetValue(part, out var at) && Uri.TryCreate(at.TrimEnd('/') + "/", UriKind.Absolute, out var uri) && uri.IsLoopback
            ? uri : throw new Refusal($"The connection string has no {part} on this machine; for an account in Azure say --account NAME.", Refusal.BadArguments);
        return new StorageRest(http, time, Endpoint("TableEndpoint"), Endpoint("BlobEndpoint"), parts["AccountName"], Convert.FromBase64String(parts["AccountKey"]));
    }

    /// <summary>A call of the table service; the answer, whatever its status.</summary>
    /// <param name="pathAndQuery">Percent-encoded, without a slash at the beginning.</param>
    public Task<HttpResponseMessage> TableAsync(HttpMethod method, string pathAndQuery, byte[]? json, CancellationToken ct) => SendAsync(() =>
    {
        var request = Request(method, new Uri(tables, pathAndQuery), json, "application/json");
        request.Headers.TryAddWithoutValidation("Accept", "application/json;odata=fullmetadata");
        request.Headers.TryAddWithoutValidation("DataServiceVersion", "3.0");
        request.Headers.TryAddWithoutValidation("Prefer", "return-no-content");
        return request;
    }, (request, date) => $"{request.Method}\n\n{request.Content?.Headers.ContentType}\n{date}\n/{account}{request.RequestUri!.AbsolutePath}", ct);

    /// <summary>A call of the blob service; the answer, whatever its status.</summary>
    public Task<HttpResponseMessage> BlobAsync(HttpMethod method, string path, string query, byte[]? content, CancellationToken ct) => SendAsync(() =>
    {
        var request = Request(method, new Uri(blobs, query.Length == 0 ? path : $"{path}?{query}"), content, "application/gzip");
        if (method == HttpMethod.Put && query.Length == 0) request.Headers.TryAddWithoutValidation("x-ms-blob-type", "BlockBlob");
        return request;
    }, (request, _) =>
    {
        var length = request.Content?.Headers.ContentLength is > 0 and var bytes ? bytes.ToString(CultureInfo.InvariantCulture) : "";
        var headers = string.Concat(request.Headers.Where(h => h.Key.StartsWith("x-ms-", StringComparison.Ordinal)).OrderBy(h => h.Key, StringComparer.Ordinal).Select(h => $"{h.Key}:{h.Value.First()}\n"));
        var parameters = string.Concat(query.Split('&', StringSplitOptions.RemoveEmptyEntries).Select(p => p.Split('=')).OrderBy(p => p[0], StringComparer.Ordinal).Select(p => $"\n{p[0]}:{p[1]}"));
        return $"{request.Method}\n\n\n{length}\n\n{request.Content?.Headers.ContentType}\n\n\n\n\n\n\n{headers}/{account}{request.RequestUri!.AbsolutePath}{parameters}";
    }, ct);

    private static HttpRequestMessage Request(HttpMethod method, Uri address, byte[]? content, string type)
    {
        var request = new HttpRequestMessage(method, address);
        if (content is null) return request;
        request.Content = new ByteArrayContent(content);
        if (content.Length > 0) request.Content.Headers.ContentType = new MediaTypeHeaderValue(type);
        return request;
    }

    // Throttling and passing faults are waited out: an export runs for long, and nobody stands beside it.
    private async Task<HttpResponseMessage> SendAsync(Func<HttpRequestMessage> make, Func<HttpRequestMessage, string, string> toSign, CancellationToken ct)
    {
        for (var attempt = 1; ; attempt++)
        {
            using var request = make();
            var date = time.GetUtcNow().ToString("R", CultureInfo.InvariantCulture);
            request.Headers.TryAddWithoutValidation("x-ms-date", date);
            request.Headers.TryAddWithoutValidation("x-ms-version", Version);
            if (key is null) request.Headers.Authorization = new AuthenticationHeaderValue("Bearer", await TokenAsync(ct));
            else request.Headers.TryAddWithoutValidation("Authorization", $"SharedKey {account}:{Convert.ToBase64String(HMACSHA256.HashData(key, Encoding.UTF8.GetBytes(toSign(request, date))))}");
            var answer = await http.SendAsync(request, ct);
            if (attempt == 6 || answer.StatusCode is not (HttpStatusCode.TooManyRequests or HttpStatusCode.InternalServerError or HttpStatusCode.BadGateway or HttpStatusCode.ServiceUnavailable or HttpStatusCode.GatewayTimeout)) return answer;
            answer.Dispose();
            await Task.Delay(TimeSpan.FromSeconds(Math.Pow(2, attempt)), time, ct);
        }
    }

    // Many writers ask at once; the CLI is asked by the first of them.
    private Task<string> TokenAsync(CancellationToken ct)
    {
        lock (_gate)
        {
            if (_token is null || time.GetUtcNow() - _tokenAt > TokenLife) (_token, _tokenAt) = (AskAsync(ct), time.GetUtcNow());
            return _token;
        }
    }

    private static async Task<string> AskAsync(CancellationToken ct)
    {
        if (Tool.Find("az") is null) throw new Refusal("The Azure CLI is not on the PATH: install it and run az login, since tokens come from it.");
        var (exitCode, output) = await Tool.RunAsync("az", ["account", "get-access-token", "--resource", "https://storage.azure.com/", "--query", "accessToken", "--output", "tsv"], Directory.GetCurrentDirectory(), ct);
        return exitCode == 0 ? output.Trim() : throw new Refusal("The Azure CLI gave no token: run az login, or azure/login in a workflow.");
    }
}
