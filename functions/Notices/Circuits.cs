using System.Runtime.InteropServices;

namespace Serverless.Notices;

/// <summary>
/// Spares a target that failed many times in a row, and those who wait behind it: its tries go straight to their next time, but for one a minute, which looks whether it is back (P13).
/// Counted in this instance only.
/// </summary>
public sealed class Circuits(TimeProvider time)
{
    /// <summary>Failures in a row after which a target is spared.</summary>
    public const int Most = 10;

    /// <summary>How long, before one try looks again.</summary>
    public static readonly TimeSpan Pause = TimeSpan.FromMinutes(1);

    private readonly Dictionary<string, State> _targets = new(StringComparer.Ordinal);
    private readonly Lock _gate = new();

    /// <summary>Whether a target may be called now.</summary>
    /// <param name="target">Route and target.</param>
    public bool MayTry(string target)
    {
        lock (_gate)
        {
            ref var state = ref CollectionsMarshal.GetValueRefOrNullRef(_targets, target);
            if (System.Runtime.CompilerServices.Unsafe.IsNullRef(ref state) || state.Failures < Most) return true;
            var now = time.GetUtcNow();
            if (now < state.Until) return false;
            // Whoever comes next while this one looks is put off.
            state.Until = now + Pause;
            return true;
        }
    }

    /// <summary>Notes how a try went.</summary>
    public void Note(string target, bool failed)
    {
        lock (_gate)
        {
            if (!failed)
            {
                _targets.Remove(target);
                return;
            }

            ref var state = ref CollectionsMarshal.GetValueRefOrAddDefault(_targets, target, out _);
            if (++state.Failures >= Most) state.Until = time.GetUtcNow() + Pause;
        }
    }

    [StructLayout(LayoutKind.Auto)]
    private struct State
    {
        public int Failures;
        public DateTimeOffset Until;
    }
}
