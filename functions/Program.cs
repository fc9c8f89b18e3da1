using Microsoft.Azure.Functions.Worker.Builder;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Options;
using Serverless.ActionLinks;
using Serverless.Attachments;
using Serverless.Cases;
using Serverless.Channels;
using Serverless.Intake;
using Serverless.Maintenance;
using Serverless.Notifications;
using Serverless.Operations;
using Serverless.Operations.Diagnostics;
using Serverless.Operations.Review;
using Serverless.Outbox;
using Serverless.Platform.Audit;
using Serverless.Platform.Http;
using Serverless.Platform.Identity;
using Serverless.Platform.Localization;
using Serverless.Platform.Messaging;
using Serverless.Platform.OutboundHttp;
using Serverless.Platform.Storage;
using Serverless.Platform.Telemetry;
using Serverless.Platform.Worker;
using Serverless.Privacy;
using Serverless.Processing;
using Serverless.Reconciliation;
using Serverless.Registrations;
using Serverless.Replies;
using Serverless.Schemas;
using Serverless.ServiceLevels;

namespace Serverless;

/// <summary>Registers all services in the order of the data path, one line per feature.</summary>
public static class Program
{
    public static async Task<int> Main(string[] args)
    {
        try
        {
            using var app = FunctionsApplication.CreateBuilder(args).Compose().Build();
            // After start-up: loading the mailbox certificate would add a third to the start time.
            var lifetime = app.Services.GetRequiredService<IHostApplicationLifetime>();
            lifetime.ApplicationStarted.Register(() => app.Services.GetRequiredService<StartCheck>().Tell());
            await app.RunAsync();
            return 0;
        }
        catch (Exception error) when (error is OptionsValidationException or InvalidOperationException or FormatException)
        {
            // Errors name class and property, which are section and setting: ReceiveOptions.StoreSeconds is Receive__StoreSeconds.
            var sentence = error.Message.Replace("Options.", "__", StringComparison.Ordinal);
            await Console.Error.WriteLineAsync($"The app does not start: {sentence}");
            return 1;
        }
    }

    /// <summary>The app as a worker: ASP.NET Core integration, our middleware, all parts.</summary>
    public static FunctionsApplicationBuilder Compose(this FunctionsApplicationBuilder builder)
    {
        builder.ConfigureFunctionsWebApplication();
        builder.UseMiddleware<FailedInvocations>();
        builder.Configuration.HideUnresolvedReferences();
        builder.Configuration.UseCalendars();
        builder.Services.AddParts(builder.Configuration).AddWorker(builder.Configuration);
        return builder;
    }

    /// <summary>Every part, without the worker around it.</summary>
    public static IServiceCollection AddParts(this IServiceCollection services, IConfiguration configuration)
    {
        services.TryAddSingleton(TimeProvider.System);
        return services
            .AddSingleton<Caller>()
            .AddTelemetry(configuration)
            .AddStorage(configuration)
            .AddBus(configuration)
            .AddAudit()
            .AddOutboundHttp(configuration)
            .AddChannels(configuration)
            .AddServiceLevels(configuration)
            .AddIntake(configuration)
            .AddProcessing()
            .AddReconciliation(configuration)
            .AddCases(configuration)
            .AddOutbox()
            .AddAttachments(configuration)
            .AddReplies()
            .AddRegistrations(configuration)
            .AddLocalization(configuration)
            .AddActionLinks(configuration)
            .AddNotifications(configuration)
            .AddDiagnostics(configuration)
            .AddReview()
            .AddPrivacy(configuration)
            .AddOperations(configuration)
            .AddMaintenance()
            .AddSchemas();
    }
}
