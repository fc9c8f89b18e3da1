using System.Net;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using Serverless.Tests.Harness;
using Xunit;

namespace Serverless.Tests.Journeys;

/// <summary>What customers and providers really sent to others, rebuilt from public reports: <c>Inputs/*.json</c>, each through the front
/// door and the whole way.</summary>
public sealed class When_reported_inputs_arrive(AzuriteFixture azurite) : IClassFixture<AzuriteFixture>
{
    private static readonly string Folder = Path.Combine(Seed.RepositoryRoot, "tests", "Serverless.Tests", "Inputs");

    /// <summary>
    /// File, number of open cases, and of the only one: what is owed, whether somebody waits, and the kinds of its contacts.
    /// </summary>
    public static TheoryData<string, int, string, bool, string> Inputs => new()
    {
        { "acs-answered-call", 1, "call", false, "call" },
        { "instagram-story-mention-as-referral", 1, "answer", true, "message" },
        { "sipgate-answer-that-names-nobody", 1, "call-back", true, "voicemail" },
        { "sipgate-answered-and-handed-on", 1, "call", false, "call" },
        { "sipgate-inbound-leg-of-our-own-call", 0, "", false, "" },
        { "telegram-group-becomes-supergroup", 1, "public-answer", true, "message,message" },
        { "twilio-answered-caller-hangs-up-first", 1, "call", false, "call" },
        { "twilio-leg-not-taken-call-answered", 1, "call", false, "call" },
        { "twilio-plain-answered-call", 1, "call", false, "call" },
        { "whatsapp-echo-names-the-number-alone", 1, "answer", false, "message,message" },
    };

    [Fact]
    public void Every_input_is_here() => Assert.Equal(
        Directory.GetFiles(Folder, "*.json").Select(f => Path.GetFileNameWithoutExtension(f)!).Order(StringComparer.Ordinal),
        Inputs.Select(i => (string)i[0]).Order(StringComparer.Ordinal));

    [Theory]
    [MemberData(nameof(Inputs))]
    public async Task It_is_what_a_person_would_have_made_of_it(string name, int cases, string owes, bool waits, string kinds)
    {
        using var key = RSA.Create(2048);
        await using var world = await TestApp.StartAsync(azurite, TestApp.EveryChannel,
            ("Channels__Sipgate__PublicKey", Convert.ToBase64String(key.ExportSubjectPublicKeyInfo())));
        using var input = JsonDocument.Parse(await File.ReadAllBytesAsync(Path.Combine(Folder, $"{name}.json")));
        foreach (var step in input.RootElement.GetProperty("steps").EnumerateArray())
        {
            if (step.TryGetProperty("at", out var at)) world.Time.Set(at.GetDateTimeOffset());
            else world.Time.Advance(TimeSpan.FromSeconds(1));
            using var answer = await SendAsync(world, step, key);
            Assert.True(answer.StatusCode is HttpStatusCode.OK or HttpStatusCode.NoContent, $"{answer.StatusCode}");
            Assert.Equal(0, await world.DrainAsync(bus: false));
        }

        var open = await world.CasesAsync();
        Assert.Equal(cases, open.Count);
        Assert.Equal(0, (await world.SummaryAsync()).GetProperty("deliveries").GetProperty("quarantined").GetInt32());
        if (cases == 0) return;
        var contacts = open[0].GetProperty("contacts").EnumerateArray()
            .Select(c => c.GetProperty("contact").GetProperty("kind").GetString());
        Assert.Equal((owes, waits, kinds), (open[0].Head("owes"), open[0].Head("waitingSince").Length > 0, string.Join(',', contacts)));
    }

    // Signed as the provider signs, under the settings of its seeds.
    private static async Task<HttpResponseMessage> SendAsync(TestApp world, JsonElement step, RSA sipgate)
    {
        var path = step.GetProperty("path").GetString()!;
        var body = Encoding.UTF8.GetBytes(step.GetProperty("body") is { ValueKind: JsonValueKind.String } text
            ? text.GetString()! : step.GetProperty("body").GetRawText());
        List<KeyValuePair<string, string>> headers = step.TryGetProperty("headers", out var given)
            ? [.. given.EnumerateObject().Select(h => KeyValuePair.Create(h.Name, h.Value.GetString()!))] : [];
        switch (path.Split('/', '?')[3])
        {
            case "meta":
                headers = MetaCall.Headers(body, MetaCall.Secret);
                break;
            case "sipgate":
                headers.AddRange([new("Content-Type", "application/x-www-form-urlencoded"),
                    new("X-Sipgate-Signature",
                        Convert.ToBase64String(sipgate.SignData(body, HashAlgorithmName.SHA256, RSASignaturePadding.Pkcs1)))]);
                break;
            case "telegram":
                headers.AddRange([new("Content-Type", "application/json"),
                    new("X-Telegram-Bot-Api-Secret-Token",
                        Seed.SettingsOf("telegram")["Channels__Telegram__Bots__service__SecretToken"]!)]);
                break;
            case "twilio":
                headers.AddRange([new("Content-Type", "application/x-www-form-urlencoded"),
                    new("X-Twilio-Signature", Twilio(path, Encoding.UTF8.GetString(body)))]);
                break;
            default:
                headers.Add(new("Content-Type", "application/cloudevents-batch+json; charset=utf-8"));
                break;
        }

        return await world.SendAsync("POST", path, headers, body);
    }

    private static string Twilio(string path, string form)
    {
        var fields = form.Split('&').Select(pair => Uri.UnescapeDataString(pair.Replace('+', ' '))).Select(pair => pair.Split('=', 2))
            .OrderBy(pair => pair[0], StringComparer.Ordinal);
        var signed = $"https://contact.example.com{path}{string.Concat(fields.SelectMany(pair => pair))}";
#pragma warning disable CA5350 // Twilio's own choice.
        return Convert.ToBase64String(HMACSHA1.HashData(Encoding.UTF8.GetBytes(Seed.SettingsOf("twilio")["Channels__Twilio__AuthToken"]!),
            Encoding.UTF8.GetBytes(signed)));
#pragma warning restore CA5350
    }
}
