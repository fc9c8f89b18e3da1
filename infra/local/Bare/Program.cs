using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.Azure.Functions.Worker.Builder;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Serverless.Local.Bare;

if (Environment.GetEnvironmentVariable("BARE_EXIT_AT_START") is { } code) return int.Parse(code);
var builder = FunctionsApplication.CreateBuilder(args);
builder.ConfigureFunctionsWebApplication();
builder.Logging.AddFilter("Microsoft", LogLevel.Warning);
builder.Services.Configure<KestrelServerOptions>(kestrel => kestrel.Limits.MaxRequestBodySize = null);
builder.Services.AddSingleton<FloorStorage>().AddSingleton(TimeProvider.System);
if (Environment.GetEnvironmentVariable("BARE_LISTENS_LATE") is { } wait)
    builder.Services.AddSingleton<IStartupFilter>(new LateStart(int.Parse(wait)));
builder.Build().Run();
return 0;
