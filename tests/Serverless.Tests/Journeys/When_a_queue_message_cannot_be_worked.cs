using System.Text;
using Serverless.Intake;
using Serverless.Tests.Harness;
using Xunit;

namespace Serverless.Tests.Journeys;

/// <summary>Something in the queue is no pointer, or failed too often.</summary>
public sealed class When_a_queue_message_cannot_be_worked(AzuriteFixture azurite) : IClassFixture<AzuriteFixture>
{
    [Theory]
    [InlineData("nonsense")]
    [InlineData("{\"channel\":\"meta\",\"id\":\"../../x\",\"attempt\":0,\"firstAt\":\"2026-11-20T09:00:00Z\"}")]
    [InlineData("{\"channel\":\"meta\"}")]
    [InlineData("[]")]
    [InlineData("7")]
    public async Task An_unreadable_one_is_kept_and_health_is_yellow(string text)
    {
        await using var world = await TestApp.StartAsync(azurite);
        using var queue = new InboundDriver(world);
        using (await world.SendMetaAsync(
            MetaCall.Messages(new MetaSaid("wamid.1", "493023125017", "Hallo", world.Time.GetUtcNow())))) await queue.PutAsync(text);
        Assert.Equal(0, await world.DrainAsync());

        Assert.Equal(0, await queue.CountAsync());
        Assert.Equal(1, (await world.SummaryAsync()).GetProperty("poisonMessages").GetInt32());
        var (status, says) = await world.HealthAsync("poison-messages");
        Assert.Equal("yellow", status);
        Assert.Contains("Poison messages: 1 (", says, StringComparison.Ordinal);
        Assert.Single(await world.CasesAsync());
    }

    [Fact]
    public async Task A_pointer_that_failed_too_often_is_told_and_its_delivery_queued_again()
    {
        await using var world = await TestApp.StartAsync(azurite);
        using var queue = new InboundDriver(world);
        var delivery = await world.AcceptAsync(MetaCall.Messages(new MetaSaid("wamid.1", "493023125017", "Hallo", world.Time.GetUtcNow())));
        var pointer = Assert.Single(await queue.LoseAsync());
        Assert.Equal(delivery, DeliveryMessage.Parse(pointer)?.Id);
        Assert.True(await world.InvokeAsync("KeepPoison", "pointer", pointer));
        Assert.Contains($"poison meta/{delivery}: failed too often, Tick queues it again", world.Log.Lines);
        Assert.Equal(0, (await world.SummaryAsync()).GetProperty("poisonMessages").GetInt32());

        world.Time.Advance(TimeSpan.FromMinutes(15));
        Assert.True(await world.TickAsync());
        Assert.Equal(0, await world.DrainAsync());
        Assert.Equal("ended: case", await world.EndOfAsync(delivery));
    }

    [Fact]
    public async Task A_pointer_to_nothing_is_done()
    {
        await using var world = await TestApp.StartAsync(azurite);
        Assert.True(await world.InvokeAsync("Normalise", "pointer",
            Encoding.UTF8.GetString(new DeliveryMessage("meta", DeliveryKey.NewId(world.Time.GetUtcNow()), 0,
                world.Time.GetUtcNow()).ToJson())));
        Assert.Contains(world.Log.Lines, line => line.StartsWith("gone meta/", StringComparison.Ordinal));
    }
}
