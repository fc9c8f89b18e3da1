using System.Runtime.InteropServices;

namespace Serverless.Notifications;

/// <summary>
/// Keeps a target that answers slowly, or never, from taking all the places at which the host hands us messages: that would cost the other
/// targets their time (P13).
/// Counted in this instance only.
/// </summary>
public sealed class TargetConcurrency(TimeProvider time)
{
    /// <summary>Tries at once to a target whose last try was slow.</summary>
    public const int Places = 2;

    private static readonly TimeSpan Slow = TimeSpan.FromSeconds(5);
    private readonly Dictionary<string, State> _targets = new(StringComparer.Ordinal);
    private readonly Lock _gate = new();

    /// <summary>A place to be disposed of after the try; null when the target is slow and its places are taken.</summary>
    /// <param name="target">Route and target.</param>
    public Place? Enter(string target)
    {
        lock (_gate)
        {
            ref var state = ref CollectionsMarshal.GetValueRefOrAddDefault(_targets, target, out _);
            if (state.IsSlow && state.Running >= Places) return null;
            state.Running++;
            return new Place(this, target, time.GetTimestamp());
        }
    }

    private void Leave(string target, long began, bool isUsed)
    {
        lock (_gate)
        {
            ref var state = ref CollectionsMarshal.GetValueRefOrNullRef(_targets, target);
            state.Running--;
            if (isUsed) state.IsSlow = time.GetElapsedTime(began) >= Slow;
            if (state is { Running: 0, IsSlow: false }) _targets.Remove(target);
        }
    }

    [StructLayout(LayoutKind.Auto)]
    private struct State
    {
        public int Running;
        public bool IsSlow;
    }

    /// <summary>One of the tries to a target that run.</summary>
    public sealed class Place : IDisposable
    {
        private readonly TargetConcurrency _targets;
        private readonly string _target;
        private readonly long _began;

        internal Place(TargetConcurrency targets, string target, long began) => (_targets, _target, _began) = (targets, target, began);

        /// <summary>False when the target was not called after all: then nothing was learned of it.</summary>
        public bool IsUsed { get; set; } = true;

        public void Dispose() => _targets.Leave(_target, _began, IsUsed);
    }
}
