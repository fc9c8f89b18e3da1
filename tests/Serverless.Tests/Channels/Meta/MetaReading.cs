using System.Text;
using System.Text.Json;
using Microsoft.Extensions.DependencyInjection;
using Serverless.Channels;
using Serverless.Channels.Meta;
using Serverless.Contacts;
using Serverless.Platform.OutboundHttp;
using Serverless.Tests.Harness;
using Xunit;

namespace Serverless.Tests.Channels.Meta;

/// <summary>Small deliveries of Meta and what comes of reading them, for the tests of its rules.</summary>
internal static class MetaReading
{
    /// <summary>When every delivery here arrives.</summary>
    internal static readonly DateTimeOffset ArrivedAt = DateTimeOffset.Parse("2026-11-20T09:00:00Z");

    /// <summary>A minute before, in Unix seconds.</summary>
    internal static readonly string Then = ArrivedAt.AddMinutes(-1).ToUnixTimeSeconds().ToString();

    private static readonly string Sides =
        """{"sender":{"id":"6000000000000000001"},"recipient":{"id":"1001"},"timestamp":THEN000}""".Replace("THEN", Then);

    /// <summary>The channel over the double of Meta's API, with more settings or others than its seeds have.</summary>
    internal static IChannel Channel(MetaApi api, TimeProvider time, params (string Name, string? Value)[] more)
    {
        var settings = Seed.SettingsOf("meta");
        (string, string?)[] own = [("Channels__Meta__ApiUrl", api.Address), ("Channels__Meta__InstagramApiUrl", $"{api.Address}/instagram"),
            ("Channels__Meta__AccessToken", MetaApi.Token), .. more];
        foreach (var (name, value) in own) settings[name] = value;
        var services = new ServiceCollection().AddSingleton(time).AddSingleton(_ => new GuardedHttp(loopbackToo: true))
            .AddSingleton<ProviderHttp>();
        MetaChannel.Add(services, Seed.Configuration(settings));
        return services.BuildServiceProvider().GetRequiredService<IChannel>();
    }

    internal static string Feed(string field, string value) =>
        $$$$"""{"object":"page","entry":[{"id":"1001","time":{{{{Then}}}},"changes":[{"field":"{{{{field}}}}","value":{{{{value}}}}}]}]}""";

    internal static string Mention(string value) =>
        $$$$"""{"object":"instagram","entry":[{"id":"1001","time":{{{{Then}}}},"changes":[{"field":"mentions","value":{{{{value}}}}}]}]}""";

    internal static string Messaging(string about, string what) =>
        $$$$"""{"object":"{{{{about}}}}","entry":[{"id":"1001","time":{{{{Then}}}}000,"messaging":[{{{{Merge(Sides, what)}}}}]}]}""";

    internal static string WhatsApp(string cards, string messages) => WhatsAppList("messages", messages, cards);

    internal static string WhatsAppList(string list, string items, string cards = "[]") =>
        $$$$"""{"object":"whatsapp_business_account","entry":[{"id":"2002","changes":[{"field":"messages","value":{"messaging_product":"whatsapp","metadata":{"display_phone_number":"493023125100","phone_number_id":"1001"},"contacts":{{{{cards}}}},"{{{{list}}}}":[{{{{items}}}}]}}]}]}""";

    /// <summary>Two objects written as one.</summary>
    internal static string Merge(string one, string other) => one is "{}" ? other : other is "{}" ? one : $"{one[..^1]},{other[1..]}";

    internal static string Parties(Contact contact) => string.Join(", ", contact.Parties.Select(p => $"{p.Scheme} {p.Value} {p.Name}"));

    internal static string Line(ContactEvent e) => $"{e.Contact.ExternalId} {e.EventId} {e.Change} {e.Contact.Text}";

    internal static string Word(ContactKind kind) => JsonNamingPolicy.KebabCaseLower.ConvertName(kind.ToString());

    internal static Contact Contact(string body) => Assert.Single(ContactsOf(body));

    internal static List<Contact> ContactsOf(string body) => [.. Events(body).Select(e => e.Contact)];

    internal static List<ContactEvent> Events(string body) =>
        [.. Read(body).Select(o => o.Reading).OfType<Parsed.Found>().Select(f => f.Event)];

    internal static List<string> Ends(string body) => [.. Read(body).Select(o => o.Reading switch
    {
        Parsed.Found found => Word(found.Event.Contact.Kind),
        Parsed.Ignored ignored => $"ignored:{ignored.Reason}",
        Parsed.StatusUpdate status => $"status:{status.Message.State}",
        _ => "thrown",
    })];

    /// <summary>Reads as Normalise does: in order, and what throws costs only itself.</summary>
    internal static List<(string Position, Parsed? Reading)> Read(string body)
    {
        var services = new ServiceCollection();
        services.AddSingleton<TimeProvider>(new FakeTime(ArrivedAt)).AddSingleton(_ => new GuardedHttp(loopbackToo: false))
            .AddSingleton<ProviderHttp>();
        MetaChannel.Add(services, Seed.Configuration([]));
        using var provider = services.BuildServiceProvider();
        var channel = provider.GetRequiredService<IChannel>();
        var outcomes = new List<(string, Parsed?)>();
        var delivery = new Delivery
        {
            Id = new string('0', 32),
            Channel = "meta",
            Method = "POST",
            PathAndQuery = "/api/hooks/meta",
            Headers = new Dictionary<string, string>(StringComparer.Ordinal),
            Body = Encoding.UTF8.GetBytes(body),
            ReceivedAt = ArrivedAt,
        };
        try
        {
            foreach (var element in channel.Read(delivery))
            {
                try
                {
                    outcomes.Add((element.Position, element.Read()));
                }
                catch (InvalidOperationException)
                {
                    outcomes.Add((element.Position, null));
                }
            }
        }
        catch (JsonException)
        {
            outcomes.Add(("", null));
        }

        return outcomes;
    }
}
