using System.ComponentModel;
using System.Text.Json.Nodes;
using Azure.Messaging.ServiceBus;
using Serverless.Local.CommandLine;
using Serverless.Local.Demo;
using Spectre.Console.Cli;

namespace Serverless.Local.ServiceBus;

/// <summary>Options of <c>subscribe</c>.</summary>
internal sealed class SubscribeSettings : CommandSettings
{
    [CommandOption("--connection <STRING>")]
    [Description("Connection string of the bus; without it the environment variable ServiceBusConnection")]
    public string? Connection { get; init; }

    [CommandOption("--topic <NAME>")]
    [DefaultValue("case-events")]
    public string Topic { get; init; } = "case-events";

    [CommandOption("--subscription <NAME>")]
    [DefaultValue("demo")]
    public string Subscription { get; init; } = "demo";

    [CommandOption("--keep <DIR>")]
    [Description("Keep each event as a file in DIR/events")]
    public string? Keep { get; init; }
}

/// <summary>
/// A subscriber as another system would write one: receives the events of a subscription with Azure.Messaging.ServiceBus in a process of
/// its own, prints one line each, and ends when its standard input closes.
/// </summary>
internal static class SubscribeCommand
{
    public static async Task<int> RunAsync(SubscribeSettings settings, CancellationToken ct)
    {
        var connection = settings.Connection ?? Environment.GetEnvironmentVariable("ServiceBusConnection") ?? "";
        if (connection.Length == 0)
            throw new Refusal("Name the bus: --connection STRING, or the environment variable ServiceBusConnection.", Refusal.BadArguments);
        var kept = settings.Keep is null ? null : new DemoFolder(settings.Keep, TimeProvider.System);
        await using var client = new ServiceBusClient(connection);
        var options = new ServiceBusProcessorOptions { MaxConcurrentCalls = 4 };
        await using var processor = client.CreateProcessor(settings.Topic, settings.Subscription, options);
        processor.ProcessMessageAsync += received =>
        {
            Take(received.Message, kept);
            return Task.CompletedTask;
        };
        processor.ProcessErrorAsync += failed => Console.Error.WriteLineAsync($"{failed.ErrorSource}: {failed.Exception.Message}");
        await processor.StartProcessingAsync(ct);
        await UntilInputClosesAsync(ct);
        await processor.StopProcessingAsync(CancellationToken.None);
        return 0;
    }

    private static void Take(ServiceBusReceivedMessage message, DemoFolder? kept)
    {
        var properties = new JsonObject(message.ApplicationProperties.Select(p => KeyValuePair.Create(p.Key, (JsonNode?)$"{p.Value}")));
        var line = new JsonObject { ["id"] = message.MessageId, ["subject"] = message.Subject, ["properties"] = properties };
        Console.Out.WriteLine(line.ToJsonString());
        var read = (JsonObject)line.DeepClone();
        read["text"] = $"{message.Subject}\n{message.MessageId}";
        read["body"] = JsonNode.Parse(message.Body);
        kept?.Keep(DemoFolder.Events, message.Subject ?? "event", read);
    }

    private static async Task UntilInputClosesAsync(CancellationToken ct)
    {
        try
        {
            while (await Console.In.ReadLineAsync(ct) is not null)
            {
                // What is typed means nothing; the end of it ends the subscriber.
            }
        }
        catch (OperationCanceledException)
        {
            // Ctrl-C.
        }
    }
}
