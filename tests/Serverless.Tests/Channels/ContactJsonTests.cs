using System.Text.Json;
using Serverless.Contacts;
using Xunit;

namespace Serverless.Tests.Channels;

/// <summary>The wire form of contacts keeps what it does not know, and what is left out has its default.</summary>
public sealed class ContactJsonTests
{
    private const string Small = """
        {"eventId":"e1","change":"received","contact":{"version":2,"channel":"meta","network":"whatsapp","account":"1","externalId":"x",
        "kind":"voicemail","occurredAt":"2026-11-20T09:15:00Z","receivedAt":"2026-11-20T09:15:01Z","mood":{"of":"a later version"}}}
        """;

    [Fact]
    public void Fields_of_a_later_version_survive_a_round_trip()
    {
        var read = JsonSerializer.Deserialize(Small, ContactJson.Default.ContactEvent)!;
        var written = JsonSerializer.SerializeToElement(read, ContactJson.Default.ContactEvent).GetProperty("contact");
        Assert.Equal("a later version", written.GetProperty("mood").GetProperty("of").GetString());
        Assert.Equal(2, written.GetProperty("version").GetInt32());
        Assert.Equal("voicemail", written.GetProperty("kind").GetString());
    }

    [Fact]
    public void What_is_left_out_has_its_default()
    {
        var contact = JsonSerializer.Deserialize(Small.Replace("\"version\":2,", "", StringComparison.Ordinal),
            ContactJson.Default.ContactEvent)!.Contact;
        Assert.Empty(contact.Parties);
        Assert.Empty(contact.Attachments);
        Assert.Equal(1, contact.Version);
        Assert.Equal(Direction.Inbound, contact.Direction);
    }
}
