using System.Collections.Concurrent;
using System.Diagnostics;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Hosting;
using Microsoft.Extensions.Logging;
using Serverless.Tests.Harness;
using Xunit;

namespace Serverless.Tests.Infra;

/// <summary>The tear-down script against providers of this test: it takes away what leads to this deployment, and nothing else, and only
/// when told to.</summary>
public sealed class When_a_deployment_is_torn_down : IAsyncLifetime
{
    private const string Ours = "https://contact.example.com";
    private readonly ConcurrentQueue<string> _changes = new();
    private WebApplication _providers = null!;

    public async Task InitializeAsync()
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.UseUrls("http://127.0.0.1:0");
        _providers = builder.Build();
        _providers.MapGet("/bot1:x/getWebhookInfo", () =>
            Results.Text($$$"""{"ok":true,"result":{"url":"{{{Ours}}}/api/hooks/telegram"}}""", "application/json"));
        _providers.MapPost("/bot1:x/deleteWebhook", () => Changed("telegram", """{"ok":true,"result":true}"""));
        _providers.MapGet("/2010-04-01/Accounts/AC1/IncomingPhoneNumbers.json", () => Results.Text($$"""
            {"next_page_uri":null,"incoming_phone_numbers":[
              {"sid":"PN1","voice_url":"{{Ours}}/api/hooks/twilio/voice","voice_fallback_url":"","status_callback":"{{Ours}}/api/hooks/twilio/status","sms_url":"https://other.example.com/sms","sms_fallback_url":null},
              {"sid":"PN2","voice_url":"https://contact.example.community/voice","voice_fallback_url":"","status_callback":"","sms_url":"","sms_fallback_url":""}]}
            """, "application/json"));
        _providers.MapPost("/2010-04-01/Accounts/AC1/IncomingPhoneNumbers/{sid}.json", async (string sid, HttpRequest request) =>
        {
            var form = await request.ReadFormAsync();
            return Changed($"twilio {sid} {string.Join(' ', form.Select(f => $"{f.Key}={f.Value}"))}", "{}");
        });
        _providers.MapGet("/77/subscriptions", () =>
            Results.Text(
                $$"""{"data":[{"object":"page","callback_url":"{{Ours}}/api/hooks/meta"},{"object":"instagram","callback_url":"https://other.example.com/"}]}""", "application/json"));
        _providers.MapDelete("/77/subscriptions", (HttpRequest request) =>
            Changed($"meta {request.Query["object"]}", """{"success":true}"""));
        _providers.MapGet("/v1.0/subscriptions", () =>
            Results.Text(
                $$"""{"value":[{"id":"s1","notificationUrl":"{{Ours}}/api/hooks/email"},{"id":"s2","notificationUrl":"https://other.example.com/"}]}""", "application/json"));
        _providers.MapDelete("/v1.0/subscriptions/{id}", (string id) => Changed($"graph {id}", ""));
        _providers.MapGet("/2/webhooks", () =>
            Results.Text($$"""{"data":[{"id":"w1","url":"{{Ours}}/api/hooks/x"},{"id":"w2","url":"https://other.example.com/"}]}""",
                "application/json"));
        _providers.MapDelete("/2/webhooks/{id}", (string id) => Changed($"x webhook {id}", """{"data":{"deleted":true}}"""));
        _providers.MapGet("/2/activity/subscriptions", (HttpRequest request) => Results.Text(
            request.Query.ContainsKey("pagination_token")
                ? """{"data":[{"subscription_id":"a2","webhook_id":"w2"},{"subscription_id":"a3","webhook_id":"w1"}],"meta":{}}"""
                : """{"data":[{"subscription_id":"a1","webhook_id":"w1"}],"meta":{"next_token":"n"}}""", "application/json"));
        _providers.MapDelete("/2/activity/subscriptions/{id}", (string id) =>
            Changed($"x subscription {id}", """{"data":{"deleted":true}}"""));
        _providers.MapGet("/forum/admin/api/web_hooks.json", () =>
            Results.Text(
                $$"""{"web_hooks":[{"id":5,"payload_url":"{{Ours}}/api/hooks/discourse/main "},{"id":6,"payload_url":"https://other.example.com/"}]}""", "application/json"));
        _providers.MapDelete("/forum/admin/api/web_hooks/{id}.json", (string id) => Changed($"discourse {id}", """{"success":"OK"}"""));
        _providers.MapGet("/v2/applications/app1", () => Results.Text($$$"""
            {"id":"app1","name":"contacts","_links":{},"capabilities":{
              "voice":{"webhooks":{"answer_url":{"address":"{{{Ours}}}/api/hooks/vonage/voice/answer"},"event_url":{"address":"{{{Ours}}}/api/hooks/vonage/voice/events"} } },
              "messages":{"webhooks":{"inbound_url":{"address":"{{{Ours}}}/api/hooks/vonage/messages"},"status_url":{"address":"https://other.example.com/"} } } } }
            """, "application/json"));
        _providers.MapPut("/v2/applications/app1", async (HttpRequest request) =>
            Changed($"vonage {await new StreamReader(request.Body).ReadToEndAsync()}", "{}"));
        _providers.MapGet("/settings/sipgateio", () =>
            Results.Text($$"""{"incomingUrl":"{{Ours}}/api/hooks/sipgate","outgoingUrl":"https://other.example.com/","log":true}""",
                "application/json"));
        _providers.MapPut("/settings/sipgateio", async (HttpRequest request) =>
            Changed($"sipgate {await new StreamReader(request.Body).ReadToEndAsync()}", ""));
        _providers.MapFallback(() => Results.StatusCode(418));
        await _providers.StartAsync();
    }

    public Task DisposeAsync() => _providers.DisposeAsync().AsTask();

    [Fact]
    public async Task Only_what_leads_to_it_is_taken_away()
    {
        var (exitCode, said) = await RunAsync();
        Assert.Equal(0, exitCode);
        Assert.Contains("would: Telegram: delete the webhook of bot 1", said, StringComparison.Ordinal);
        Assert.Contains("Vonage: messages leads here and elsewhere", said, StringComparison.Ordinal);
        Assert.Empty(_changes);

        (exitCode, _) = await RunAsync("--do");
        Assert.Equal(0, exitCode);
        Assert.Equal(
            [
                "discourse 5", "graph s1", "meta page",
                """sipgate {"incomingUrl":"","outgoingUrl":"https://other.example.com/","log":true}""", "telegram",
                "twilio PN1 VoiceUrl= StatusCallback=",
                """vonage {"name":"contacts","capabilities":{"messages":{"webhooks":{"inbound_url":{"address":"https://contact.example.com/api/hooks/vonage/messages"},"status_url":{"address":"https://other.example.com/"}}}}}""",
                "x subscription a1", "x subscription a3", "x webhook w1",
            ],
            _changes.Order(StringComparer.Ordinal));
        // A webhook that still has subscriptions might not go.
        Assert.True(_changes.ToList().IndexOf("x webhook w1") > _changes.ToList().IndexOf("x subscription a3"));
    }

    [Fact]
    public async Task Every_channel_is_taken_away_by_it_or_named_for_a_person()
    {
        var (_, said) = await RunAsync();
        var script = await File.ReadAllTextAsync(Path.Combine(Seed.RepositoryRoot, "infra", "teardown.mjs"));
        foreach (var channel in InfraFiles.Load().Json("infra/channels.json").EnumerateObject())
        {
            if (channel.Value.TryGetProperty("byHand", out var step))
                Assert.Contains($"  {channel.Name}: {step.GetString()}", said, StringComparison.Ordinal);
            else Assert.Contains($"\n  {channel.Name}: env.", script, StringComparison.Ordinal);
        }
    }

    private IResult Changed(string what, string answer)
    {
        _changes.Enqueue(what);
        return Results.Text(answer, "application/json");
    }

    private async Task<(int ExitCode, string Output)> RunAsync(params string[] arguments)
    {
        var start = new ProcessStartInfo("node", ["infra/teardown.mjs", .. arguments]) { WorkingDirectory = Seed.RepositoryRoot,
            UseShellExecute = false, RedirectStandardOutput = true, RedirectStandardError = true };
        var here = _providers.Urls.First();
        foreach (var (name, value) in new[]
        {
            ("BASE_URL", Ours), ("TELEGRAM_BOT_TOKEN", "1:x"), ("TWILIO_ACCOUNT_SID", "AC1"), ("TWILIO_AUTH_TOKEN", "t"),
            ("META_APP_ID", "77"), ("META_APP_SECRET", "s"), ("GRAPH_TOKEN", "g"),
            ("X_BEARER_TOKEN", "b"), ("DISCOURSE_URL", $"{here}/forum/"), ("DISCOURSE_API_KEY", "k"), ("VONAGE_API_KEY", "k"),
            ("VONAGE_API_SECRET", "s"), ("VONAGE_APPLICATION_ID", "app1"),
            ("SIPGATE_TOKEN_ID", "t"), ("SIPGATE_TOKEN", "s"), ("X_API_URL", here), ("VONAGE_API_URL", here), ("SIPGATE_API_URL", here),
            ("TELEGRAM_API_URL", here), ("TWILIO_API_URL", here), ("META_API_URL", here), ("GRAPH_API_URL", here),
        }) start.Environment[name] = value;
        using var process = Process.Start(start)!;
        var (said, error) = (process.StandardOutput.ReadToEndAsync(), process.StandardError.ReadToEndAsync());
        await process.WaitForExitAsync();
        return (process.ExitCode, await said + await error);
    }
}
