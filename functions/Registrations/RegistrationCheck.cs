using System.Security.Cryptography;
using System.Text;
using Microsoft.Extensions.Options;
using Serverless.Channels;
using Serverless.Intake;

namespace Serverless.Registrations;

/// <summary>Compares each channel's webhook registration with its settings; channels are isolated from each other (P13).</summary>
public sealed partial class RegistrationCheck(
    ChannelDirectory channels, RegistrationStore book, SubscriptionAlerts attention, IOptionsMonitor<RegistrationOptions> options,
    IOptionsMonitor<HooksOptions> hooks, IConfiguration configuration, TimeProvider time, ILogger<RegistrationCheck> log)
{
    /// <summary>Stands for the channel of credentials whose end only the settings know.</summary>
    public const string Dates = "settings";

    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(3);

    // The shortest life that a provider gives is a day, less than from one Daily to the next: renewed at half of it, a quarter is left for
    // tries that fail.
    private static readonly TimeSpan Ahead = TimeSpan.FromHours(6);
    private static readonly TimeSpan Between = TimeSpan.FromHours(1);

    private static readonly string[] Secrets = ["Secret", "Token", "Key", "Password", "Certificate", "State"];

    /// <summary>Checks every enabled channel, and the dates in the settings.</summary>
    public Task CheckAllAsync(CancellationToken ct) =>
        Task.WhenAll([.. Enabled().Select(c => CheckAsync(c, options.CurrentValue.MayRepair(c.Name), ct)), CheckDatesAsync(ct)]);

    /// <summary>Checks the channels that cannot wait for Daily, and publishes events left from before.</summary>
    public Task CheckDueAsync(CancellationToken ct) => Task.WhenAll(Enabled().Select(async channel =>
    {
        await book.TellRestAsync(channel.Name, ct);
        var last = await book.LastAsync(channel.Name, ct);
        if (await DueAsync(channel, last, ct) is not { } why || !await book.ClaimAsync(channel.Name, last, ct)) return;
        LogAtOnce(channel.Name, why);
        await CheckAsync(channel, options.CurrentValue.MayRepair(channel.Name), ct);
    }).Append(book.TellRestAsync(Dates, ct)));

    // An alarm of the provider; other settings than at the last check, which a new deployment has too; what ends soon unless it is renewed,
    // or could not be seen, once an hour.
    private async Task<string?> DueAsync(IChannel channel, LastCheck last, CancellationToken ct)
    {
        if (await attention.LastAsync(channel.Name, ct) is { } mark && !(mark.At <= last.At)) return mark.Reason;
        // A developer's machine registers nowhere by itself.
        if (configuration["AZURE_FUNCTIONS_ENVIRONMENT"] != "Development" && last.Settings != Fingerprint(channel))
            return "settings-changed";
        var now = time.GetUtcNow();
        if (last.At is null || last.At > now - Between) return null;
        return (await book.OfAsync(channel.Name, ct)).Any(known => known.WantsRenewal(now + Ahead)) ? "ends-soon" : null;
    }

    // Shows that something changed without secrets: they are left out, and the channel's own hash covers their changes.
    private string Fingerprint(IChannel channel)
    {
        var section = configuration.GetSection($"Channels:{channel.Name}").AsEnumerable(makePathsRelative: true)
            .Where(s => s.Value is not null && !Array.Exists(Secrets, secret => s.Key.EndsWith(secret, StringComparison.OrdinalIgnoreCase)))
            .OrderBy(s => s.Key, StringComparer.OrdinalIgnoreCase).Select(s => $"{s.Key.ToUpperInvariant()}={s.Value}");
        string[] parts = [channel.Settings.SecretFingerprint, hooks.CurrentValue.PublicBaseUrl ?? "",
            $"{options.CurrentValue.MayRepair(channel.Name)}", .. section];
        return Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(string.Join('\n', parts))).AsSpan(0, 8));
    }

    /// <summary>Checks one channel now. False when there is none of that name that looks after itself.</summary>
    /// <param name="name">Channel name.</param>
    /// <param name="repair">Whether it may repair; null for what the settings say.</param>
    /// <param name="ct">Cancels.</param>
    public async Task<bool> CheckAsync(string name, bool? repair, CancellationToken ct)
    {
        if (Enabled().FirstOrDefault(c => c.Name.Equals(name, StringComparison.OrdinalIgnoreCase)) is not { } channel) return false;
        await CheckAsync(channel, repair ?? options.CurrentValue.MayRepair(channel.Name), ct);
        return true;
    }

    private IEnumerable<IChannel> Enabled() =>
        channels.All.Where(c => c is IRegistersWebhooks && ChannelDirectory.SettingsOf(c, out _) is { Enabled: true });

    private async Task CheckAsync(IChannel channel, bool repair, CancellationToken ct)
    {
        var (began, settings) = (time.GetUtcNow(), Fingerprint(channel));
        using var patience = CancellationTokenSource.CreateLinkedTokenSource(ct);
        patience.CancelAfter(Patience);
        var check = AskAsync((IRegistersWebhooks)channel, repair, patience.Token);
        await Task.WhenAny(check);
        if (check.IsCompletedSuccessfully)
        {
            // Alerts reported by the provider are added to its answer.
            List<Registration> found = [.. await check, .. await attention.AlarmsAsync(channel.Name, ct)];
            LogChecked(channel.Name, repair, found.Count,
                found.Count(r => r.State is not (RegistrationState.Right or RegistrationState.ByHand)));
            await book.KeepAsync(channel.Name, found, whole: true, began, settings, ct);
            await SayEndsAsync(channel.Name, ct);
            return;
        }

        // A channel's own mistake: seen by people beside what was known before, and no other channel's trouble.
        var error = check.Exception?.InnerException?.GetType().Name ?? "timeout";
        LogBroken(channel.Name, error);
        ct.ThrowIfCancellationRequested();
        await book.KeepAsync(channel.Name,
            [new Registration("check", RegistrationState.Unknown, $"The check failed ({error}).", "See the log of the function Daily.")],
            whole: false, began, settings, ct);
        await SayEndsAsync(channel.Name, ct);
    }

    private async Task<IReadOnlyList<Registration>> AskAsync(IRegistersWebhooks channel, bool repair, CancellationToken ct) =>
        await channel.CheckAsync(new RegistrationCheckRequest(hooks.CurrentValue.PublicBaseUrl is { Length: > 0 } url ? url.TrimEnd('/')
            : null, repair), ct);

    private async Task CheckDatesAsync(CancellationToken ct)
    {
        var found = options.CurrentValue.Expires.Select(e => RegistrationOptions.DateOf(e.Value) is { } end
            ? new Registration(e.Key, RegistrationState.ByHand, null,
                $"Renew it, then set Registration__Expires__{e.Key} to its new expiry date.", end)
            : new Registration(e.Key, RegistrationState.Unknown, "The date cannot be read.",
                $"Write Registration__Expires__{e.Key} as 2027-03-31."));
        await book.KeepAsync(Dates, [.. found], whole: true, time.GetUtcNow(), null, ct);
        await SayEndsAsync(Dates, ct);
    }

    // One log line each day until renewal for an alert rule, since not every operator subscribes to events. Read from storage, so that it
    // works while a provider is down.
    private async Task SayEndsAsync(string channel, CancellationToken ct)
    {
        foreach (var known in await book.OfAsync(channel, ct))
        {
            if (known.EndsSoon(time.GetUtcNow()) is { } days) LogExpiring(channel, known.Registration.Name, days);
        }
    }

    [LoggerMessage(100, LogLevel.Information, "upkeep {Channel} repair={Repair} registrations={Count} notRight={NotRight}")]
    private partial void LogChecked(string channel, bool repair, int count, int notRight);

    [LoggerMessage(101, LogLevel.Error, "upkeep {Channel} failed: {Error}")]
    private partial void LogBroken(string channel, string error);

    [LoggerMessage(102, LogLevel.Warning, "upkeep {Channel} at once: {Reason}")]
    private partial void LogAtOnce(string channel, string reason);

    [LoggerMessage(103, LogLevel.Warning, "expiring {Channel} {Registration} days={Days}")]
    private partial void LogExpiring(string channel, string registration, int days);
}
