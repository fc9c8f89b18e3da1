using Microsoft.Extensions.Options;
using Serverless.Notices.Acknowledgement;
using Serverless.Notices.Mail;
using Serverless.Notices.Teams;
using Serverless.Notices.Webhook;
using Serverless.Platform.Storage;

namespace Serverless.Notices;

/// <summary>What tells people and programs: the runner, its routes, subscriptions, recipients.</summary>
public static class NoticesServices
{
    public static IServiceCollection AddNotices(this IServiceCollection services, IConfiguration configuration)
    {
        services.AddOptions<NoticeOptions>().Bind(configuration.GetSection("Notices")).ValidateOnStart();
        services.AddSingleton<IValidateOptions<NoticeOptions>, NoticeOptionsValidator>();
        services.AddSingleton<NoticeLog>().AddSingleton<SlowTargets>().AddSingleton<Circuits>().AddSingleton<NoticeRunner>();
        services.AddSingleton<Wording>().AddSingleton<Posting>().AddSingleton<Digests>().AddSingleton<Bursts>();
        services.AddOptions<RecipientsOptions>().Bind(configuration.GetSection("Recipients"));
        services.AddSingleton<Recipients>().AddSingleton<OwnNotices>().AddSingleton<OwnNoticesPage>();
        return services.AddSubscriptions(configuration).AddMail(configuration).AddAcknowledgement(configuration)
            .AddSingleton<INoticeRoute, TeamsRoute>();
    }

    private static IServiceCollection AddSubscriptions(this IServiceCollection services, IConfiguration configuration)
    {
        services.AddOptions<WebhookOptions>().Bind(configuration.GetSection("Webhook")).ValidateOnStart();
        services.AddSingleton<IValidateOptions<WebhookOptions>, WebhookOptionsValidator>();
        services.AddSingleton(p =>
        {
            var options = p.GetRequiredService<IOptionsMonitor<WebhookOptions>>();
            return new Subscriptions(
                p.GetRequiredService<TableStore>(),
                p.GetRequiredService<TimeProvider>(),
                () => options.CurrentValue.Named(),
                () => options.CurrentValue.Masters);
        });
        return services.AddSingleton<SubscriptionForm>().AddSingleton<SubscriptionDesk>().AddSingleton<Redelivery>()
            .AddSingleton<INoticeRoute, WebhookRoute>();
    }

    private static IServiceCollection AddMail(this IServiceCollection services, IConfiguration configuration)
    {
        services.AddOptions<MailOptions>().Bind(configuration.GetSection("Mail")).ValidateOnStart();
        services.AddSingleton<IValidateOptions<MailOptions>, MailOptionsValidator>();
        return services.AddSingleton<INoticeRoute, MailRoute>();
    }

    private static IServiceCollection AddAcknowledgement(this IServiceCollection services, IConfiguration configuration)
    {
        services.AddOptions<AcknowledgementOptions>().Bind(configuration.GetSection("Acknowledgement")).ValidateOnStart();
        services.AddSingleton<IValidateOptions<AcknowledgementOptions>, AcknowledgementOptionsValidator>();
        return services.AddSingleton<ReceiptText>().AddSingleton<CustomerLimit>().AddSingleton<INoticeRoute, AcknowledgementRoute>();
    }
}
