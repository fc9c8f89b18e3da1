using System.Text;
using System.Web;
using Microsoft.Extensions.DependencyInjection;
using Serverless.Channels;
using Serverless.Channels.Twilio;
using Serverless.Contacts;
using Serverless.Platform.OutboundHttp;
using Serverless.Tests.Harness;

namespace Serverless.Tests.Channels.Twilio;

/// <summary>Calls of Twilio under the settings of the seeds, unsigned: for what is read and answered once a call is proven
/// genuine.</summary>
internal sealed class TwilioSetup(params (string Name, string? Value)[] settings)
{
    public static readonly DateTimeOffset Now = new(2026, 11, 20, 9, 0, 0, TimeSpan.Zero);

    public IChannel Channel { get; } = Make(settings);

    public static Delivery Delivery(string door, params (string Name, string Value)[] parameters) => new()
    {
        Id = new string('0', 32),
        Channel = "twilio",
        Method = "POST",
        PathAndQuery = $"/api/hooks/twilio/{door}",
        Headers = new Dictionary<string, string>(StringComparer.Ordinal) { ["content-type"] = "application/x-www-form-urlencoded" },
        Body = Encoding.UTF8.GetBytes(string.Join('&',
            parameters.Select(p => $"{HttpUtility.UrlEncode(p.Name)}={HttpUtility.UrlEncode(p.Value)}"))),
        ReceivedAt = Now,
    };

    /// <summary>A callback of one incoming call to the London number.</summary>
    public static Delivery Call(string door, string status, params (string Name, string Value)[] more) => Delivery(
        door,
        [.. more, ("AccountSid", "AC1"), ("CallSid", "CA1"), ("CallStatus", status), ("Direction", "inbound"), ("From", "+442079460987"),
            ("To", "+442079460100")]);

    /// <summary>A message to the Berlin number.</summary>
    public static Delivery Message(string from, params (string Name, string Value)[] more) =>
        Delivery("messages",
            [.. more, ("AccountSid", "AC1"), ("MessageSid", "SM1"), ("From", from), ("To", "+493023125200"), ("NumMedia", "0")]);

    public Parsed Read(Delivery delivery) => Channel.Read(delivery).Single().Read();

    public ContactEvent Event(Delivery delivery) => ((Parsed.Found)Read(delivery)).Event;

    public string Answer(Delivery delivery, Acceptance acceptance = Acceptance.Stored) =>
        Encoding.UTF8.GetString(Channel.Respond(delivery, acceptance).Body.Span);

    private static IChannel Make((string Name, string? Value)[] settings)
    {
        var all = Seed.SettingsOf("twilio");
        foreach (var (name, value) in settings) all[name] = value;
        var configuration = Seed.Configuration(all);
        var services = new ServiceCollection();
        services.AddSingleton<TimeProvider>(new FakeTime(Now)).AddSingleton(_ => new GuardedHttp(loopbackToo: true))
            .AddSingleton<ProviderHttp>();
        services.AddOptions<HooksOptions>().Configure(h => h.PublicBaseUrl = all["Hooks__PublicBaseUrl"]);
        TwilioChannel.Add(services, configuration);
        return services.BuildServiceProvider().GetRequiredService<IChannel>();
    }
}
