using System.ComponentModel.DataAnnotations;
using Microsoft.Extensions.Options;

namespace Serverless.Intake;

/// <summary>Limits of webhook intake; section <c>Receive</c>.</summary>
public sealed class ReceiveOptions
{
    /// <summary>
    /// Largest body in bytes; a larger one is answered 413. A channel whose provider sends less takes less
    /// (<see cref="Channels.IChannel.MaxBodyBytes"/>).
    /// </summary>
    [Range(64 * 1024, 64 * 1024 * 1024)]
    public int MaxBodyBytes { get; set; } = 8 * 1024 * 1024;

    /// <summary>
    /// Seconds that storing a delivery may take before the caller gets 503. Messenger waits 5 s, Twilio 15 s.
    /// </summary>
    [Range(1, 60)]
    public int StoreSeconds { get; set; } = 4;

    /// <summary>
    /// Seconds in which a whole body must arrive; then the caller gets 408, or call-control instructions on a phone channel.
    /// </summary>
    [Range(1, 120)]
    public int BodySeconds { get; set; } = 20;

    /// <summary>
    /// Bodies of one channel received concurrently by one instance; beyond it the slowest is cancelled, or the call gets 503.
    /// </summary>
    [Range(1, 100_000)]
    public int ConcurrentReadersPerChannel { get; set; } = 1_024;

    /// <summary>
    /// Mebibytes that bodies of all channels may hold in one instance while received or processed; beyond it the slowest is cancelled,
    /// or the next one is answered 503.
    /// </summary>
    [Range(8, 4_096)]
    public int HeldMegabytes { get; set; } = 64;

    /// <summary>Calls of one channel worked at once by one instance, their bodies being whole; the next one is answered 503.</summary>
    [Range(1, 10_000)]
    public int ConcurrentCallsPerChannel { get; set; } = 256;

    /// <summary>
    /// Unverified calls stored per channel and hour by one instance (approximate: each instance counts for itself); further ones get 429.
    /// </summary>
    [Range(0, 100_000)]
    public int QuarantinePerHour { get; set; } = 1_000;

    /// <summary>
    /// Calls stored per channel and hour by one instance although their key is not known yet (counted apart from invalid ones); further
    /// ones are verified at once.
    /// </summary>
    [Range(100, 1_000_000)]
    public int UndecidedPerHour { get; set; } = 10_000;

    /// <summary>Mebibytes per channel and hour that calls without a proof may take, forged and undecided ones each; 1 MiB is 1,048,576
    /// bytes.</summary>
    [Range(1, 10_000)]
    public int QuarantineMegabytesPerHour { get; set; } = 256;

    /// <summary>Hours for which a source is in quarantine again after its secret changed.</summary>
    [Range(0, 24 * 30)]
    public int SecretChangeHours { get; set; } = 72;

    /// <summary>Minutes after which a delivery without an end is queued again; doubles each time.</summary>
    [Range(0.01, 24 * 60)]
    public double RequeueMinutes { get; set; } = 15;

    /// <summary>
    /// Seconds after which processing of one delivery saves its progress and puts its message back; the next run continues from there. An
    /// element that was begun is brought to its end. Well below the host's functionTimeout, five minutes.
    /// </summary>
    [Range(0.001, 180)]
    public double WorkSeconds { get; set; } = 60;

    /// <summary>Conversations of one delivery that are worked side by side; what belongs to one conversation keeps its order.</summary>
    [Range(1, 32)]
    public int WorkSideBySide { get; set; } = 4;

    /// <summary>How often a delivery without an outcome is queued again before it is stored as failed.</summary>
    [Range(1, 20)]
    public int RequeueTries { get; set; } = 8;
}

[OptionsValidator]
public sealed partial class ReceiveOptionsValidator : IValidateOptions<ReceiveOptions>;
