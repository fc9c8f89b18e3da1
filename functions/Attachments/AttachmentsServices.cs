using Microsoft.Extensions.Options;

namespace Serverless.Attachments;

/// <summary>Registers fetching and download of attachments.</summary>
public static class AttachmentsServices
{
    public static IServiceCollection AddAttachments(this IServiceCollection services, IConfiguration configuration)
    {
        services.AddOptions<AttachmentsOptions>().Bind(configuration.GetSection("Attachments")).ValidateOnStart();
        services.AddSingleton<IValidateOptions<AttachmentsOptions>, AttachmentsOptionsValidator>();
        return services.AddSingleton<AttachmentRequests>().AddSingleton<AttachmentFetcher>().AddSingleton<AttachmentReader>();
    }
}
