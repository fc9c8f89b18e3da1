using System.Globalization;
using System.Net;
using System.Security.Cryptography;
using System.Text;
using Azure.Data.Tables;
using Microsoft.AspNetCore.Server.Kestrel.Core;

namespace Serverless.Local.Load;

/// <summary>
/// What the app's accepting is compared with: a bare endpoint that verifies the same signature and makes the same two storage calls (row, pointer)
/// with the same SDK clients. A process of its own, so that its processor time can be told apart.
/// </summary>
internal static class Floor
{
    public const string StorageSetting = "FLOOR_STORAGE";
    public const string SecretSetting = "FLOOR_SECRET";
    private const string Table = "floor";
    private const string Queue = "floor";

    /// <summary>Serves until it is killed, on <c>FUNCTIONS_CUSTOMHANDLER_PORT</c>.</summary>
    public static async Task<int> RunAsync(TimeProvider time, CancellationToken ct)
    {
        var port = int.Parse(Environment.GetEnvironmentVariable("FUNCTIONS_CUSTOMHANDLER_PORT")!, CultureInfo.InvariantCulture);
        var key = Encoding.UTF8.GetBytes(Environment.GetEnvironmentVariable(SecretSetting)!);
        var (rows, messages) = await new PlainStorage(Environment.GetEnvironmentVariable(StorageSetting)!).CreateAsync(Table, Queue, ct);

        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.ConfigureKestrel(kestrel => kestrel.Listen(IPAddress.Loopback, port, endpoint => endpoint.Protocols = HttpProtocols.Http1));
        await using var app = builder.Build();
        app.Run(async context =>
        {
            if (!HttpMethods.IsPost(context.Request.Method)) return;
            var body = new byte[context.Request.ContentLength ?? 0];
            await context.Request.Body.ReadExactlyAsync(body, context.RequestAborted);
            if (!IsGenuine(key, body, context.Request.Headers[MetaMessages.SignatureHeader].ToString()))
            {
                context.Response.StatusCode = StatusCodes.Status403Forbidden;
                return;
            }
            var id = Guid.CreateVersion7(time.GetUtcNow()).ToString("N");
            var partition = $"{id[^1]}|meta|{time.GetUtcNow():yyyyMMddHH}";
            await rows.AddEntityAsync(Row(partition, id, body), context.RequestAborted);
            await messages.SendMessageAsync($$"""{"table":"{{Table}}","partition":"{{partition}}","id":"{{id}}","attempt":0}""", context.RequestAborted);
        });
        await app.RunAsync(ct);
        return 0;
    }

    private static bool IsGenuine(byte[] key, byte[] body, string signature)
    {
        Span<byte> given = stackalloc byte[32];
        return signature.StartsWith("sha256=", StringComparison.Ordinal)
            && Convert.FromHexString(signature.AsSpan(7), given, out _, out var written) == System.Buffers.OperationStatus.Done && written == 32
            && CryptographicOperations.FixedTimeEquals(HMACSHA256.HashData(key, body), given);
    }

    /// <summary>As many properties as the app's row has: who called, with what, and that it is open.</summary>
    private static TableEntity Row(string partition, string id, byte[] body) => new(partition, id)
    {
        ["Method"] = "POST",
        ["Url"] = "/api/hooks/meta",
        ["Headers"] = "content-type: application/json",
        ["End"] = "open",
        ["Tries"] = 0,
        ["Body0"] = body,
    };
}
