namespace Serverless.Local.FunctionsHost;

/// <summary>The framework's own lifetime would take SIGTERM and Ctrl-C for itself and stop a server before its owner does.</summary>
internal sealed class NoLifetime : IHostLifetime
{
    public Task WaitForStartAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;
}
