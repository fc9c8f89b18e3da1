using Serverless.Channels;
using Serverless.Contacts;
using Serverless.Tests.Harness;
using Xunit;

namespace Serverless.Tests.Channels;

/// <content>Nobody guarantees an order: not the provider, and not the queue between us and our own work.</content>
public abstract partial class ChannelConformance
{
    private const int Orders = 60;

    [Fact]
    public virtual void Any_order_and_repetition_of_a_contacts_events_gives_the_same_contact_need_and_clock()
    {
        foreach (var events in ContactsOfSeeds())
        {
            var expected = Folded.Of(events).Outcome;
            var random = new Random(20261120);
            for (var i = 0; i < Orders; i++)
            {
                var order = events.Concat(events.Where(_ => random.Next(3) == 0)).ToArray();
                random.Shuffle(order);
                Assert.True(expected == Folded.Of(order).Outcome,
                    $"{string.Join(", ", order.Select(e => e.EventId))}\n{expected}\n{Folded.Of(order).Outcome}");
            }
        }
    }

    /// <summary>The events of all seeds by contact.</summary>
    private IEnumerable<IReadOnlyList<ContactEvent>> ContactsOfSeeds() => Genuine
        .SelectMany(seed => Read(Channel(), seed, seed.ToDelivery(Channel()))).Select(o => o.Reading).OfType<Parsed.Found>()
        .Select(f => f.Event)
        .GroupBy(e => (e.Contact.Account, e.Contact.ExternalId))
        .Select(IReadOnlyList<ContactEvent> (g) => [.. g.DistinctBy(e => e.EventId, StringComparer.Ordinal)]);
}
