using System.Net;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Serverless.ActionLinks;
using Serverless.Intake;
using Serverless.Notifications;
using Serverless.Tests.Harness;
using Xunit;

namespace Serverless.Tests.Platform.Worker;

/// <summary>A 2xx means done: whatever leaves a function is an answer of ours, and what the exception said goes nowhere (P14).</summary>
public sealed class When_a_function_fails(AzuriteFixture azurite) : IClassFixture<AzuriteFixture>
{
    private const string Private = "Frau Beispiel, +49 30 123456";

    private static Action<IServiceCollection> Broken<T>()
        where T : class => services => services.AddSingleton<T>(_ => throw new InvalidOperationException(Private));

    [Fact]
    public async Task A_caller_hears_500_and_a_sentence_and_the_log_the_kind_of_exception()
    {
        await using var world = await TestApp.StartAsync(azurite, Broken<ActionLinkHandler>());
        using var answer = await world.RawAsync(HttpMethod.Get, "/api/links/any");
        Assert.Equal(HttpStatusCode.InternalServerError, answer.StatusCode);
        Assert.StartsWith("Something went wrong here", await answer.TextAsync(), StringComparison.Ordinal);
        Assert.Contains(world.Log.Lines, l => l.StartsWith("FollowLink failed: InvalidOperationException", StringComparison.Ordinal));
        Assert.DoesNotContain(world.Log.Lines, l => l.Contains("Beispiel", StringComparison.Ordinal));
    }

    [Fact]
    public async Task While_storage_is_down_it_is_503_and_comes_again()
    {
        await using var world = await TestApp.StartAsync(azurite);
        world.Gate.Shut();
        using var answer = await world.RawAsync(HttpMethod.Get, "/api/cases");
        Assert.Equal(HttpStatusCode.ServiceUnavailable, answer.StatusCode);
        Assert.Equal(TimeSpan.FromSeconds(30), answer.Headers.RetryAfter?.Delta);
        Assert.NotEqual("", await answer.TextAsync());
    }

    [Fact]
    public async Task A_message_comes_again_and_the_host_hears_the_kind_of_exception_only()
    {
        await using var world = await TestApp.StartAsync(azurite, Broken<QueuedEvents>());
        var result = await world.Connection.InvokeQueueAsync(world.Connection.Function("TakeEvents"), "{}", CancellationToken.None);
        Assert.False(result.Succeeded);
        Assert.Contains("InvalidOperationException", result.Error, StringComparison.Ordinal);
        Assert.DoesNotContain("Beispiel", result.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task What_the_worker_tells_the_host_holds_no_address_and_nothing_of_a_body()
    {
        System.Collections.Concurrent.ConcurrentQueue<string> told = [];
        var settings = TestApp.DefaultSettings();
        settings["AzureWebJobsStorage"] = azurite.OwnAccount();
        settings["ServiceBusConnection"] =
            "Endpoint=sb://127.0.0.1:9;SharedAccessKeyName=local;SharedAccessKey=local;UseDevelopmentEmulator=true";
        await using var worker = await WorkerInProcess.StartAsync(settings, null, null, line => told.Enqueue(line.Text));
        using var http = new HttpClient { BaseAddress = worker.Address };
        const string Handshake = "api/hooks/meta?hub.mode=subscribe&hub.verify_token=wrong-token&hub.challenge=1";
        using var call = await http.GetAsync(new Uri(Handshake, UriKind.Relative));
        using var body = new StringContent("""{"text":"Frau Beispiel"}""");
        using var text = await http.PostAsync(new Uri("api/hooks/generic?from=somebody", UriKind.Relative), body);
        Assert.NotEmpty(told);
        string[] strange = ["wrong-token", "somebody", "Beispiel"];
        Assert.DoesNotContain(told, line => strange.Any(word => line.Contains(word, StringComparison.Ordinal)));
    }

    /// <summary>MVC comes with the worker and would write a key file into the home folder at every start.</summary>
    [Fact]
    public async Task Nothing_writes_keys_at_the_start()
    {
        await using var world = await TestApp.StartAsync(azurite);
        Assert.DoesNotContain(
            world.Services.GetServices<IHostedService>(), s => s.GetType().Name.Contains("DataProtection", StringComparison.Ordinal));
    }

    [Fact]
    public async Task A_setting_out_of_bounds_ends_the_start() => Assert.Equal(1, await Program.Main(
    [
        "--Receive:StoreSeconds=0", "--Functions:Worker:HostEndpoint=http://127.0.0.1:9", "--Functions:Worker:WorkerId=x",
        "--AzureWebJobsStorage=UseDevelopmentStorage=true", "--ServiceBusConnection:fullyQualifiedNamespace=nobody.servicebus.windows.net",
    ]));

    /// <summary>Every function class can be made of what the start registers.</summary>
    [Fact]
    public async Task Each_class_of_functions_gets_its_parts()
    {
        await using var world = await TestApp.StartAsync(azurite);
        var classes = typeof(NotificationFunctions).Assembly.GetTypes()
            .Where(t => t.Name.EndsWith("Functions", StringComparison.Ordinal) && t.IsPublic).ToList();
        Assert.Equal(
            AppFunctions.All.Select(f => f.EntryPoint[..f.EntryPoint.LastIndexOf('.')]).Distinct().Order(StringComparer.Ordinal),
            classes.Select(c => c.FullName!).Order(StringComparer.Ordinal));
        Assert.All(classes, c => Assert.NotNull(ActivatorUtilities.CreateInstance(world.Services, c)));
    }
}
