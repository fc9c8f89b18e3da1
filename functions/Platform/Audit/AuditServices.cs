namespace Serverless.Platform.Audit;

/// <summary>Registers the audit log.</summary>
public static class AuditServices
{
    public static IServiceCollection AddAudit(this IServiceCollection services) => services.AddSingleton<AuditLog>();
}
