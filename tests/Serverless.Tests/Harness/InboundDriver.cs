using System.Text;

namespace Serverless.Tests.Harness;

/// <summary>The queue between accepting and working, in a test's hands.</summary>
public sealed class InboundDriver : IDisposable
{
    private readonly TestQueue _queue;
    private readonly TestApp _world;

    public InboundDriver(TestApp world, string queue = "inbound")
    {
        _world = world;
        _queue = new TestQueue(world.ConnectionString, queue);
    }

    /// <summary>Takes every message that is there and throws it away, as a queue that lost it. Gives their texts.</summary>
    public async Task<IReadOnlyList<string>> LoseAsync()
    {
        List<string> lost = [];
        while (await _queue.TakeAsync(32, TimeSpan.FromMinutes(1), CancellationToken.None) is { Count: > 0 } taken)
        {
            foreach (var message in taken)
            {
                await _queue.DeleteAsync(message.Id, message.PopReceipt, CancellationToken.None);
                lost.Add(Encoding.UTF8.GetString(Convert.FromBase64String(message.Text)));
            }
        }

        return lost;
    }

    /// <summary>How many messages there are, those that wait for their time included.</summary>
    public Task<int> CountAsync() => _queue.CountAsync(CancellationToken.None);

    public Task PutAsync(string text) => _queue.PutAsync(Convert.ToBase64String(Encoding.UTF8.GetBytes(text)), CancellationToken.None);

    /// <summary>Takes one message, has it worked, and gives it back at once when that failed, as the host does after its visibility
    /// timeout.</summary>
    public async Task<bool> WorkOneAsync()
    {
        var message = (await _queue.TakeAsync(1, TimeSpan.FromMinutes(1), CancellationToken.None))!.Single();
        var done = await _world.InvokeAsync("Normalise", "pointer", Encoding.UTF8.GetString(Convert.FromBase64String(message.Text)));
        if (done) await _queue.DeleteAsync(message.Id, message.PopReceipt, CancellationToken.None);
        else await _queue.HideAsync(message.Id, message.PopReceipt, TimeSpan.Zero, CancellationToken.None);
        return done;
    }

    public void Dispose()
    {
        // The SDK's client holds nothing.
    }
}
