using Microsoft.Extensions.Options;

namespace Serverless.Channels;

/// <summary>Finds a channel by its name.</summary>
public sealed class ChannelDirectory(IEnumerable<IChannel> channels)
{
    private readonly Dictionary<string, IChannel> _byName = channels.ToDictionary(c => c.Name, StringComparer.OrdinalIgnoreCase);

    /// <summary>Every channel that the app knows, enabled or not, in the order of ChannelsServices.</summary>
    public IReadOnlyCollection<IChannel> All => _byName.Values;

    /// <summary>The settings of a channel; null when one of them cannot be read or is out of bounds: then the channel stays shut, and the
    /// others go on (P13).</summary>
    /// <param name="channel">The channel.</param>
    /// <param name="problem">A sentence for people when there are none.</param>
    public static ChannelSettings? SettingsOf(IChannel channel, out string? problem)
    {
        try
        {
            problem = null;
            return channel.Settings;
        }
        catch (Exception error) when (error is OptionsValidationException or InvalidOperationException)
        {
            problem = $"A setting of section Channels__{channel.Name} cannot be read: {error.Message}";
            return null;
        }
    }

    /// <summary>The channel, or null when there is none of that name. It may be switched off: check its settings.</summary>
    public IChannel? Find(string name) => _byName.GetValueOrDefault(name);
}
