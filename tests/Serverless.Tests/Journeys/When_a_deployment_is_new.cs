using System.Text.Json.Nodes;
using Microsoft.Extensions.DependencyInjection;
using Serverless.Channels;
using Serverless.Registrations;
using Serverless.Tests.Harness;
using Xunit;

namespace Serverless.Tests.Journeys;

/// <summary>What must be registered at a provider is registered within five minutes of a deployment, and renewed before it ends, whenever
/// Daily runs.</summary>
public sealed class When_a_deployment_is_new(AzuriteFixture azurite) : IClassFixture<AzuriteFixture>
{
    private readonly LoopbackNetwork _pigeons = new();

    private Task<TestApp> StartAsync(string environment = "Production") => TestApp.StartAsync(azurite, _pigeons.Add,
        [("AZURE_FUNCTIONS_ENVIRONMENT", environment), ("Hooks__PublicBaseUrl", "https://contact.example.com"),
            ("Registration__Repair", "pigeon"), .. Seed.Channels.Select(c => ($"Channels__{c}__Enabled", (string?)"false"))]);

    private async Task<int> ChecksAfterTickAsync(TestApp world)
    {
        Assert.True(await world.TickAsync());
        return _pigeons.Checks.Count;
    }

    [Fact]
    public async Task The_first_tick_registers_and_the_next_one_asks_nobody()
    {
        await using var world = await StartAsync();
        _pigeons.Registrations = upkeep => [new("webhook", upkeep.Repair ? RegistrationState.Repaired : RegistrationState.Drifted)];
        Assert.Equal(1, await ChecksAfterTickAsync(world));
        Assert.Equal(new RegistrationCheckRequest("https://contact.example.com", Repair: true), Assert.Single(_pigeons.Checks));
        world.Time.Advance(TimeSpan.FromHours(20));
        Assert.Equal(1, await ChecksAfterTickAsync(world));
    }

    [Fact]
    public async Task Another_setting_of_the_channel_is_checked_at_once()
    {
        await using var world = await StartAsync();
        Assert.Equal(1, await ChecksAfterTickAsync(world));
        foreach (var (name, value, checks) in new[]
        {
            ("Channels__Pigeon__Loft", "north", 2), ("Hooks__PublicBaseUrl", "https://new.example.com", 3),
            ("Registration__Repair", "none", 4),
            // What is no matter of this channel, and what only its own hash of its secrets tells.
            ("Channels__Meta__AppId", "1", 4), ("Channels__Pigeon__LoftSecret", "another", 4),
        })
        {
            world.Set((name, value));
            Assert.Equal(checks, await ChecksAfterTickAsync(world));
            Assert.Equal(checks, await ChecksAfterTickAsync(world));
        }
    }

    [Fact]
    public async Task Of_two_instances_one_checks_and_a_dead_one_keeps_nobody_from_it()
    {
        await using var world = await StartAsync();
        await using var twin = await world.TwinAsync(("AZURE_FUNCTIONS_ENVIRONMENT", "Production"), ("Registration__Repair", "pigeon"),
            ("Hooks__PublicBaseUrl", "https://contact.example.com"));
        var book = world.Services.GetRequiredService<RegistrationStore>();
        var read = await book.LastAsync("pigeon", default);
        Assert.Equal(1,
            (await Task.WhenAll(book.ClaimAsync("pigeon", read, default), twin.Services.GetRequiredService<RegistrationStore>()
                .ClaimAsync("pigeon", read, default))).Count(won => won));
        Assert.Equal(0, await ChecksAfterTickAsync(twin));
        world.Time.Advance(TimeSpan.FromMinutes(11));
        await Task.WhenAll(world.TickAsync(), twin.TickAsync());
        Assert.Single(_pigeons.Checks);
    }

    [Fact]
    public async Task What_ends_before_the_next_day_is_renewed_in_time_and_asked_for_once_an_hour()
    {
        await using var world = await StartAsync();
        var end = world.Time.GetUtcNow().AddHours(24);
        _pigeons.Registrations = _ =>
            [new("subscription", RegistrationState.Right, ExpiresAt: end),
                new("token", RegistrationState.Right, Step: "Make a new one.", ExpiresAt: end)];
        Assert.Equal(1, await ChecksAfterTickAsync(world));
        world.Time.Advance(TimeSpan.FromHours(17.9));
        Assert.Equal(1, await ChecksAfterTickAsync(world));
        world.Time.Advance(TimeSpan.FromHours(0.2));
        Assert.Equal(2, await ChecksAfterTickAsync(world));
        Assert.Equal(2, await ChecksAfterTickAsync(world));
        end = end.AddHours(24);
        world.Time.Advance(TimeSpan.FromHours(1));
        Assert.Equal(3, await ChecksAfterTickAsync(world));
        world.Time.Advance(TimeSpan.FromHours(1));
        Assert.Equal(3, await ChecksAfterTickAsync(world));

        _pigeons.Registrations = _ => [new("subscription", RegistrationState.Unknown)];
        Assert.True(await world.InvokeAsync("Daily", "timer", new JsonObject { ["IsPastDue"] = false }));
        world.Time.Advance(TimeSpan.FromHours(1));
        Assert.Equal(5, await ChecksAfterTickAsync(world));
    }

    [Fact]
    public async Task A_developers_machine_registers_nowhere_by_itself()
    {
        await using var world = await StartAsync("Development");
        Assert.Equal(0, await ChecksAfterTickAsync(world));
    }
}
