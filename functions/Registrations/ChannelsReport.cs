using Microsoft.Extensions.Options;
using Serverless.Channels;

namespace Serverless.Registrations;

/// <summary>Registrations of channels, expiry dates, and actions for people.</summary>
/// <param name="Channels">Every channel the app knows.</param>
/// <param name="Expires">Expiry dates, the nearest first.</param>
/// <param name="Steps">Actions for people.</param>
public sealed record ChannelsReport(IReadOnlyList<ChannelReport> Channels, IReadOnlyList<ExpiryReport> Expires,
    IReadOnlyList<StepReport> Steps);

/// <summary>One channel.</summary>
/// <param name="Name">Its name.</param>
/// <param name="Enabled">False: it is switched off.</param>
/// <param name="Checks">Whether it can compare anything with its provider.</param>
/// <param name="Repairs">Whether the settings let it repair.</param>
/// <param name="CheckedAt">The last check; null when there was none.</param>
/// <param name="Registrations">Result of the last check.</param>
public sealed record ChannelReport(string Name, bool Enabled, bool Checks, bool Repairs, DateTimeOffset? CheckedAt,
    IReadOnlyList<RegistrationReport> Registrations);

/// <summary>One registration.</summary>
public sealed record RegistrationReport(string Name, string Status, DateTimeOffset Since, string? Detail, string? Step,
    DateTimeOffset? ExpiresAt);

/// <summary>One expiry date.</summary>
/// <param name="Days">Whole days from now; negative once it is over.</param>
/// <param name="Channel">Whose it is.</param>
/// <param name="Name">Which registration or credential.</param>
/// <param name="ExpiresAt">When.</param>
public sealed record ExpiryReport(int Days, DateTimeOffset ExpiresAt, string Channel, string Name);

/// <summary>One action for a person.</summary>
public sealed record StepReport(string Channel, string Name, string Step);

/// <summary>Reads the stored results of registration checks.</summary>
public sealed class UpkeepReader(ChannelDirectory channels, RegistrationStore book, IOptionsMonitor<RegistrationOptions> options,
    TimeProvider time)
{
    public async Task<ChannelsReport> ReadAsync(CancellationToken ct)
    {
        var reports = await Task.WhenAll(channels.All.Select(c => OfAsync(c, ct)).Append(DatesAsync(ct)));
        var shown = reports.Where(r => r.Name != RegistrationCheck.Dates || r.Registrations.Count > 0).ToList();
        var now = time.GetUtcNow();
        var all = shown.Where(c => c.Enabled).SelectMany(c => c.Registrations.Select(r => (Channel: c.Name, Registration: r))).ToList();
        var expires = all.Where(r => r.Registration.ExpiresAt is not null)
            .Select(r => new ExpiryReport((int)Math.Floor((r.Registration.ExpiresAt!.Value - now).TotalDays),
                r.Registration.ExpiresAt.Value, r.Channel, r.Registration.Name)).OrderBy(e => e.ExpiresAt);
        return new ChannelsReport(shown, [.. expires],
            [.. all.Where(r => r.Registration.Step is not null)
                .Select(r => new StepReport(r.Channel, r.Registration.Name, r.Registration.Step!))]);
    }

    /// <summary>One channel; null when there is none of that name.</summary>
    public async Task<ChannelReport?> FindAsync(string name, CancellationToken ct) =>
        channels.Find(name) is { } channel ? await OfAsync(channel, ct) : null;

    private async Task<ChannelReport> OfAsync(IChannel channel, CancellationToken ct)
    {
        var enabled = ChannelDirectory.SettingsOf(channel, out _) is { Enabled: true };
        if (channel is not IRegistersWebhooks) return new ChannelReport(channel.Name, enabled, false, false, null, []);
        return new ChannelReport(channel.Name, enabled, true, options.CurrentValue.MayRepair(channel.Name),
            (await book.LastAsync(channel.Name, ct)).At, await RegistrationsAsync(channel.Name, ct));
    }

    private async Task<ChannelReport> DatesAsync(CancellationToken ct) =>
        new(RegistrationCheck.Dates, true, true, false, (await book.LastAsync(RegistrationCheck.Dates, ct)).At,
            await RegistrationsAsync(RegistrationCheck.Dates, ct));

    private async Task<IReadOnlyList<RegistrationReport>> RegistrationsAsync(string channel, CancellationToken ct) =>
        [.. (await book.OfAsync(channel, ct)).Select(k =>
            new RegistrationReport(k.Registration.Name, k.Registration.State.ToString(), k.Since, k.Registration.Detail,
                k.Registration.Step, k.Registration.ExpiresAt))];
}
