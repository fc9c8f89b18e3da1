using Serverless.Channels;
using Serverless.Contacts;

namespace Serverless.Processing;

/// <summary>Marks contacts that were recovered from their provider long after they happened (P9).</summary>
/// <param name="lateMinutes">A gap of at least this many minutes is marked; read at every use.</param>
public sealed class LateRecovery(Func<int> lateMinutes)
{
    /// <summary>The event as it is added to its case: with <see cref="Contact.Recovery"/> if it was recovered late.</summary>
    public ContactEvent Mark(ContactEvent e, Delivery delivery)
    {
        if (delivery.Arrival != Arrival.LookedAgain) return e;
        var gap = delivery.ReceivedAt - e.Contact.OccurredAt;
        var recovery = gap >= TimeSpan.FromMinutes(lateMinutes()) ? new Recovery((long)gap.TotalSeconds) : null;
        return e with { Contact = e.Contact with { Recovery = recovery } };
    }
}
