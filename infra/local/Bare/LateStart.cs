using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;

namespace Serverless.Local.Bare;

/// <summary>Holds Kestrel's start back, as a busy machine does: the functions are told and loaded while its port is still closed.</summary>
internal sealed class LateStart(int milliseconds) : IStartupFilter
{
    /// <inheritdoc/>
    public Action<IApplicationBuilder> Configure(Action<IApplicationBuilder> next)
    {
        Thread.Sleep(milliseconds);
        return next;
    }
}
