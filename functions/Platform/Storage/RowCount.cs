using System.Globalization;

namespace Serverless.Platform.Storage;

/// <summary>Number of rows, counted up to a bound.</summary>
/// <param name="Rows">The number.</param>
/// <param name="More">True: at least so many, the rest was not counted.</param>
public readonly record struct RowCount(int Rows, bool More)
{
    /// <summary>Both together.</summary>
    public static RowCount operator +(RowCount one, RowCount other) => new(one.Rows + other.Rows, one.More || other.More);

    /// <summary>For sentences: <c>12</c>, <c>1000 or more</c>.</summary>
    public override string ToString() => Rows.ToString(CultureInfo.InvariantCulture) + (More ? " or more" : "");
}
