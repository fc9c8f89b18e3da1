using System.ComponentModel.DataAnnotations;
using System.Text.RegularExpressions;
using Microsoft.Extensions.Options;
using Serverless.Platform.Signatures;

namespace Serverless.Channels.Telegram;

/// <summary>Settings of the Telegram channel; section <c>Channels:Telegram</c>.</summary>
public sealed class TelegramOptions
{
    /// <summary>Off until configured.</summary>
    public bool Enabled { get; set; }

    /// <summary>What happens to calls that fail the check.</summary>
    public VerificationMode Mode { get; set; } = VerificationMode.Auto;

    /// <summary>Verify, store, answer, work later.</summary>
    public bool Paused { get; set; }

    /// <summary>Address of the Bot API without a slash at the end.</summary>
    [Url]
    public string ApiUrl { get; set; } = "https://api.telegram.org";

    /// <summary>The bots by a name of your choice (lower-case letters, digits and dashes); its address is
    /// <c>api/hooks/telegram/{name}</c>.</summary>
    public Dictionary<string, TelegramBot> Bots { get; } = new(StringComparer.OrdinalIgnoreCase);
}

/// <summary>One bot; section <c>Channels:Telegram:Bots:{name}</c>.</summary>
public sealed partial class TelegramBot
{
    /// <summary>The token BotFather gave, e.g. <c>7000000001:AA...</c>. Part of every URL that calls Telegram, so those URLs are never
    /// logged.</summary>
    public string? BotToken { get; set; }

    /// <summary>What Telegram sends with every call: 1 to 256 of <c>A-Z a-z 0-9 _ -</c>, chosen by us.</summary>
    public string? SecretToken { get; set; }

    /// <summary>The secret token before a change; counts as long as it is set.</summary>
    public string? PreviousSecretToken { get; set; }

    /// <summary>Our own people who write in groups or to the bot: user ids or usernames (without @), separated by spaces. What they write
    /// is outbound.</summary>
    public string Staff { get; set; } = "";

    internal SecretPair Secrets => new(SecretToken, PreviousSecretToken);

    /// <summary>The bot's user id, which is the first half of its token. https://core.telegram.org/bots/api#authorizing-your-bot</summary>
    internal string? Id => BotToken is { } token && Form().IsMatch(token) ? token[..token.IndexOf(':', StringComparison.Ordinal)] : null;

    internal bool IsStaff(string? id, string? username)
    {
        if (Staff.Length == 0) return false;
        foreach (var part in Staff.AsSpan().Split(' '))
        {
            var entry = Staff.AsSpan()[part].TrimStart('@');
            if (!entry.IsEmpty && (entry.SequenceEqual(id) || entry.Equals(username, StringComparison.OrdinalIgnoreCase))) return true;
        }

        return false;
    }

    // A token becomes part of an address, so it has no other characters.
    [GeneratedRegex("^[0-9]{1,20}:[A-Za-z0-9_-]{1,200}$", RegexOptions.None, matchTimeoutMilliseconds: 1000)]
    private static partial Regex Form();
}

/// <summary>Holds the settings to the bounds of their attributes.</summary>
[OptionsValidator]
public sealed partial class TelegramOptionsValidator : IValidateOptions<TelegramOptions>;
