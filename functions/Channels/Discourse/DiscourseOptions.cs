using System.ComponentModel.DataAnnotations;
using Microsoft.Extensions.Options;
using Serverless.Platform.Signatures;

namespace Serverless.Channels.Discourse;

/// <summary>Settings of the Discourse channel; section <c>Channels:Discourse</c>.</summary>
public sealed class DiscourseOptions
{
    /// <summary>Off until configured.</summary>
    public bool Enabled { get; set; }

    /// <summary>What happens to calls that fail the check.</summary>
    public VerificationMode Mode { get; set; } = VerificationMode.Auto;

    /// <summary>Verify, store, answer, work later.</summary>
    public bool Paused { get; set; }

    /// <summary>Interval of reconciliation of each site's newest posts, in minutes, in steps of five; 0: never.</summary>
    [Range(0, 1440)]
    public int LookMinutes { get; set; } = 15;

    /// <summary>The forums by a name of your choice (lower-case letters and dashes); its address is
    /// <c>api/hooks/discourse/{name}</c>.</summary>
    public Dictionary<string, DiscourseSite> Sites { get; } = new(StringComparer.OrdinalIgnoreCase);
}

/// <summary>One forum; section <c>Channels:Discourse:Sites:{name}</c>.</summary>
public sealed class DiscourseSite
{
    /// <summary>Scheme and host of the forum, with its path if it has one, e.g. <c>https://community.example.com</c>.</summary>
    public string? Url { get; set; }

    /// <summary>The secret typed in beside the payload URL at Discourse; at least 12 characters, as Discourse wants it.</summary>
    public string? Secret { get; set; }

    /// <summary>The secret before a change; counts as long as it is set.</summary>
    public string? PreviousSecret { get; set; }

    /// <summary>API key: for replies, forums that want a login, and (an admin's) for upkeep. Without it the channel only listens and
    /// looks.</summary>
    public string? ApiKey { get; set; }

    /// <summary>The user in whose name the key is used; what this user writes is outbound.</summary>
    public string ApiUsername { get; set; } = "system";

    /// <summary>Whether private messages are read too. They go to whom their writers chose; the forum's rules should say that you read
    /// them.</summary>
    public bool PrivateMessages { get; set; }

    /// <summary>Ids of the categories whose posts are contacts (the number in their address), separated by spaces; empty: all. A
    /// subcategory is named by its own.</summary>
    public string Categories { get; set; } = "";

    /// <summary>Usernames of our own people besides moderators and admins, separated by spaces. What they write is outbound.</summary>
    public string Staff { get; set; } = "";

    /// <summary>
    /// Groups of our own staff by name, separated by spaces; only a user's primary group counts, since Discourse sends no other.
    /// </summary>
    public string StaffGroups { get; set; } = "";

    internal SecretPair Secrets => new(Secret, PreviousSecret);

    /// <summary>The address without a slash at the end; null when it is no address.</summary>
    internal Uri? Address =>
        Uri.TryCreate(Url?.TrimEnd('/'), UriKind.Absolute, out var address) && address.Scheme is "https" or "http" ? address : null;

    internal bool IsStaff(string? username, string? group) =>
        username is not null && (Lists(Staff, username) || username.Equals(ApiUsername, StringComparison.OrdinalIgnoreCase))
        || (group is not null && Lists(StaffGroups, group));

    internal bool Wants(string? category) => Categories.Length == 0 || (category is not null && Lists(Categories, category));

    private static bool Lists(string list, string entry)
    {
        foreach (var part in list.AsSpan().Split(' '))
        {
            if (list.AsSpan()[part].Equals(entry, StringComparison.OrdinalIgnoreCase)) return true;
        }

        return false;
    }
}

/// <summary>Holds the settings to the bounds of their attributes.</summary>
[OptionsValidator]
public sealed partial class DiscourseOptionsValidator : IValidateOptions<DiscourseOptions>;
