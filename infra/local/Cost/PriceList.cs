using System.Globalization;
using System.Text.Json;
using Serverless.Local.CommandLine;

namespace Serverless.Local.Cost;

/// <summary>One price with where and when it was read.</summary>
/// <param name="Usd">Dollars, list price, before discount and tax.</param>
/// <param name="Per">For how many.</param>
/// <param name="Of">Of what.</param>
/// <param name="Source">Where it was read.</param>
/// <param name="Date">When, or empty when nobody confirmed it.</param>
internal sealed record Price(double Usd, double Per, string Of, string Source, string Date)
{
    /// <summary>What so many cost.</summary>
    public double For(double amount) => amount / Per * Usd;
}

/// <summary>Prices by name, from prices.json beside this file, some of them replaced on the command line.</summary>
internal sealed class PriceList(IReadOnlyDictionary<string, Price> prices)
{
    public Price this[string name] => prices[name];

    public IReadOnlyDictionary<string, Price> All => prices;

    /// <param name="replaced">Lines of <c>name=value</c>; an unknown name or a value that is no number is refused.</param>
    public static PriceList Read(IEnumerable<string> replaced)
    {
        var prices = Json("prices.json").EnumerateObject().ToDictionary(p => p.Name, p => new Price(
            p.Value.GetProperty("usd").GetDouble(), p.Value.GetProperty("per").GetDouble(), p.Value.GetProperty("of").GetString()!,
            p.Value.GetProperty("source").GetString()!, p.Value.GetProperty("date").GetString()!), StringComparer.Ordinal);
        foreach (var line in replaced)
        {
            if (line.Split('=', 2) is not [var name, var value]
                || !double.TryParse(value, NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out var usd))
                throw new Refusal($"--price takes name=value with a number such as 0.36, not '{line}'.", Refusal.BadArguments);
            if (!prices.TryGetValue(name, out var price))
                throw new Refusal($"There is no price '{name}'; there are {string.Join(", ", prices.Keys)}.", Refusal.BadArguments);
            prices[name] = price with { Usd = usd, Source = "yours", Date = "" };
        }

        return new PriceList(prices);
    }

    /// <summary>A file that lies beside this one and travels in the program.</summary>
    internal static JsonElement Json(string file)
    {
        using var stream = typeof(PriceList).Assembly.GetManifestResourceStream(file)!;
        using var document = JsonDocument.Parse(stream);
        return document.RootElement.Clone();
    }
}
