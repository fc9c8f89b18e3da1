using System.Text;
using System.Text.RegularExpressions;
using Microsoft.Extensions.DependencyInjection;
using Serverless.Channels;
using Serverless.Channels.Generic;
using Serverless.Contacts;
using Serverless.Tests.Harness;
using Xunit;

namespace Serverless.Tests.Channels.Generic;

/// <summary>What the generic door promises beyond every channel: senders are kept apart, binary mode is fenced, the handshake gives nothing
/// away, the README is true.</summary>
public sealed class GenericChannelTests
{
    private const string Website = "whsec_YSBzZWNyZXQgb2YgdGhlIHdlYnNpdGUsIG1hZGUgdXA=";
    private const string Fleet = "whsec_YSBzZWNyZXQgb2YgdGhlIGZsZWV0LCBtYWRlIHVwLi4=";
    private const string Structured = "application/cloudevents+json";

    private static readonly DateTimeOffset Now = new(2026, 11, 20, 9, 15, 0, TimeSpan.Zero);

    [Theory]
    [InlineData(Fleet, "urn:fleet:7", null)]
    [InlineData(Fleet, "urn:fleet", null)]
    [InlineData(Fleet, "https://iot.example.com/eu/1", null)]
    [InlineData(Fleet, "urn:fleetwood:7", VerificationReasons.SourceForeign)]
    [InlineData(Fleet, "https://iot.example.community/", VerificationReasons.SourceForeign)]
    [InlineData(Fleet, "https://www.example.com/form", VerificationReasons.SourceForeign)]
    [InlineData(Website, "https://www.example.com/form", null)]
    [InlineData(Website, "urn:fleet:7", VerificationReasons.SourceForeign)]
    public async Task An_event_must_come_from_the_sender_who_owns_its_source(string secret, string source, string? reason)
    {
        var verdict = Channel().Verify(await Signed(secret, Structured, Event("1", source)));
        if (reason is null) Assert.Equal(new VerificationResult.Valid(Now), verdict);
        else Assert.Equal(reason, Assert.IsType<VerificationResult.Invalid>(verdict).Reason);
    }

    [Fact]
    public async Task One_foreign_source_in_a_batch_is_enough()
    {
        var batch = $"[{Event("1", "urn:fleet:7")},{{\"id\":\"2\"}},7,{Event("3", "https://www.example.com/form")}]";
        Assert.Equal(new VerificationResult.Invalid(VerificationReasons.SourceForeign), Channel()
            .Verify(await Signed(Fleet, "application/cloudevents-batch+json", batch)));
    }

    [Fact]
    public async Task A_source_given_twice_or_in_escapes_does_not_get_past_the_check()
    {
        // The reader takes the last of two members with one name; the check must look at the same one.
        var twice = "{\"source\":\"urn:fleet:7\"," + Event("1", "https://www.example.com/form")[1..];
        var escaped = Event("1", "urn:fleet:7")[..^1] + ",\"sourc\\u0065\":\"https://www.example.com/form\"}";
        foreach (var body in new[] { twice, escaped })
            Assert.Equal(new VerificationResult.Invalid(VerificationReasons.SourceForeign), Channel()
                .Verify(await Signed(Fleet, Structured, body)));
    }

    [Fact]
    public async Task In_binary_mode_the_signed_id_must_be_that_of_the_event()
    {
        var call = await Signed(Website, "text/plain", "Hello", ("ce-specversion", "1.0"), ("ce-id", "msg-1"), ("ce-source", "/form"),
            ("ce-type", "contact.form.submitted.v1"));
        Assert.IsType<VerificationResult.Valid>(Channel().Verify(call));
        Assert.Equal("Hello", Assert.IsType<Parsed.Found>(Channel().Read(call).Single().Read()).Event.Contact.Text);

        var relabelled = call
            with { Headers = new Dictionary<string, string>(call.Headers, StringComparer.Ordinal) { ["ce-id"] = "msg-2" } };
        Assert.Equal(new VerificationResult.Invalid(VerificationReasons.IdMismatch), Channel().Verify(relabelled));
    }

    [Theory]
    [InlineData("events.example.com", null, "6000")]
    [InlineData("Events.Example.com", "120", "120")]
    [InlineData("events.example.com", "999999", "6000")]
    [InlineData("events.example.com", "-5", "6000")]
    [InlineData("evil.example.com", null, null)]
    [InlineData("*", null, null)]
    [InlineData("", null, null)]
    [InlineData(null, null, null)]
    public void The_handshake_consents_to_named_origins_only(string? origin, string? wanted, string? granted)
    {
        var headers = new Dictionary<string, string>(StringComparer.Ordinal);
        if (origin is not null) headers["webhook-request-origin"] = origin;
        if (wanted is not null) headers["webhook-request-rate"] = wanted;
        var answer = Assert.IsType<VerificationResult.Challenge>(Channel().Verify(Call("OPTIONS", headers, ""))).Response;

        var said = answer.Headers.ToDictionary(h => h.Key, h => h.Value, StringComparer.Ordinal);
        Assert.Equal("POST", said["Allow"]);
        Assert.Equal(granted is null ? 405 : 200, answer.Status);
        Assert.Equal(granted is null ? null : origin, said.GetValueOrDefault("WebHook-Allowed-Origin"));
        Assert.Equal(granted, said.GetValueOrDefault("WebHook-Allowed-Rate"));
    }

    [Fact]
    public void Without_allowed_origins_nobody_gets_consent()
    {
        var headers = new Dictionary<string, string>(StringComparer.Ordinal) { ["webhook-request-origin"] = "events.example.com" };
        Assert.Equal(405,
            Assert.IsType<VerificationResult.Challenge>(Channel(("AllowedOrigins", null))
                .Verify(Call("OPTIONS", headers, ""))).Response.Status);
    }

