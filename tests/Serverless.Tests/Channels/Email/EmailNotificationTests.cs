using System.Security.Cryptography.X509Certificates;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using Serverless.Channels;
using Serverless.Channels.Email;
using Serverless.Tests.Harness;
using Xunit;

namespace Serverless.Tests.Channels.Email;

/// <summary>What Graph sends is judged by its states and tokens, and rich content is opened as Microsoft's own test vector says.</summary>
public sealed class EmailNotificationTests
{
    private const string Tenant = "84bd8158-6d4d-4958-8b9f-9d6445542f95";
    private const string App = "8e460676-ae3f-4b1e-8790-ee0fb5d6148f";
    private const string Notifier = "0bf30f3b-4a52-48df-9a82-234910c4a086";

    private static readonly Lazy<Task<JsonElement>> Tokens = new(() =>
        Node.RunAsync("tests/Serverless.Tests/Platform/Signatures/entra-token.mjs",
            new { tokens = new[] { Token(Notifier, "a"), Token("00000003-0000-0000-c000-000000000000", "a"), Token(Notifier, "b", "key-a"),
                Token(Notifier, "b") } }));

    private static object Token(string caller, string key, string? kid = null) => new
    {
        claims = new { aud = App, iss = $"https://sts.windows.net/{Tenant}/", tid = Tenant, appid = caller, nbf = 1795165200 - 600,
            exp = 1795165200 + (3 * 3600) },
        key,
        kid,
    };

    private static string State(string mailbox = "service", string folder = "inbox", string secret = EmailSetup.Secret) =>
        ClientStates.Of(secret, mailbox, folder);

    private static JsonObject Item(string? state, string id = "AAk1", string change = "created") => new()
    {
        ["subscriptionId"] = "s", ["clientState"] = state, ["changeType"] = change, ["resource"] = $"Users('u')/Messages('{id}')",
        ["tenantId"] = Tenant,
        ["resourceData"] = new JsonObject { ["@odata.type"] = "#Microsoft.Graph.Message" },
    };

    private static string Body(JsonObject[] items, params string[] tokens)
    {
        var body = new JsonObject { ["value"] = new JsonArray([.. items]) };
        if (tokens.Length > 0) body["validationTokens"] = new JsonArray([.. tokens.Select(t => (JsonNode)t)]);
        return body.ToJsonString();
    }

    private static async Task<string> TokenAt(int at) => (await Tokens.Value).GetProperty("tokens")[at].GetString()!;

    private static async Task<byte[]> KeySet() => Encoding.UTF8.GetBytes((await Tokens.Value).GetProperty("keys").GetRawText());

    [Fact]
    public async Task A_state_opens_its_own_folder_alone()
    {
        await using var desk = EmailSetup.Reading(("Mailboxes__sales__Address", "sales@example.com"),
            ("Mailboxes__sales__Folders", "inbox,AAMkAGI2-a-very-long-folder-id-of-Graph_AAA="));
        var elements =
            desk.Channel.Read(
                desk.Delivery(
                    Body([Item(State("sales", "AAMkAGI2-a-very-long-folder-id-of-Graph_AAA=")), Item(State()),
                        Item(State("sales", "sentitems")), Item(State("nobody")),
                        Item(State(secret: "another-secret-of-some-length-0123456789"))]))).Select(e => e.Read()).ToList();
        Assert.Equal(new Parsed.Reference("users/sales@example.com/mailFolders/AAMkAGI2-a-very-long-folder-id-of-Graph_AAA=/messages/AAk1"),
            elements[0]);
        Assert.Equal(new Parsed.Reference(EmailSetup.Resource("AAk1")), elements[1]);
        Assert.All(elements.Skip(2), e => Assert.Equal(new Parsed.Alert("client-state-wrong"), e));
        Assert.True(State("a-name-as-long-as-a-name-may-be-0123456789", "AAMkAGI2-a-very-long-folder-id-of-Graph_AAA=").Length <= 128);
    }

