using Serverless.Local.Machine;
using Serverless.Local.ServiceBus;

namespace Serverless.Local.Run;

/// <summary>The bus of a run: the topic on this machine, or Microsoft's emulator where a setting names it.</summary>
internal sealed class LocalBus : IAsyncDisposable
{
    /// <summary>
    /// Environment variable with the emulator's connection string; its configuration must have the topic and the subscriptions of
    /// subscribers.json.
    /// </summary>
    public const string EmulatorSetting = "SERVICEBUS_EMULATOR";

    private LocalBus(string connectionString, LocalTopic? topic) => (ConnectionString, Topic) = (connectionString, topic);

    public string ConnectionString { get; }

    /// <summary>Null where the emulator is used.</summary>
    public LocalTopic? Topic { get; }

    /// <summary>Who receives from it, in the form of the template's parameter.</summary>
    public static string SubscribersFile(Repository repository) => Path.Combine(repository.Root, "infra", "local", "subscribers.json");

    /// <param name="emulator">Connection string of the emulator; null or empty starts the topic.</param>
    public static LocalBus Start(Repository repository, string? emulator)
    {
        if (!string.IsNullOrEmpty(emulator)) return new LocalBus(emulator, null);
        var subscribers = SubscriptionPlan.ReadSubscribers(SubscribersFile(repository));
        var topic = LocalTopic.Start(repository.Messaging, TimeProvider.System, 0, subscribers);
        return new LocalBus(topic.ConnectionString, topic);
    }

    public async ValueTask DisposeAsync()
    {
        if (Topic is not null) await Topic.DisposeAsync();
    }
}
