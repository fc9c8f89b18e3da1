using Serverless.Local.Hosting;
using Serverless.Local.Machine;
using Serverless.Receipts;
using Serverless.Tests.Harness;
using Xunit;
using Xunit.Abstractions;

namespace Serverless.Tests.Hosting;

/// <summary>The contract, kept by the app as it is published.</summary>
public sealed class AppHandlerContractTests(AzuriteFixture azurite, ITestOutputHelper output) : HandlerContract, IClassFixture<AzuriteFixture>
{
    protected override async Task<HandlerUnderTest> StartAsync()
    {
        var root = await PublishedApp.EnsureAsync(new Repository(Seed.RepositoryRoot), "functions", "app", output.WriteLine, CancellationToken.None);
        var settings = World.DefaultSettings().ToDictionary(s => s.Key, s => s.Value!, StringComparer.Ordinal);
        settings["AzureWebJobsStorage"] = azurite.OwnAccount();
        var folder = new Folder();
        var host = await FunctionHost.StartAsync(
            new FunctionHostOptions { AppRoot = root, MessagingFile = World.MessagingFile, Settings = settings, DataFolder = folder.Path, HandlerLog = line => output.WriteLine(line.Text) }, CancellationToken.None);
        return new HandlerUnderTest(host, Message, folder);
    }

    private static string Message(FunctionDefinition function) => function.Name switch
    {
        "Normalise" or "KeepPoison" => System.Text.Encoding.UTF8.GetString(new Pointer("meta", DeliveryKey.NewId(new FakeTime().GetUtcNow()), 0, new FakeTime().GetUtcNow()).ToJson()),
        "NotifyWebhook" or "NotifyTeams" or "NotifyMail" or "AcknowledgeCustomer" => """
            {"specversion":"1.0","id":"e-1","source":"/cases","type":"serverless.case.opened.v1","subject":"c-1","time":"2026-11-20T09:00:00Z","data":{"caseId":"c-1","number":"2345-6789"}}
            """,
        "FetchAttachments" or "GiveUpAttachments" or "SendReplies" or "GiveUpReply" or "TakeEvents" or "RetakeEvents" => "{}",
        "Tick" or "Daily" => "",
        _ => throw new ArgumentException($"Give {function.Name} a message here.", nameof(function)),
    };

    private sealed class Folder : IAsyncDisposable
    {
        public string Path { get; } = Directory.CreateTempSubdirectory("serverless-contract-").FullName;

        public ValueTask DisposeAsync()
        {
            Directory.Delete(Path, recursive: true);
            return ValueTask.CompletedTask;
        }
    }
}
