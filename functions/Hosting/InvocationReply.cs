namespace Serverless.Hosting;

/// <summary>Our answer in JSON mode. Never empty: 204, an empty 200 or <c>null</c> would hang the invocation until its timeout and kill the app.</summary>
/// <remarks>Source: https://learn.microsoft.com/azure/azure-functions/functions-custom-handlers#response-payload</remarks>
public static class InvocationReply
{
    private static readonly ReadOnlyMemory<byte> DoneBody = "{\"Outputs\":{},\"Logs\":[],\"ReturnValue\":null}"u8.ToArray();

    /// <summary>The message is settled.</summary>
    public static Task DoneAsync(HttpResponse response, CancellationToken ct) => WriteAsync(response, StatusCodes.Status200OK, DoneBody, ct);

    /// <summary>The host shall deliver the message again.</summary>
    public static Task FailedAsync(HttpResponse response, CancellationToken ct) =>
        WriteAsync(response, StatusCodes.Status500InternalServerError, DoneBody, ct);

    private static async Task WriteAsync(HttpResponse response, int status, ReadOnlyMemory<byte> body, CancellationToken ct)
    {
        response.StatusCode = status;
        response.ContentType = "application/json";
        response.ContentLength = body.Length;
        await response.Body.WriteAsync(body, ct);
    }
}
