using Serverless.Contacts;

namespace Serverless.Cases.Rules;

/// <summary>Computes the due time of an answer.</summary>
public static class ServiceLevels
{
    /// <summary>The provider's time of the contact plus the level of its network. A contact from the future or long ago counts from its arrival: what comes late restarts no clock of the past. One that we recovered ourselves counts from its own time (P9): its customer has waited since.</summary>
    public static DateTimeOffset DueAt(Contact contact, ServiceLevelsOptions options)
    {
        var minutes = options.Networks.TryGetValue(contact.Network, out var own) ? own : options.DefaultMinutes;
        var from = contact.OccurredAt > contact.ReceivedAt || (contact.Recovery is null && contact.ReceivedAt - contact.OccurredAt > TimeSpan.FromDays(1)) ? contact.ReceivedAt : contact.OccurredAt;
        return from.AddMinutes(minutes);
    }
}
