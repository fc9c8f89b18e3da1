using Serverless.Channels;
using Serverless.Notifications;

namespace Serverless.Operations;

/// <summary>
/// Checks the settings at the start: values out of bounds stop it (validation of the framework); a channel or subscriber with missing
/// settings is disabled and logged, and does not stop the others (P13).
/// </summary>
public sealed partial class StartCheck(ChannelDirectory channels, IEnumerable<INotificationRoute> routes, ILoggerFactory logs)
{
    private readonly ILogger _log = logs.CreateLogger("Serverless.Start");

    /// <summary>Logs a sentence for every channel that is not ready and every subscriber that cannot be notified.</summary>
    public void Tell()
    {
        foreach (var channel in channels.All)
        {
            if (ChannelDirectory.SettingsOf(channel, out var unreadable) is not { } settings) LogShut(channel.Name, unreadable!);
            else if (settings.Enabled)
                foreach (var problem in channel.Problems()) LogShut(channel.Name, problem);
        }

        foreach (var problem in routes.SelectMany(r => r.Problems())) LogSubscriber(problem);
    }

    [LoggerMessage(80, LogLevel.Error, "Channel {Channel} stays shut and answers 503: {Problem}")]
    private partial void LogShut(string channel, string problem);

    [LoggerMessage(81, LogLevel.Error, "{Problem}")]
    private partial void LogSubscriber(string problem);
}
