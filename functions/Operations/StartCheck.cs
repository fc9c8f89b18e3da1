using Microsoft.Extensions.Options;
using Serverless.Channels;
using Serverless.Notices;

namespace Serverless.Operations;

/// <summary>Looks at the settings at the start: bounds stop it; a channel or subscriber that lacks something is shut, which a sentence tells, and stops no other (P13).</summary>
public static partial class StartCheck
{
    /// <summary>Throws <see cref="OptionsValidationException"/> for a value out of bounds that concerns every channel.</summary>
    public static void Validate(IServiceProvider services) => services.GetService<IStartupValidator>()?.Validate();

    /// <summary>Logs a sentence for every channel that stays shut and every subscriber that is not told.</summary>
    public static void Tell(IServiceProvider services)
    {
        var log = services.GetRequiredService<ILoggerFactory>().CreateLogger("Serverless.Start");
        foreach (var channel in services.GetRequiredService<ChannelDirectory>().All)
        {
            if (ChannelDirectory.SettingsOf(channel, out var unreadable) is not { } settings) LogShut(log, channel.Name, unreadable!);
            else if (settings.Enabled)
                foreach (var problem in channel.Problems()) LogShut(log, channel.Name, problem);
        }

        foreach (var problem in services.GetServices<INoticeRoute>().SelectMany(r => r.Problems())) LogSubscriber(log, problem);
    }

    [LoggerMessage(80, LogLevel.Error, "Channel {Channel} stays shut and answers 503: {Problem}")]
    private static partial void LogShut(ILogger log, string channel, string problem);

    [LoggerMessage(81, LogLevel.Error, "{Problem}")]
    private static partial void LogSubscriber(ILogger log, string problem);
}
