namespace Serverless.Maintenance;

/// <summary>Registers the maintenance run.</summary>
public static class MaintenanceServices
{
    public static IServiceCollection AddMaintenance(this IServiceCollection services) => services.AddSingleton<MaintenanceRun>();
}
