using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Serverless.Channels;
using Serverless.Contacts;
using Serverless.Platform.OutboundHttp;

namespace Serverless.Tests.Harness;

/// <summary>
/// A channel with every ability, for journeys of the cores: a delivery is
/// <c>{"elements":[{"id","at","text","thread","files","thin","attention","change"}]}</c>, proven by a header that names its key.
/// It talks to <see cref="SampleApi"/>.
/// </summary>
public sealed class SampleChannel(ProviderHttp api, IConfiguration configuration) : IChannel, IFetchesContent, ILoadsSigningKeys,
    IReadsAttachments, IReconciles
{
    private HashSet<string> _keys = ["good"];

    public string Name => "sample";

    public ChannelSettings Settings => new(true, VerificationMode.Auto, configuration["Sample:Paused"] == "true", "sample");

    public IReadOnlyList<string> KeptHeaders => ["x-sample-key"];

    public IReadOnlyList<ReconciliationSource> Sources =>
        [.. (configuration["Sample:Sources"] ?? "").Split(',', StringSplitOptions.RemoveEmptyEntries)
            .Select(s => new ReconciliationSource(s, TimeSpan.FromMinutes(15)))];

    public IReadOnlyList<string> Blind => ["Calls by carrier pigeon cannot be looked at again."];

    /// <summary>Puts the channel into a world.</summary>
    public static void Add(IServiceCollection services) => services.AddSingleton<IChannel, SampleChannel>();

    public static byte[] Body(params JsonObject[] elements) =>
        Encoding.UTF8.GetBytes(new JsonObject { ["elements"] = new JsonArray([.. elements.Select(e => e.DeepClone())]) }.ToJsonString());

    public static JsonObject Element(string id, DateTimeOffset at, string thread = "anna", params string[] files) =>
        new() { ["id"] = id, ["at"] = at.ToString("O"), ["text"] = $"This is {id}.", ["thread"] = thread,
            ["files"] = new JsonArray([.. files.Select(f => (JsonNode)f)]) };

    public static JsonObject Thin(string resource) => new() { ["thin"] = resource };

    public IEnumerable<string> Problems() => [];

    public VerificationResult Verify(Delivery delivery) => delivery.Header("x-sample-key") switch
    {
        null => new VerificationResult.Invalid(VerificationReasons.SignatureMissing),
        "bad" => new VerificationResult.Invalid(VerificationReasons.SignatureWrong),
        var key when _keys.Contains(key) => new VerificationResult.Valid(),
        _ when _keys.Contains("loaded") => new VerificationResult.Invalid(VerificationReasons.KeyUnknown),
        _ => new VerificationResult.Pending(VerificationReasons.KeyUnknown),
    };

    public WebhookResponse Respond(Delivery delivery, Acceptance acceptance) =>
        WebhookResponse.Empty(acceptance == Acceptance.NotStored ? 503 : 200);

    public IEnumerable<DeliveryItem> Read(Delivery delivery)
    {
        using var json = JsonDocument.Parse(delivery.Body);
        if (delivery.Arrival == Arrival.LookedAgain)
        {
            yield return new DeliveryItem("held", () => ReadOne(delivery, json.RootElement));
            yield break;
        }

        var position = 0;
        foreach (var element in json.RootElement.GetProperty("elements").EnumerateArray())
            yield return new DeliveryItem($"elements[{position++}]", () => ReadOne(delivery, element));
    }

    public async Task<FetchedContent> FetchAsync(string resource, CancellationToken ct)
    {
        var answer = await GetAsync(resource, ct);
        return answer switch
        {
            { Succeeded: true } => new FetchedContent.Document(answer.Body),
            { Status: 404 or 410 } => new FetchedContent.Gone("gone-at-provider"),
            _ => new FetchedContent.Later(Trouble(answer), answer.RetryAfter),
        };
    }

    public Parsed Read(Delivery delivery, string resource, ReadOnlyMemory<byte> document)
    {
        using var json = JsonDocument.Parse(document);
        return ReadOne(delivery, json.RootElement);
    }

    public async Task<SigningKeys> LoadKeysAsync(Delivery delivery, CancellationToken ct)
    {
        var answer = await GetAsync("keys", ct);
        if (!answer.Succeeded) return new SigningKeys.Later(Trouble(answer), answer.RetryAfter);
        _keys = [.. Encoding.UTF8.GetString(answer.Body.Span).Split(' '), "loaded"];
        return new SigningKeys.Ready();
    }

    public async Task<OpenedAttachment> OpenAsync(Contact contact, Attachment attachment, CancellationToken ct)
    {
        using var request = new HttpRequestMessage(HttpMethod.Get, Url($"files/{attachment.Reference}"));
        if (await api.OpenAsync(request, ct) is not { } answer) return new OpenedAttachment.Later("unreachable");
        if (answer.IsSuccessStatusCode)
            return new OpenedAttachment.Content(await answer.Content.ReadAsStreamAsync(ct), answer.Content.Headers.ContentType?.MediaType);
        using (answer) return (int)answer.StatusCode is 404 or 410
            ? new OpenedAttachment.Gone("gone-at-provider") : new OpenedAttachment.Later("refused", api.RetryAfter(answer));
    }

    public async Task<ReconciliationResult> ReadAsync(string source, ReconciliationStart from, CancellationToken ct)
    {
        var answer = await GetAsync($"held?source={source}&cursor={from.Cursor}&since={Uri.EscapeDataString(from.Since.ToString("O"))}",
            ct);
        if (answer.Status == 410) return new ReconciliationResult.Restart();
        if (!answer.Succeeded) return new ReconciliationResult.Later(Trouble(answer), answer.RetryAfter);
        using var json = JsonDocument.Parse(answer.Body);
        return new ReconciliationResult.Page(
            [.. json.RootElement.GetProperty("held").EnumerateArray()
                .Select(h => new ProviderRecord("message", Encoding.UTF8.GetBytes(h.GetRawText())))],
            json.RootElement.GetProperty("cursor").GetString(),
            json.RootElement.GetProperty("more").GetBoolean());
    }

    private static Parsed ReadOne(Delivery delivery, JsonElement element)
    {
        if (element.TryGetProperty("thin", out var thin)) return new Parsed.Reference(thin.GetString()!);
        if (element.TryGetProperty("attention", out var attention)) return new Parsed.Alert(attention.GetString()!);
        var id = element.GetProperty("id").GetString()!;
        var change = element.TryGetProperty("change", out var word) ? Enum.Parse<ContactChange>(word.GetString()!) : ContactChange.Received;
        var at = element.GetProperty("at").GetDateTimeOffset();
        return new Parsed.Found(new ContactEvent($"{id}:{change}", change, new Contact
        {
            Channel = "sample",
            Network = "sample",
            Account = "desk",
            ExternalId = id,
            Kind = ContactKind.Message,
            ThreadKey = element.GetProperty("thread").GetString(),
            OccurredAt = at,
            ReceivedAt = delivery.ReceivedAt,
            Text = element.TryGetProperty("text", out var text) ? text.GetString() : null,
            Attachments = element.TryGetProperty("files", out var files)
            ? [.. files.EnumerateArray().Select(f => new Attachment(f.GetString()!, null, null, f.GetString()))] : [],
        }));
    }

    private static string Trouble(ProviderResponse answer) =>
        answer.Status switch { 0 => "unreachable", 429 => "rate-limited", 503 => "mailbox-offline", _ => "refused" };

    private Task<ProviderResponse> GetAsync(string path, CancellationToken ct) =>
        api.SendAsync(new HttpRequestMessage(HttpMethod.Get, Url(path)), ct);

    private Uri Url(string path) => new(configuration["Sample:ApiUrl"] + path);
}

/// <summary>Deliveries of <see cref="SampleChannel"/>.</summary>
public static class SampleCall
{
    /// <summary>A world with the channel, that talks to the given provider.</summary>
    public static Task<TestApp> SampleWorldAsync(this AzuriteFixture azurite, SampleApi api,
        params (string Name, string? Value)[] settings) =>
        TestApp.StartAsync(azurite, SampleChannel.Add, [("Sample__ApiUrl", api.Address.AbsoluteUri), .. settings]);

    /// <summary>Sends what must be taken; gives the delivery's id.</summary>
    public static async Task<string> SampleAsync(this TestApp world, byte[] body, string key = "good")
    {
        using var answer = await world.SendAsync("POST", "/api/hooks/sample", [new("x-sample-key", key)], body);
        Xunit.Assert.Equal(System.Net.HttpStatusCode.OK, answer.StatusCode);
        return answer.Headers.GetValues("X-Delivery-Id").Single();
    }
}
