using System.Collections.Concurrent;
using Serverless.Local.FunctionsHost;

namespace Serverless.Local.Load;

/// <summary>Webhook subscribers on loopback, by number: each counts what it is told; some always fail.</summary>
internal sealed class ReceivedNotifications : IAsyncDisposable
{
    private const string Secret = "whsec_ZGVtby1zZWNyZXQtb2YtdGhlLWxvY2FsLWNybS0wMTIz";
    private readonly ConcurrentDictionary<(string Subscriber, string Event), int> _taken = new();
    private readonly int _subscribers;
    private readonly int _failing;
    private FrontServer? _server;
    private int _calls;

    private ReceivedNotifications(int subscribers, int failing) => (_subscribers, _failing) = (subscribers, failing);

    /// <summary>Where plain posts go.</summary>
    public Uri Address => _server!.Address;

    /// <summary>Calls so far, of all, failed ones too.</summary>
    public int Calls => Volatile.Read(ref _calls);

    /// <summary>Events that a subscriber has taken at least once, summed over subscribers.</summary>
    public int Taken => _taken.Count;

    /// <summary>Calls beyond the first with the same event for the same subscriber.</summary>
    public int Repeated => _taken.Values.Sum() - _taken.Count;

    /// <param name="subscribers">How many.</param>
    /// <param name="failing">How many of them answer 500 to everything.</param>
    public static async Task<ReceivedNotifications> StartAsync(int subscribers, int failing, CancellationToken ct)
    {
        var told = new ReceivedNotifications(subscribers, failing);
        told._server = await FrontServer.StartAsync(0, told.AnswerAsync, ct, 1024 * 1024);
        return told;
    }

    /// <summary>App settings that make them subscribers, and nobody else.</summary>
    public Dictionary<string, string> Settings()
    {
        var settings = new Dictionary<string, string>(StringComparer.Ordinal) { ["Webhook__Subscribers__crm__Events"] = "none" };
        foreach (var n in Enumerable.Range(1, _subscribers))
            (settings[$"Webhook__Subscribers__s{n}__Url"],
                settings[$"Webhook__Subscribers__s{n}__Secret"]) = (new Uri(Address, $"s{n}").ToString(), Secret);
        return settings;
    }

    public ValueTask DisposeAsync() => _server!.DisposeAsync();

    private async Task AnswerAsync(HttpContext context)
    {
        await context.Request.Body.CopyToAsync(Stream.Null, context.RequestAborted);
        Interlocked.Increment(ref _calls);
        var path = context.Request.Path.Value!;
        var fails = path.StartsWith("/s", StringComparison.Ordinal)
            && int.Parse(path.AsSpan(2), System.Globalization.CultureInfo.InvariantCulture) <= _failing;
        if (!fails && path.Length > 1)
            _taken.AddOrUpdate((path, context.Request.Headers["webhook-id"].ToString()), 1, (_, times) => times + 1);
        context.Response.StatusCode = fails ? StatusCodes.Status500InternalServerError : StatusCodes.Status204NoContent;
    }
}
