using Microsoft.Extensions.DependencyInjection;
using Serverless.Channels;
using Serverless.Tests.Harness;

namespace Serverless.Benchmarks;

/// <summary>A channel and one of its seeds, ready to be verified and read.</summary>
public sealed class Bench
{
    private Bench(IChannel channel, Delivery delivery) => (Channel, Delivery) = (channel, delivery);

    public IChannel Channel { get; }

    public Delivery Delivery { get; }

    /// <summary>The bench of a seed.</summary>
    /// <param name="name">E.g. <c>meta/09-whatsapp-document</c>.</param>
    public static Bench Of(string name)
    {
        var folder = name.Split('/')[0];
        var settings = Seed.SettingsOf(folder);
        // Asked for by the composition, called by nobody.
        settings["AzureWebJobsStorage"] = "UseDevelopmentStorage=true";
        settings["ServiceBusConnection__fullyQualifiedNamespace"] = "nobody.servicebus.windows.net";
        var configuration = Seed.Configuration(settings);
        var services = new ServiceCollection().AddSingleton(configuration).AddParts(configuration).BuildServiceProvider();
        var channel = services.GetServices<IChannel>().Single(c => c.Name == folder);
        return new Bench(channel, Seed.Of(folder).Single(s => s.Name == name).ToDelivery(channel));
    }

    /// <summary>Reads every element, as Normalise does.</summary>
    public int Read()
    {
        var length = 0;
        foreach (var element in Channel.Read(Delivery)) length += element.Read() is Parsed.Found found ? found.Event.EventId.Length : 1;
        return length;
    }
}