    [Theory]
    [InlineData("reauthorizationRequired", "reauthorization-required"), InlineData("subscriptionRemoved", "subscription-removed"),
        InlineData("missed", "notifications-missed"), InlineData("somethingNew", "lifecycle-unknown")]
    public async Task A_lifecycle_event_calls_for_attention(string word, string reason)
    {
        await using var desk = EmailSetup.Reading();
        var item = new JsonObject { ["clientState"] = State(), ["lifecycleEvent"] = word };
        var delivery = desk.Delivery(Body([item]), "/api/hooks/email/lifecycle");
        Assert.IsType<VerificationResult.Valid>(desk.Channel.Verify(delivery));
        Assert.Equal(new Parsed.Alert(reason), desk.Channel.Read(delivery).Select(e => e.Read()).Single());
    }

    [Fact]
    public async Task A_path_in_place_of_an_id_is_not_followed()
    {
        await using var desk = EmailSetup.Reading();
        foreach (var id in new[] { "../me", "AAk1?$expand=x", "AAk 1", "AAk#1", "", new string('A', 600) })
        {
            Assert.ThrowsAny<JsonException>(() =>
                desk.Channel.Read(desk.Delivery(Body([Item(State(), id)]))).Select(e => e.Read()).Single());
        }
    }

    [Fact]
    public async Task One_bad_token_makes_the_whole_call_suspicious()
    {
        await using var desk = EmailSetup.Reading(("AppId", App));
        Assert.True(desk.Channel.Keys.TryTake(await KeySet()));
        VerificationResult Judge(params string[] tokens) => desk.Channel.Verify(desk.Delivery(Body([Item(State())], tokens)));
        Assert.IsType<VerificationResult.Valid>(Judge(await TokenAt(0)));
        Assert.Equal(new VerificationResult.Invalid(VerificationReasons.SourceForeign), Judge(await TokenAt(0), await TokenAt(1)));
        Assert.Equal(new VerificationResult.Invalid(VerificationReasons.SignatureWrong), Judge(await TokenAt(0), await TokenAt(2)));
        Assert.Equal(new VerificationResult.Invalid(VerificationReasons.SignatureWrong), Judge(await TokenAt(3), await TokenAt(2)));
        Assert.Equal(new VerificationResult.Pending(VerificationReasons.KeyUnknown), Judge(await TokenAt(0), await TokenAt(3)));
        Assert.Equal(new VerificationResult.Invalid(VerificationReasons.SignatureMalformed), Judge(await TokenAt(0), "x"));
        var rich = Item(State());
        rich["encryptedContent"] = new JsonObject();
        Assert.Equal(new VerificationResult.Invalid(VerificationReasons.SignatureMissing),
            desk.Channel.Verify(desk.Delivery(Body([rich]))));
    }

