namespace Serverless.Maintenance;

/// <summary>What runs the steps.</summary>
public static class MaintenanceServices
{
    public static IServiceCollection AddMaintenance(this IServiceCollection services) => services.AddSingleton<MaintenanceRun>();
}
