using System.Text.RegularExpressions;

namespace Serverless.Local.FunctionsHost;

/// <summary>Settings named by a binding.</summary>
internal static partial class AppSettings
{
    /// <summary>Replaces <c>%NAME%</c> by the setting of that name.</summary>
    /// <exception cref="HostStartException">The setting is missing.</exception>
    public static string Resolve(this IReadOnlyDictionary<string, string> settings, string text) =>
        PercentName().Replace(text, match => settings.TryGetValue(match.Groups["name"].Value, out var value)
            ? value
            : throw new HostStartException($"there is no setting {match.Groups["name"].Value}."));

    /// <summary>The connection string of a binding's connection: the setting itself or AzureWebJobs and its name; AzureWebJobsStorage where
    /// none is named.</summary>
    public static string Connection(this IReadOnlyDictionary<string, string> settings, string name)
    {
        if (name.Length == 0) name = "AzureWebJobsStorage";
        return settings.GetValueOrDefault(name) ?? settings.GetValueOrDefault("AzureWebJobs" + name)
            ?? throw new HostStartException($"there is no setting {name} with a connection string.");
    }

    [GeneratedRegex("%(?<name>[^%]+)%", RegexOptions.ExplicitCapture, matchTimeoutMilliseconds: 1000)]
    private static partial Regex PercentName();
}
