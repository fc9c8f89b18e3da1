using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Options;
using Serverless.AcknowledgeCustomer;
using Serverless.ActOnCase;
using Serverless.Attachments;
using Serverless.Platform.Messaging;
using Serverless.Cases;
using Serverless.Channels;
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
using Serverless.CheckChannel;
using Serverless.ChooseNotices;
using Serverless.Daily;
using Serverless.Diagnostics;
using Serverless.DiscardNotices;
using Serverless.DownloadAttachment;
using Serverless.FetchAttachments;
using Serverless.FollowLink;
using Serverless.GiveUpAttachments;
using Serverless.GiveUpReply;
using Serverless.Health;
using Serverless.KeepPoison;
using Serverless.LinkDiagnostics;
using Serverless.Links;
using Serverless.ManagePrivacy;
using Serverless.ManageSubscriptions;
using Serverless.Normalise;
using Serverless.Notices;
using Serverless.Notices.Acknowledgement;
using Serverless.Notices.Mail;
using Serverless.Notices.Teams;
using Serverless.Notices.Webhook;
using Serverless.NotifyMail;
using Serverless.NotifyTeams;
using Serverless.NotifyWebhook;
using Serverless.Operations;
using Serverless.Outbox;
using Serverless.Outgoing;
using Serverless.Privacy;
using Serverless.QueryCases;
using Serverless.QueryOperations;
using Serverless.Receipts;
using Serverless.Receive;
using Serverless.Registrations;
using Serverless.ReplayDeliveries;
using Serverless.Replies;
using Serverless.ResendNotices;
using Serverless.RetakeEvents;
using Serverless.ReviewDeliveries;
using Serverless.ReviewPoison;
using Serverless.Schema;
using Serverless.SendReplies;
using Serverless.ShowDiagnostics;
using Serverless.Platform.Storage;
using Serverless.TakeEvents;
using Serverless.Telemetry;
using Serverless.Texts;
using Serverless.Tick;

namespace Serverless;