    [Theory]
    [InlineData("Secret", "too-short", "Channels__Generic__Secret is no Standard Webhooks secret")]
    [InlineData("PreviousSecret", "whsec_x", "Channels__Generic__PreviousSecret is no Standard Webhooks secret")]
    [InlineData("Senders__fleet__Secret", "whsec_x", "Channels__Generic__Senders__fleet__Secret is no Standard Webhooks secret")]
    [InlineData("Senders__fleet__Secret", null, "set Channels__Generic__Senders__fleet__Secret")]
    [InlineData("Senders__fleet__Sources", null, "set Channels__Generic__Senders__fleet__Sources")]
    public void A_wrong_setting_is_named_in_a_sentence(string setting, string? value, string expected)
    {
        var problem = Assert.Single(Channel((setting, value)).Problems());
        Assert.Contains(expected, problem, StringComparison.Ordinal);
        Assert.EndsWith(".", problem, StringComparison.Ordinal);
        if (value is not null) Assert.DoesNotContain(value, problem, StringComparison.Ordinal);
    }

    [Fact]
    public void Named_senders_alone_are_enough_and_a_channel_that_is_off_has_no_problems()
    {
        Assert.Empty(Channel(("Secret", null)).Problems());
        Assert.Empty(Channel(("Secret", "nonsense"), ("Enabled", "false")).Problems());
    }

    [Theory]
    [InlineData("+49 30 23125-017", "phone", "+493023125017")]
    [InlineData("+44 (20) 7946 0123", "phone", "+442079460123")]
    [InlineData("+49 (0)30 23125 017", "phone-as-written", "+49 (0)30 23125 017")]
    [InlineData("030 23125 017", "phone-as-written", "030 23125 017")]
    [InlineData("+49 30 23125 017 or 018", "phone-as-written", "+49 30 23125 017 or 018")]
    [InlineData("+1234567890123456", "phone-as-written", "+1234567890123456")]
    public void A_number_without_its_country_is_kept_as_written(string written, string scheme, string value)
    {
        var body = Event("1", "/form")
            .Replace("\"text\":\"Hello\"", $"\"person\":{{\"phone\":\"{written}\",\"name\":\"\"}}", StringComparison.Ordinal);
        var contact = Assert.IsType<Parsed.Found>(Channel()
            .Read(Call("POST", new Dictionary<string, string>(StringComparer.Ordinal) { ["content-type"] = Structured }, body)).Single()
            .Read()).Event.Contact;
        Assert.Equal(new Identity(scheme, value, Evidence.Claimed), Assert.Single(contact.Parties));
    }

    [Fact]
    public void Every_example_of_the_readme_is_read()
    {
        var readme = File.ReadAllText(Path.Combine(Seed.RepositoryRoot, "functions/Channels/Generic/README.md"));
        var examples = Regex.Matches(readme, "```json\n(?<event>.*?)```", RegexOptions.Singleline | RegexOptions.ExplicitCapture,
            TimeSpan.FromSeconds(5));
        Assert.InRange(examples.Count, 5, 20);
        foreach (Match example in examples)
        {
            var call = Call("POST", new Dictionary<string, string>(StringComparer.Ordinal) { ["content-type"] = Structured },
                example.Groups["event"].Value);
            var contact = Assert.IsType<Parsed.Found>(Channel().Read(call).Single().Read()).Event.Contact;
            Assert.NotEqual(ContactKind.Placeholder, contact.Kind);
            Assert.False(string.IsNullOrEmpty(contact.Text));
        }
    }

    private static string Event(string id, string source) =>
        $$$"""{"specversion":"1.0","id":"{{{id}}}","source":"{{{source}}}","type":"contact.form.submitted.v1","data":{"text":"Hello"}}""";

    /// <summary>A call signed by the npm library.</summary>
    private static async Task<Delivery> Signed(string secret, string contentType, string body, params (string Name, string Value)[] more)
    {
        var call = new { secret, id = "msg-1", at = Now.ToUnixTimeSeconds(), body };
        var signature =
            (await Node.RunAsync("tests/Serverless.Tests/Platform/Signatures/standard-webhook.mjs",
                new { sign = new[] { call } })).GetProperty("sign")[0].GetString()!;
        var headers = more.ToDictionary(h => h.Name, h => h.Value, StringComparer.Ordinal);
        headers["content-type"] = contentType;
        headers["webhook-id"] = call.id;
        headers["webhook-timestamp"] = $"{call.at}";
        headers["webhook-signature"] = signature;
        return Call("POST", headers, body);
    }

    private static Delivery Call(string method, Dictionary<string, string> headers, string body) => new()
    {
        Id = new('0', 32), Channel = "generic", Method = method, PathAndQuery = "/api/hooks/generic", Headers = headers,
        Body = Encoding.UTF8.GetBytes(body), ReceivedAt = Now,
    };

    private static IChannel Channel(params (string Name, string? Value)[] changed)
    {
        var settings = new Dictionary<string, string?>(StringComparer.OrdinalIgnoreCase)
        {
            ["Enabled"] = "true",
            ["Secret"] = Website,
            ["AllowedOrigins"] = "eventgrid.azure.net events.example.com",
            ["Senders__fleet__Secret"] = Fleet,
            ["Senders__fleet__Sources"] = "urn:fleet https://iot.example.com",
        };
        foreach (var (name, value) in changed) settings[name] = value;
        var services = new ServiceCollection().AddSingleton<TimeProvider>(new FakeTime(Now));
        GenericChannel.Add(services, Seed.Configuration(settings.Select(s => KeyValuePair.Create("Channels__Generic__" + s.Key, s.Value))));
        return services.BuildServiceProvider().GetRequiredService<IChannel>();
    }
}
