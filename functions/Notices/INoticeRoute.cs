using Serverless.Channels;

namespace Serverless.Notices;

/// <summary>One way to tell somebody: tries once and says how it went.</summary>
public interface INoticeRoute
{
    /// <summary>Its name on the bus and in the log, e.g. <c>webhook</c>.</summary>
    string Name { get; }

    /// <summary>Names of the targets that want events of this type, from the settings in force: letters, digits, <c>-</c> and <c>_</c>, at most 50. One whose settings are incomplete is among them: its notices wait.</summary>
    IReadOnlyList<string> TargetsFor(string eventType);

    /// <summary>What identifies a target's address: when it changes, a target that was switched off is called again. Null when the target is no longer configured.</summary>
    string? AddressOf(string target);

    /// <summary>Tries once. Answers of the target and failures of the network are values; throws only for our own mistakes.</summary>
    /// <param name="notice">What to tell.</param>
    /// <param name="target">One of the targets.</param>
    /// <param name="readContact">Reads the contact, for targets that ask for its fields; gives null when it is erased.</param>
    /// <param name="ct">Cancels.</param>
    Task<Outcome> TryAsync(Notice notice, string target, Func<Task<Contact?>> readContact, CancellationToken ct);
}
