namespace Serverless.Platform.Features;

/// <summary>
/// A value that one feature keeps up to date and others use; they know neither where it comes from nor when it is read again.
/// </summary>
/// <typeparam name="T">An immutable value.</typeparam>
public abstract class Provided<T>
{
    /// <summary>The value in force.</summary>
    public abstract ValueTask<T> CurrentAsync(CancellationToken ct);
}
