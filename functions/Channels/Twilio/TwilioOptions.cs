using System.ComponentModel.DataAnnotations;
using Microsoft.Extensions.Options;
using Serverless.Channels.CallFlows;
using Serverless.Platform.Signatures;

namespace Serverless.Channels.Twilio;

/// <summary>Settings of the Twilio channel; section <c>Channels:Twilio</c>.</summary>
public sealed class TwilioOptions
{
    /// <summary>Off until configured.</summary>
    public bool Enabled { get; set; }

    /// <summary>What happens to calls that fail the check.</summary>
    public VerificationMode Mode { get; set; } = VerificationMode.Auto;

    /// <summary>Verify, store, answer, work later.</summary>
    public bool Paused { get; set; }

    /// <summary>The account's primary auth token, at most 256 characters; a secondary token never signs.</summary>
    [StringLength(256)]
    public string? AuthToken { get; set; }

    /// <summary>The primary token before the last promotion.</summary>
    [StringLength(256)]
    public string? PreviousAuthToken { get; set; }

    /// <summary>SID of the account (<c>AC...</c>); needed to ask Twilio what it holds and how numbers are set up. Replies and files go
    /// without it. At most 64 characters.</summary>
    [StringLength(64)]
    public string? AccountSid { get; set; }

    /// <summary>Where Twilio's API is, without a slash at the end; another region has another host.</summary>
    [Url]
    public string ApiUrl { get; set; } = "https://api.twilio.com";

    /// <summary>
    /// Minutes between two reconciliations of calls and messages; 0 switches them off. Only with <see cref="AccountSid"/>.
    /// </summary>
    [Range(0, 24 * 60)]
    public int LookMinutes { get; set; } = 15;

    /// <summary>Subaccounts by account SID; each signs with a token of its own.</summary>
    public Dictionary<string, TwilioAccount> Accounts { get; set; } = new(StringComparer.Ordinal);

    /// <summary>The answer plan of every number, as far as its own leaves something open.</summary>
    public CallFlowOptions Default { get; set; } = new();

    /// <summary>Answer plans by the digits of the dialled number with country code, e.g. <c>493023125100</c> (an app setting's name cannot
    /// hold a <c>+</c>).</summary>
    public Dictionary<string, CallFlowOptions> Numbers { get; set; } = new(StringComparer.Ordinal);

    /// <summary>The tokens that may have signed for an account.</summary>
    /// <param name="accountSid">As the caller claims it: a wrong claim picks tokens under which the signature does not hold.</param>
    internal SecretPair TokensOf(string? accountSid) =>
        accountSid is not null && Accounts.TryGetValue(accountSid, out var account)
            ? new SecretPair(account.AuthToken, account.PreviousAuthToken)
            : new SecretPair(AuthToken, PreviousAuthToken);

    /// <summary>Accounts that can be asked: the main one, if its SID is set, and its subaccounts.</summary>
    internal IEnumerable<string> KnownAccounts =>
        (AccountSid is { Length: > 0 } own ? [own] : Array.Empty<string>()).Concat(Accounts.Keys).Distinct(StringComparer.Ordinal);
}

/// <summary>The tokens of one subaccount.</summary>
public sealed class TwilioAccount
{
    /// <summary>The subaccount's primary auth token.</summary>
    public string? AuthToken { get; set; }

    /// <summary>The primary token before the last promotion.</summary>
    public string? PreviousAuthToken { get; set; }
}

/// <summary>Holds the settings to the bounds of their attributes; answer plans are judged by
/// <see cref="CallFlow.Problems(CallFlowOptions, string)"/>.</summary>
[OptionsValidator]
public sealed partial class TwilioOptionsValidator : IValidateOptions<TwilioOptions>;