/// <summary>Introduces the parts to each other, in the order of the journey: the only file that names every one of them.</summary>
public static class Composition
{
    public static IServiceCollection AddParts(this IServiceCollection services, IConfiguration configuration)
    {
        services.TryAddSingleton(TimeProvider.System);
        // Never the framework's own lines, which name whole URLs: Twilio by GET puts text and number there, a handshake its token (P14).
        services.AddLogging(logging => logging.AddFilter("Microsoft", LogLevel.Warning).AddFilter("System.Net.Http", LogLevel.Warning));
        services.AddTelemetry(configuration);
        services.AddStorage(configuration);
        services.AddBus(configuration);
        services.AddChannels(configuration);

        // Arrival
        services.AddOptions<ReceiveOptions>().Bind(configuration.GetSection("Receive")).ValidateOnStart();
        services.AddSingleton<IValidateOptions<ReceiveOptions>, ReceiveOptionsValidator>();
        services.AddSingleton<Bulkhead>().AddSingleton<SourceTrust>().AddSingleton<DeliveryLog>().AddSingleton<FrontDoor>().AddSingleton<QueuedEvents>();

        // Work
        services.AddOptions<OwnersOptions>().Bind(configuration.GetSection("Owners")).ValidateOnStart();
        services.AddOptions<ServiceLevelsOptions>().Bind(configuration.GetSection("ServiceLevels")).ValidateOnStart();
        services.AddSingleton<IValidateOptions<ServiceLevelsOptions>, ServiceLevelsOptionsValidator>();
        services.AddOptions<CasesOptions>().Bind(configuration.GetSection("Cases")).ValidateOnStart();
        services.AddSingleton<IValidateOptions<CasesOptions>, CasesOptionsValidator>();
        services.AddSingleton<CaseStore>().AddSingleton<Correlator>().AddSingleton<CaseViews>().AddSingleton<CaseReader>();
        services.AddSingleton<CaseActions>().AddSingleton<CaseClock>();
        services.AddSingleton<TopicRelay>().AddSingleton<OutboxRelay>().AddSingleton<CaseTeller>().AddSingleton<Successors>();
        services.AddOptions<AttachmentsOptions>().Bind(configuration.GetSection("Attachments")).ValidateOnStart();
        services.AddSingleton<IValidateOptions<AttachmentsOptions>, AttachmentsOptionsValidator>();
        services.AddSingleton<AttachmentRows>().AddSingleton<FileRequests>().AddSingleton<FileWork>().AddSingleton<FileShelf>();
        services.AddSingleton<ThinElements>().AddSingleton<WaitingDeliveries>().AddSingleton<Attention>();
        services.AddOptions<LookOptions>().Bind(configuration.GetSection("Look")).ValidateOnStart();
        services.AddSingleton<IValidateOptions<LookOptions>, LookOptionsValidator>();
        services.AddSingleton<LookStates>().AddSingleton<HeldContacts>().AddSingleton<SecondLook>();
        services.AddSingleton<CallSteps>().AddSingleton<DeliveryErasure>().AddSingleton<DeliveryWork>().AddSingleton<PoisonMessages>().AddSingleton<OpenDeliveries>();

        // Review
        services.AddSingleton<DeliveryWalk>().AddSingleton<ActionLog>().AddSingleton<PoisonDesk>().AddSingleton<Quarantine>().AddSingleton<Replay>();
        services.AddOptions<DiagnosticsOptions>().Bind(configuration.GetSection("Diagnostics")).ValidateOnStart();
        services.AddSingleton<IValidateOptions<DiagnosticsOptions>, DiagnosticsOptionsValidator>();
        services.AddSingleton<DiagnosticsLinks>().AddSingleton<SenderReports>();

        // Replies
        services.AddSingleton<CaseReplies>().AddSingleton<ReplyIndex>().AddSingleton<ReplyBook>().AddSingleton<ReplyFiling>().AddSingleton<ReplyDesk>().AddSingleton<ReplyWork>();

        // Channels look after themselves
        services.AddOptions<UpkeepOptions>().Bind(configuration.GetSection("Upkeep"));
        services.AddSingleton<RegistrationBook>().AddSingleton<ChannelUpkeep>().AddSingleton<UpkeepReader>();

        // Notices
        services.AddSingleton(_ => new GuardedHttp(loopbackToo: configuration["AZURE_FUNCTIONS_ENVIRONMENT"] == "Development"));
        services.AddSingleton<ApiCalls>();
        services.AddOptions<NoticeOptions>().Bind(configuration.GetSection("Notices")).ValidateOnStart();
        services.AddSingleton<IValidateOptions<NoticeOptions>, NoticeOptionsValidator>();
        services.AddOptions<WebhookOptions>().Bind(configuration.GetSection("Webhook")).ValidateOnStart();
        services.AddSingleton<IValidateOptions<WebhookOptions>, WebhookOptionsValidator>();
        services.AddOptions<TextsOptions>().Bind(configuration.GetSection("Texts"));
        services.AddOptions<LinksOptions>().Bind(configuration.GetSection("Links")).ValidateOnStart();
        services.AddSingleton<IValidateOptions<LinksOptions>, LinksOptionsValidator>();
        services.AddSingleton<TextBook>().AddSingleton<ActionLinks>().AddSingleton<LinkDesk>().AddSingleton<ActionPage>();
        services.AddOptions<RecipientsOptions>().Bind(configuration.GetSection("Recipients"));
        services.AddOptions<MailOptions>().Bind(configuration.GetSection("Mail")).ValidateOnStart();
        services.AddSingleton<IValidateOptions<MailOptions>, MailOptionsValidator>();
        services.AddSingleton<Recipients>().AddSingleton<OwnNotices>().AddSingleton<OwnNoticesPage>().AddSingleton<Wording>().AddSingleton<Posting>().AddSingleton<Digests>().AddSingleton<Bursts>();
        services.AddSingleton(p => new Subscriptions(p.GetRequiredService<TableStore>(), p.GetRequiredService<TimeProvider>(), () => p.GetRequiredService<IOptionsMonitor<WebhookOptions>>().CurrentValue.Named(), () => p.GetRequiredService<IOptionsMonitor<WebhookOptions>>().CurrentValue.Masters));
        services.AddSingleton(new EventCatalogue([.. CaseExamples.Kinds, .. ChannelEvent.Kinds, .. SubscriptionEvent.Kinds]));
        services.AddSingleton<SubscriptionForm>().AddSingleton<SubscriptionDesk>().AddSingleton<Redelivery>();
        services.AddRoute<WebhookRoute>("webhook", "NotifyWebhook").AddRoute<TeamsRoute>("teams", "NotifyTeams").AddRoute<MailRoute>("mail", "NotifyMail");
        services.AddOptions<AcknowledgementOptions>().Bind(configuration.GetSection("Acknowledgement")).ValidateOnStart();
        services.AddSingleton<IValidateOptions<AcknowledgementOptions>, AcknowledgementOptionsValidator>();
        services.AddSingleton<ReceiptText>().AddSingleton<CustomerLimit>().AddRoute<AcknowledgementRoute>("acknowledgement", "AcknowledgeCustomer", AcknowledgementRoute.Wants);
        services.AddSingleton<RouteSwitches>().AddSingleton<NoticeQueue>().AddSingleton<NoticeLog>().AddSingleton<NoticeClaims>().AddSingleton<DueMessages>();
        services.AddSingleton<SlowTargets>().AddSingleton<Circuits>().AddSingleton<NoticeTeller>().AddSingleton<DigestTeller>().AddSingleton<NoticeRunner>();

        // Privacy
        services.AddOptions<RetentionOptions>().Bind(configuration.GetSection("Retention")).ValidateOnStart();
        services.AddSingleton<IValidateOptions<RetentionOptions>, RetentionOptionsValidator>();
        services.AddOptions<PrivacyOptions>().Bind(configuration.GetSection("Privacy")).ValidateOnStart();
        services.AddSingleton<IValidateOptions<PrivacyOptions>, PrivacyOptionsValidator>();
        services.AddSingleton<OrderBook>().AddSingleton<CaseEraser>().AddSingleton<Speaking>().AddSingleton<OrderWork>().AddSingleton<PrivacyDesk>().AddSingleton<PersonExport>().AddSingleton<Retention>();

        // Operations
        return services.AddSingleton<Ledger>().AddSingleton<HealthCheck>().AddSingleton<Resends>().AddSingleton<RouteDesk>().AddSingleton<Arrears>();
    }

