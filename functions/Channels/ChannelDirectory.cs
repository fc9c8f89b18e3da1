namespace Serverless.Channels;

/// <summary>Finds a channel by the name in an address or a pointer.</summary>
public sealed class ChannelDirectory(IEnumerable<IChannel> channels)
{
    private readonly Dictionary<string, IChannel> _byName = channels.ToDictionary(c => c.Name, StringComparer.OrdinalIgnoreCase);

    /// <summary>Every channel that the app knows, enabled or not, in the order of Composition.cs.</summary>
    public IReadOnlyCollection<IChannel> All => _byName.Values;

    /// <summary>The channel, or null when there is none of that name. It may be switched off: look at its settings.</summary>
    public IChannel? Find(string name) => _byName.GetValueOrDefault(name);
}
