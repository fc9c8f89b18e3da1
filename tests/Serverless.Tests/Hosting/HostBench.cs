using System.Text;

namespace Serverless.Tests.Hosting;

/// <summary>A folder and a client for the tests of the broker; goes with it.</summary>
public sealed class HostBench : IAsyncDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("serverless-host-").FullName;

    public static HttpClient Http { get; } = new(new SocketsHttpHandler { AllowAutoRedirect = false });

    public string Data => Path.Combine(_folder, "data");

    public string MessagingFile => Path.Combine(_folder, "messaging.json");

    public static HostBench Create() => new();

    public void Messaging(string subscription = "", string topic = "") => File.WriteAllText(MessagingFile, $$"""
        { "topics": { "events": { {{topic}} "subscriptions": { "hooks": { {{subscription}} } } } } }
        """);

    public static HttpRequestMessage Message(Uri bus, string topic, string body, string broker = "{}", params (string Name, string Value)[] properties)
    {
        var request = new HttpRequestMessage(HttpMethod.Post, new Uri(bus, topic + "/messages")) { Content = new StringContent(body, Encoding.UTF8, "application/json") };
        request.Headers.TryAddWithoutValidation("BrokerProperties", broker);
        foreach (var (name, value) in properties) request.Headers.TryAddWithoutValidation(name, value);
        return request;
    }

    public ValueTask DisposeAsync()
    {
        Directory.Delete(_folder, recursive: true);
        return ValueTask.CompletedTask;
    }
}
