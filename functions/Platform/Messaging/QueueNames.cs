namespace Serverless.Platform.Messaging;

/// <summary>Names of the storage queues that functions work, as in <c>infra/messaging.json</c>; those of routes are
/// <c>notify-{route}</c>.</summary>
public static class QueueNames
{
    /// <summary>Deliveries to be processed.</summary>
    public const string Inbound = "inbound";

    /// <summary>Attachments to be fetched.</summary>
    public const string Attachments = "attachments";

    /// <summary>Replies to be sent.</summary>
    public const string Replies = "replies";

    /// <summary>Events that Event Grid puts into a queue for channel <c>acs</c>.</summary>
    public const string AcsEvents = "acs-events";

    /// <summary>Ending of the queue into which the host moves what failed too often.</summary>
    public const string PoisonSuffix = "-poison";
}
