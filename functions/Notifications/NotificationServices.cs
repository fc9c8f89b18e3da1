using Microsoft.Extensions.Options;
using Serverless.ActionLinks;
using Serverless.Notifications.Acknowledgement;
using Serverless.Notifications.Mail;
using Serverless.Notifications.Preferences;
using Serverless.Notifications.Subscriptions;
using Serverless.Notifications.Teams;
using Serverless.Notifications.Webhook;
using Serverless.Platform.Features;
using Serverless.Platform.Storage;
using Serverless.ServiceLevels;

namespace Serverless.Notifications;

/// <summary>Registers notifications: dispatcher, routes, subscriptions, recipients.</summary>
public static class NotificationServices
{
    public static IServiceCollection AddNotifications(this IServiceCollection services, IConfiguration configuration)
    {
        services.AddOptions<NotificationOptions>().Bind(configuration.GetSection("Notification")).ValidateOnStart();
        services.AddSingleton<IValidateOptions<NotificationOptions>, NotificationOptionsValidator>();
        services.AddSingleton<RouteSwitches>().AddSingleton<NotificationQueues>().AddSingleton<AttemptStore>()
            .AddSingleton<AttemptClaims>();
        services.AddSingleton<DueMessages>().AddSingleton<TargetConcurrency>().AddSingleton<CircuitBreakers>();
        services.AddSingleton<NotificationSender>().AddSingleton<DigestSender>().AddSingleton<NotificationDispatcher>();
        services.AddSingleton(p => new MaintenanceStep(Rhythm.Tick, p.GetRequiredService<DueMessages>().SweepAsync));
        services.AddSingleton<NotificationWording>().AddSingleton<HttpDelivery>().AddSingleton<Digests>().AddSingleton<IncidentGrouping>();
        services.AddOptions<RecipientsOptions>().Bind(configuration.GetSection("Recipients"));
        services.AddSingleton(p =>
        {
            var (recipients, bursts) = (p.GetRequiredService<Recipients>(), p.GetRequiredService<IncidentGrouping>());
            var calendars = p.GetRequiredService<Calendars>();
            return new LinkAudience(
                async (name, ct) => await recipients.FindAsync(name, ct) is { } recipient
                    ? new Viewer(recipient.Shows, recipient.ReadsIn(calendars))
                    : null,
                bursts.CasesAsync);
        });
        services.AddSingleton<Recipients>().AddSingleton<NotificationPreferences>().AddSingleton<PreferencesPage>();
        return services.AddSubscriptions(configuration).AddRoute<TeamsRoute>("teams", "NotifyTeams").AddMail(configuration)
            .AddAcknowledgement(configuration);
    }

    private static IServiceCollection AddSubscriptions(this IServiceCollection services, IConfiguration configuration)
    {
        services.AddOptions<WebhookOptions>().Bind(configuration.GetSection("Webhook")).ValidateOnStart();
        services.AddSingleton<IValidateOptions<WebhookOptions>, WebhookOptionsValidator>();
        services.AddSingleton(p =>
        {
            var options = p.GetRequiredService<IOptionsMonitor<WebhookOptions>>();
            return new SubscriptionStore(
                p.GetRequiredService<TableStore>(),
                p.GetRequiredService<TimeProvider>(),
                () => options.CurrentValue.Named(),
                () => options.CurrentValue.Masters);
        });
        return services.AddSingleton<SubscriptionForm>().AddSingleton<SubscriptionRequests>().AddSingleton<Redelivery>()
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
        return services.AddSingleton<AcknowledgementText>().AddSingleton<CustomerLimit>().AddSingleton<PromiseLater>()
            .AddRoute<AcknowledgementRoute>("acknowledgement", "AcknowledgeCustomer", AcknowledgementRoute.Wants);
    }
}
