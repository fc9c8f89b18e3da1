namespace Serverless.Tests.Harness;

/// <summary>Messages of as many people as a test wants, each message with an id of its own that says whose it is.</summary>
public static class Conversations
{
    private static readonly DateTimeOffset Began = new(2026, 11, 20, 10, 0, 0, TimeSpan.Zero);

    /// <summary>Message <paramref name="number"/> of a person as a call of Meta's.</summary>
    public static byte[] Message(int person, int number) => MetaCall.Messages(
        new MetaSaid(MessageId(person, number), $"493023125{person:d4}", $"Nachricht {number}: die Spülmaschine steht noch immer still.",
            Began.AddMinutes(person).AddSeconds(number)));

    /// <summary>The id that the message has as a contact.</summary>
    public static string MessageId(int person, int number) => $"wamid.talk-{person}-{number}";

    /// <summary>The person of a message id.</summary>
    public static int PersonOf(string messageId) => int.Parse(messageId.Split('-')[1]);
}
