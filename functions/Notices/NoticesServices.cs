using Microsoft.Extensions.Options;
using Serverless.Links;
using Serverless.Notices.Acknowledgement;
using Serverless.Notices.Mail;
using Serverless.Notices.Teams;
using Serverless.Notices.Webhook;
using Serverless.Platform.Features;
using Serverless.Platform.Storage;

namespace Serverless.Notices;

/// <summary>What tells people and programs: the runner, its routes, subscriptions, recipients.</summary>
public static class NoticesServices
{
    public static IServiceCollection AddNotices(this IServiceCollection services, IConfiguration configuration)
    {
        services.AddOptions<NoticeOptions>().Bind(configuration.GetSection("Notices")).ValidateOnStart();
        services.AddSingleton<IValidateOptions<NoticeOptions>, NoticeOptionsValidator>();
        services.AddSingleton<RouteSwitches>().AddSingleton<NoticeMessages>().AddSingleton<NoticeLog>().AddSingleton<NoticeClaims>();
        services.AddSingleton<DueMessages>().AddSingleton<SlowTargets>().AddSingleton<Circuits>();
        services.AddSingleton<NoticeTeller>().AddSingleton<DigestTeller>().AddSingleton<NoticeRunner>();
        services.AddSingleton(p => new MaintenanceStep(Rhythm.Tick, p.GetRequiredService<DueMessages>().SweepAsync));
        services.AddSingleton<Wording>().AddSingleton<Posting>().AddSingleton<Digests>().AddSingleton<Bursts>();
        services.AddOptions<RecipientsOptions>().Bind(configuration.GetSection("Recipients"));
        services.AddSingleton(p =>
        {
            var (recipients, bursts) = (p.GetRequiredService<Recipients>(), p.GetRequiredService<Bursts>());
            return new LinkAudience(
                async (name, ct) => await recipients.FindAsync(name, ct) is { } recipient ? new Viewer(recipient.Shows) : null,
                bursts.CasesAsync);
        });
        services.AddSingleton<Recipients>().AddSingleton<OwnNotices>().AddSingleton<OwnNoticesPage>();
        return services.AddSubscriptions(configuration).AddRoute<TeamsRoute>("teams", "NotifyTeams").AddMail(configuration).AddAcknowledgement(configuration);
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
            .AddRoute<WebhookRoute>("webhook", "NotifyWebhook");
    }

    private static IServiceCollection AddMail(this IServiceCollection services, IConfiguration configuration)
    {
        services.AddOptions<MailOptions>().Bind(configuration.GetSection("Mail")).ValidateOnStart();
        services.AddSingleton<IValidateOptions<MailOptions>, MailOptionsValidator>();
        return services.AddRoute<MailRoute>("mail", "NotifyMail");
    }

    private static IServiceCollection AddAcknowledgement(this IServiceCollection services, IConfiguration configuration)
    {
        services.AddOptions<AcknowledgementOptions>().Bind(configuration.GetSection("Acknowledgement")).ValidateOnStart();
        services.AddSingleton<IValidateOptions<AcknowledgementOptions>, AcknowledgementOptionsValidator>();
        return services.AddSingleton<ReceiptText>().AddSingleton<CustomerLimit>().AddSingleton<PromiseLater>()
            .AddRoute<AcknowledgementRoute>("acknowledgement", "AcknowledgeCustomer", AcknowledgementRoute.Wants);
    }
}
