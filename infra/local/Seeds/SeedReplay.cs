using System.Text;

namespace Serverless.Local.Seeds;

/// <summary>Sends seeds at the front door, one after another, and compares each answer.</summary>
internal sealed class SeedReplay(HttpClient http, Uri frontDoor)
{
    /// <summary>Keeps a path such as <c>/api/hooks/x?a=%7E</c> as it was sent: a signature may cover it.</summary>
    private static readonly UriCreationOptions AsSent = new() { DangerousDisablePathAndQueryCanonicalization = true };

    /// <summary>Sends one seed.</summary>
    /// <returns>The delivery's id when it was stored, and a sentence for each difference in the answer.</returns>
    public async Task<SentSeed> SendAsync(SeedFile seed, CancellationToken ct)
    {
        using var request = Request(seed);
        try
        {
            using var response = await http.SendAsync(request, ct);
            var body = Encoding.UTF8.GetString(await response.Content.ReadAsByteArrayAsync(ct));
            var type = response.Content.Headers.NonValidated.TryGetValues("Content-Type", out var types) ? types.ToString() : null;
            var id = response.Headers.NonValidated.TryGetValues("x-delivery-id", out var ids) ? ids.ToString() : null;
            return new SentSeed(seed, id, [.. SeedCheck.Answer(seed, (int)response.StatusCode, type, body)]);
        }
        catch (HttpRequestException e)
        {
            return new SentSeed(seed, null, [$"{seed.Name}: got no answer ({e.Message})"]);
        }
    }

    private HttpRequestMessage Request(SeedFile seed)
    {
        Uri.TryCreate(frontDoor.GetLeftPart(UriPartial.Authority) + seed.Target, AsSent, out var address);
        var request = new HttpRequestMessage(new HttpMethod(seed.Method), address) { Version = new Version(1, 1) };
        if (seed.Body.Length > 0 || seed.Method is "POST" or "PUT") request.Content = new ByteArrayContent(seed.Body);
        foreach (var (name, value) in seed.Headers)
        {
            if (request.Headers.TryAddWithoutValidation(name, value)) continue;
            request.Content ??= new ByteArrayContent(seed.Body);
            request.Content.Headers.TryAddWithoutValidation(name, value);
        }
        return request;
    }
}

/// <summary>A seed that went out.</summary>
/// <param name="DeliveryId">Null for a handshake, and for what was refused before it was stored.</param>
/// <param name="Differences">One sentence each.</param>
internal sealed record SentSeed(SeedFile Seed, string? DeliveryId, IReadOnlyList<string> Differences);
