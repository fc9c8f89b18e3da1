using Serverless.Cases.Rules;
using Serverless.Contacts;
using Serverless.Outbox;

namespace Serverless.Cases;

/// <summary>Result of adding a contact event.</summary>
/// <param name="End">The end word: case, joined, updated, outbound, duplicate</param>
/// <param name="CaseId">The case it belongs to.</param>
/// <param name="Committed">Events committed by this call and to be published; null when they were committed before: then pending ones
/// must be read.</param>
/// <param name="Relisted">The head, if this call opened the case, opened it again, set its clock or answered an overdue one: it is to be
/// listed anew.</param>
public sealed record Correlation(string End, string CaseId, IReadOnlyList<OutboxEntry>? Committed, Case? Relisted)
{
    /// <summary>The event as it was filed, where that is under another id than it came with; null otherwise.</summary>
    public ContactEvent? FiledAs { get; init; }
}

/// <summary>Too many concurrent writers: to be retried later. Nothing was written.</summary>
public sealed class ContentionException() : Exception("Too many writers changed this case at once.");