    public static void MapFunctions(this IEndpointRouteBuilder routes)
    {
        routes.MapGet("/", () => "The app is up.");
        ReceiveFunction.Map(routes);
        TakeEventsFunction.Map(routes);
        RetakeEventsFunction.Map(routes);
        NormaliseFunction.Map(routes);
        KeepPoisonFunction.Map(routes);
        FetchAttachmentsFunction.Map(routes);
        GiveUpAttachmentsFunction.Map(routes);
        SendRepliesFunction.Map(routes);
        GiveUpReplyFunction.Map(routes);
        TickFunction.Map(routes);
        DailyFunction.Map(routes);
        CheckChannelFunction.Map(routes);
        NotifyWebhookFunction.Map(routes);
        NotifyTeamsFunction.Map(routes);
        NotifyMailFunction.Map(routes);
        AcknowledgeCustomerFunction.Map(routes);
        QueryCasesFunction.Map(routes);
        DownloadAttachmentFunction.Map(routes);
        ActOnCaseFunction.Map(routes);
        FollowLinkFunction.Map(routes);
        ChooseNoticesFunction.Map(routes);
        ManageSubscriptionsFunction.Map(routes);
        QueryOperationsFunction.Map(routes);
        ReviewDeliveriesFunction.Map(routes);
        ReplayDeliveriesFunction.Map(routes);
        ResendNoticesFunction.Map(routes);
        DiscardNoticesFunction.Map(routes);
        ReviewPoisonFunction.Map(routes);
        ManagePrivacyFunction.Map(routes);
        LinkDiagnosticsFunction.Map(routes);
        ShowDiagnosticsFunction.Map(routes);
        HealthFunction.Map(routes);
        SchemaFunction.Map(routes);
    }

    // One line a channel.
    private static void AddChannels(this IServiceCollection services, IConfiguration configuration)
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
    }
}
