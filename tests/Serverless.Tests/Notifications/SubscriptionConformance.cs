using System.Text.Json.Nodes;
using Serverless.Local.ServiceBus;
using Serverless.Tests.Harness;
using Xunit;

namespace Serverless.Tests.Notifications;

/// <summary>Subscriptions made by the API: what every route promises holds for them as for those of the settings.</summary>
public sealed class SubscriptionConformance(AzuriteFixture azurite) : RouteConformance(azurite), IClassFixture<AzuriteFixture>
{
    private const string Made = "Api__";

    protected override string Route => "webhook";

    protected override string Function => "NotifyWebhook";

    protected override (string Name, string? Value)[] Target(string name, Uri address, string events = "*") =>
        [($"{Made}{name}__url", address.ToString()), ($"{Made}{name}__types", events)];

    protected override (string Name, string? Value)[] AskingForText(string name) => [($"{Made}{name}__include", "text")];

    protected override string IdOf(RecordedRequest request) => request.Headers["webhook-id"];

    protected override async Task<TestApp> StartAsync(string account, LocalTopic? bus, FakeTime time,
        params (string Name, string? Value)[] settings)
    {
        var world = await base.StartAsync(account, bus, time, [.. settings.Where(s => !IsOurs(s))]);
        await SetAsync(world, [.. settings.Where(IsOurs)]);
        return world;
    }

    protected override async Task SetAsync(TestApp world, params (string Name, string? Value)[] settings)
    {
        foreach (var one in settings.GroupBy(s => s.Name.Split("__")[1], s =>
            (Field: s.Name.Split("__")[2], s.Value), StringComparer.Ordinal))
        {
            JsonObject fields = new() { ["name"] = one.Key };
            foreach (var (field, value) in one)
                fields[field] = field == "url" ? value : new JsonArray([.. value!.Split(',').Select(v => JsonValue.Create(v))]);
            await world.SubscribeOrChangeAsync(fields);
        }
    }

    private static bool IsOurs((string Name, string? Value) setting) => setting.Name.StartsWith(Made, StringComparison.Ordinal);
}
