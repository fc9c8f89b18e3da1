using System.ComponentModel.DataAnnotations;
using Microsoft.Extensions.Options;

namespace Serverless.Reconciliation;

/// <summary>Reconciliation with providers; section <c>Reconciliation</c>.</summary>
public sealed class ReconciliationOptions
{
    /// <summary>Contacts older than this (UTC) are not brought in, e.g. <c>2026-11-01T00:00:00Z</c>. Not set: each source begins when it
    /// was first known (P9). A channel's own from-date wins.</summary>
    public DateTimeOffset? From { get; set; }

    /// <summary>Pages of one source requested in one tick; the next tick continues.</summary>
    [Range(1, 1_000)]
    public int PagesPerTick { get; set; } = 20;

    /// <summary>
    /// Minutes after which a contact found by reconciliation counts as recovered late; before, its webhook call may still be under way,
    /// and it is an ordinary contact.
    /// </summary>
    [Range(0, 24 * 60)]
    public int LateMinutes { get; set; } = 10;
}

/// <summary>Checks the bounds of <see cref="ReconciliationOptions"/> at start.</summary>
[OptionsValidator]
public sealed partial class ReconciliationOptionsValidator : IValidateOptions<ReconciliationOptions>;
