using System.ComponentModel.DataAnnotations;
using Microsoft.Extensions.Options;

namespace Serverless.Reconciliation;

/// <summary>The second look at what providers hold; section <c>Look</c>.</summary>
public sealed class ReconciliationOptions
{
    /// <summary>Contacts older than this (UTC) are not brought in, e.g. <c>2026-11-01T00:00:00Z</c>. Not set: each source begins when it was first known (P9). A channel's own from-date wins.</summary>
    public DateTimeOffset? From { get; set; }

    /// <summary>Pages of one source asked for in one tick; the next tick goes on.</summary>
    [Range(1, 1_000)]
    public int PagesPerTick { get; set; } = 20;

    /// <summary>Minutes after which a contact that the second look found counts as recovered late; before, its call may still be on its way, and it is a contact like any other.</summary>
    [Range(0, 24 * 60)]
    public int LateMinutes { get; set; } = 10;
}

/// <summary>Checks the bounds of <see cref="ReconciliationOptions"/> at start.</summary>
[OptionsValidator]
public sealed partial class ReconciliationOptionsValidator : IValidateOptions<ReconciliationOptions>;