    [Fact]
    public async Task Keys_are_loaded_when_they_are_needed_and_an_unknown_one_is_forged_then()
    {
        var set = await KeySet();
        var up = false;
        await using var entra = await RecordingEndpoint.StartAsync(async (_, context) =>
        {
            if (!up) context.Response.StatusCode = 503;
            else await context.Response.Body.WriteAsync(context.Request.Path == "/keys" ? set : """{"jwks_uri":"/keys"}"""u8.ToArray());
        });
        await using var desk = EmailSetup.Reading(("AppId", App), ("OpenIdUrl", $"{entra.Address}configuration"));
        var genuine = desk.Delivery(Body([Item(State())], await TokenAt(0)));
        var unknown = desk.Delivery(Body([Item(State())], await TokenAt(3)));
        Assert.Equal(new VerificationResult.Pending(VerificationReasons.KeyUnknown), desk.Channel.Verify(genuine));
        // What needs no key is refused at the door.
        Assert.Equal(new VerificationResult.Invalid(VerificationReasons.SourceForeign),
            desk.Channel.Verify(desk.Delivery(Body([Item(State())], await TokenAt(1)))));
        Assert.Equal(new SigningKeys.Later("unreachable"), await desk.Channel.LoadKeysAsync(genuine, default));

        up = true;
        desk.Time.Advance(TimeSpan.FromHours(2));
        Assert.IsType<SigningKeys.Ready>(await desk.Channel.LoadKeysAsync(genuine, default));
        Assert.Equal(new VerificationResult.Invalid(VerificationReasons.SignatureWrong), desk.Channel.Verify(unknown));
        // A newer token with an unknown key: the keys are not asked for again at once.
        Assert.Equal(new SigningKeys.Later(VerificationReasons.KeyUnknown, TimeSpan.FromMinutes(5)),
            await desk.Channel.LoadKeysAsync(unknown with { ReceivedAt = desk.Time.GetUtcNow() }, default));
        // The token has expired since: it is judged by the time at which it came.
        desk.Time.Advance(TimeSpan.FromHours(5));
        Assert.IsType<VerificationResult.Valid>(desk.Channel.Verify(genuine));
    }

    [Fact]
    public void Microsofts_vector_is_opened()
    {
        var (content, options) = Vector();
        Assert.Equal(RichContent.Finding.Opened, RichContent.Open(content, options, out var plain));
        using var message = JsonDocument.Parse(plain);
        Assert.Equal("1625126194597", message.RootElement.GetProperty("etag").GetString());
        Assert.Equal("Hello World", message.RootElement.GetProperty("body").GetProperty("content").GetString());
        (options.PreviousCertificateId, options.PreviousCertificate, options.CertificateId, options.Certificate) = (options.CertificateId,
            options.Certificate, "newer", null);
        Assert.Equal(RichContent.Finding.Opened, RichContent.Open(content, options, out _));
        options.PreviousCertificateId = "another";
        Assert.Equal(RichContent.Finding.KeyUnknown, RichContent.Open(content, options, out _));
    }

    [Theory]
    [InlineData("data"), InlineData("dataKey"), InlineData("dataSignature")]
    public void A_changed_byte_of_rich_content_is_wrong_before_it_is_opened(string member)
    {
        var (content, options) = Vector();
        var bytes = content.GetProperty(member).GetBytesFromBase64();
        foreach (var at in new[] { 0, bytes.Length / 2, bytes.Length - 1 })
        {
            var changed = JsonNode.Parse(content.GetRawText())!.AsObject();
            var other = bytes.ToArray();
            other[at] ^= 1;
            changed[member] = Convert.ToBase64String(other);
            Assert.Equal(RichContent.Finding.Wrong, RichContent.Open(JsonSerializer.SerializeToElement(changed), options, out var plain));
            Assert.Empty(plain);
        }

        var without = JsonNode.Parse(content.GetRawText())!.AsObject();
        without.Remove(member);
        Assert.Equal(RichContent.Finding.Wrong, RichContent.Open(JsonSerializer.SerializeToElement(without), options, out _));
    }

    private static (JsonElement Content, EmailOptions Options) Vector()
    {
        var vector = JsonDocument.Parse(
            File.ReadAllBytes(Path.Combine(Seed.RepositoryRoot, "tests/Serverless.Tests/Channels/graph-rich-vector.json"))).RootElement;
        using var certificate = X509CertificateLoader.LoadPkcs12(vector.GetProperty("pfx").GetBytesFromBase64(),
            vector.GetProperty("password").GetString(), X509KeyStorageFlags.Exportable | X509KeyStorageFlags.EphemeralKeySet);
        using var key = certificate.GetRSAPrivateKey()!;
        return (vector,
            new EmailOptions { CertificateId = vector.GetProperty("encryptionCertificateId").GetString(),
                Certificate = $"{certificate.ExportCertificatePem()}\n{key.ExportPkcs8PrivateKeyPem()}" });
    }
}
