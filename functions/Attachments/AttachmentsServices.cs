using Microsoft.Extensions.Options;

namespace Serverless.Attachments;

/// <summary>What fetches files and hands them out.</summary>
public static class AttachmentsServices
{
    public static IServiceCollection AddAttachments(this IServiceCollection services, IConfiguration configuration)
    {
        services.AddOptions<AttachmentsOptions>().Bind(configuration.GetSection("Attachments")).ValidateOnStart();
        services.AddSingleton<IValidateOptions<AttachmentsOptions>, AttachmentsOptionsValidator>();
        return services.AddSingleton<AttachmentQueue>().AddSingleton<AttachmentFetcher>().AddSingleton<AttachmentReader>();
    }
}
