using System.Globalization;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.Extensions.Logging.Console;
using Microsoft.Extensions.Options;
using Serverless;
using Serverless.Cloud;
using Serverless.Operations;

try
{
    var builder = WebApplication.CreateSlimBuilder(args);
    // One line a message, as the host reads them.
    builder.Logging.ClearProviders().AddSimpleConsole(console => (console.SingleLine, console.ColorBehavior) = (true, LoggerColorBehavior.Disabled));
    var port = builder.Configuration["FUNCTIONS_CUSTOMHANDLER_PORT"] ?? builder.Configuration["FUNCTIONS_HTTPWORKER_PORT"] ?? "7072";
    builder.WebHost.UseUrls($"http://127.0.0.1:{int.Parse(port, CultureInfo.InvariantCulture)}");
    // Bodies are bounded by Receive, which answers a larger one with a sentence.
    builder.Services.Configure<KestrelServerOptions>(kestrel => kestrel.Limits.MaxRequestBodySize = null);
    builder.Configuration.HideUnresolvedReferences();
    builder.Services.AddParts(builder.Configuration);
    var app = builder.Build();
    StartCheck.Validate(app.Services);
    app.MapFunctions();
    // Once calls are answered: to read a mailbox's certificate takes a third as long as all else.
    app.Lifetime.ApplicationStarted.Register(() => StartCheck.Tell(app.Services));
    app.Run();
    return 0;
}
catch (Exception error) when (error is OptionsValidationException or InvalidOperationException or FormatException)
{
    // Bounds are told by class and property, which are section and setting: ReceiveOptions.StoreSeconds is Receive__StoreSeconds.
    await Console.Error.WriteLineAsync($"The app does not start: {error.Message.Replace("Options.", "__", StringComparison.Ordinal)}");
    return 1;
}
