using Serverless.Channels.Acs;
using Serverless.Channels.Discourse;
using Serverless.Channels.Email;
using Serverless.Channels.Generic;
using Serverless.Channels.Meta;
using Serverless.Channels.Placetel;
using Serverless.Channels.Sipgate;
using Serverless.Channels.Telegram;
using Serverless.Channels.Twilio;
using Serverless.Channels.Vonage;
using Serverless.Channels.X;

namespace Serverless.Channels;

/// <summary>Registers the channels, one line each.</summary>
public static class ChannelsServices
{
    public static IServiceCollection AddChannels(this IServiceCollection services, IConfiguration configuration)
    {
        services.AddOptions<HooksOptions>().Bind(configuration.GetSection("Hooks")).ValidateOnStart();
        services.AddSingleton<ChannelDirectory>();
        EmailChannel.Add(services, configuration);
        MetaChannel.Add(services, configuration);
        DiscourseChannel.Add(services, configuration);
        TelegramChannel.Add(services, configuration);
        TwilioChannel.Add(services, configuration);
        XChannel.Add(services, configuration);
        VonageChannel.Add(services, configuration);
        SipgateChannel.Add(services, configuration);
        PlacetelChannel.Add(services, configuration);
        AcsChannel.Add(services, configuration);
        GenericChannel.Add(services, configuration);
        return services;
    }
}
