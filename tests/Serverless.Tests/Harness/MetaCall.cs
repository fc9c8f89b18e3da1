using System.Globalization;
using System.Net;
using System.Net.Http.Headers;
using System.Security.Cryptography;
using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;
using Xunit;

namespace Serverless.Tests.Harness;

/// <summary>One WhatsApp message: its id, the customer's number, the words, and the provider's time.</summary>
public sealed record MetaSaid(string Id, string Customer, string Text, DateTimeOffset At);

/// <summary>Calls of Meta's with messages of a test's choice, signed as Meta signs. Journeys are no signature tests: those use the
/// provider's own library.</summary>
public static class MetaCall
{
    public static readonly string Secret = Seed.SettingsOf("meta")["Channels__Meta__AppSecret"]!;
    private static readonly JsonSerializerOptions Plain = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    /// <summary>Customers' messages, all in one delivery.</summary>
    public static byte[] Messages(params MetaSaid[] said) => Change("messages", new
    {
        messaging_product = "whatsapp",
        metadata = new { display_phone_number = "493023125100", phone_number_id = "309911223344556" },
        messages = said.Select(s =>
            new { from = s.Customer, id = s.Id, timestamp = Seconds(s), type = "text", text = new { body = s.Text } }),
    });

    /// <summary>What our own people wrote to the customer with the phone app.</summary>
    public static byte[] Echo(MetaSaid said) => Change("smb_message_echoes", new
    {
        messaging_product = "whatsapp",
        metadata = new { display_phone_number = "493023125100", phone_number_id = "309911223344556" },
        message_echoes = new[] { new { from = "493023125100", to = said.Customer, id = said.Id, timestamp = Seconds(said), type = "text",
            text = new { body = said.Text } } },
    });

    /// <summary>A comment of a stranger below a post of ours, which everybody can read.</summary>
    public static byte[] Comment(string id, string text, DateTimeOffset at) => JsonSerializer.SerializeToUtf8Bytes(new
    {
        @object = "page",
        entry = new[]
        {
            new
            {
                id = "108530001122334",
                time = at.ToUnixTimeSeconds(),
                changes = new[]
                {
                    new
                    {
                        field = "feed",
                        value = new
                        {
                            from = new { id = "7300112299887766", name = "Frieda" },
                            message = text,
                            post_id = "108530001122334_550011223344",
                            comment_id = $"550011223344_{id}",
                            created_time = at.ToUnixTimeSeconds(),
                            item = "comment",
                            parent_id = "108530001122334_550011223344",
                            verb = "add",
                        },
                    },
                },
            },
        },
    }, Plain);

    /// <summary>What became of a message of ours.</summary>
    public static byte[] Status(string id, string state, DateTimeOffset at, string reply) => Change("messages", new
    {
        messaging_product = "whatsapp",
        metadata = new { display_phone_number = "493023125100", phone_number_id = "309911223344556" },
        statuses = new[] { new { id, status = state, timestamp = at.ToUnixTimeSeconds().ToString(CultureInfo.InvariantCulture),
            biz_opaque_callback_data = reply } },
    });

    /// <summary>A message whose delivery has exactly so many bytes.</summary>
    public static byte[] MessageOf(int bytes, MetaSaid said)
    {
        var rest = bytes - Messages(said with { Text = "" }).Length;
        return Messages(said with { Text = string.Concat(Enumerable.Repeat("0123456789", (rest / 10) + 1))[..rest] });
    }

    public static async Task<HttpResponseMessage> SendMetaAsync(this TestApp world, byte[] body, string? secret = null) =>
        await world.SendAsync("POST", "/api/hooks/meta", Headers(body, secret ?? Secret), body);

    /// <summary>Sends what must be taken; gives the delivery's id.</summary>
    public static async Task<string> AcceptAsync(this TestApp world, byte[] body, string? secret = null)
    {
        using var answer = await world.SendMetaAsync(body, secret);
        Assert.Equal(HttpStatusCode.OK, answer.StatusCode);
        return answer.Headers.GetValues("X-Delivery-Id").Single();
    }

    /// <summary>Sends without saying how long the body is.</summary>
    public static async Task<HttpResponseMessage> SendChunkedAsync(this TestApp world, byte[] body)
    {
        using var request = new HttpRequestMessage(HttpMethod.Post,
            new Uri("/api/hooks/meta", UriKind.Relative)) { Content = new StreamContent(new MemoryStream(body)) };
        request.Headers.TransferEncodingChunked = true;
        request.Content.Headers.ContentType = new MediaTypeHeaderValue("application/json");
        foreach (var (name, value) in Headers(body, Secret)) request.Headers.TryAddWithoutValidation(name, value);
        return await world.SendAsync(request);
    }

    public static List<KeyValuePair<string, string>> Headers(byte[] body, string secret) =>
    [
        new("Content-Type", "application/json"),
        new("X-Hub-Signature-256", $"sha256={Convert.ToHexStringLower(HMACSHA256.HashData(Encoding.UTF8.GetBytes(secret), body))}"),
    ];

    private static byte[] Change(string field, object value) => JsonSerializer.SerializeToUtf8Bytes(
        new { @object = "whatsapp_business_account",
            entry = new[] { new { id = "204411009988776", changes = new[] { new { value, field } } } } }, Plain);

    private static string Seconds(MetaSaid said) => said.At.ToUnixTimeSeconds().ToString(CultureInfo.InvariantCulture);
}
