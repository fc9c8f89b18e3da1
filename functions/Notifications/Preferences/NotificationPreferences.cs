using System.Globalization;
using Microsoft.Extensions.Options;
using Serverless.ActionLinks;
using Serverless.Channels;
using Serverless.Platform.Localization;
using Serverless.Platform.Signatures;
using Serverless.ServiceLevels;

namespace Serverless.Notifications.Preferences;

/// <summary>State of a preferences page.</summary>
public enum PreferencesState
{
    /// <summary>The link was not made by us, or its recipient is gone.</summary>
    Strange,

    Expired,

    /// <summary>Shown, nothing changed.</summary>
    Shown,

    /// <summary>Kept as chosen.</summary>
    Kept,

    /// <summary>The hours cannot be read.</summary>
    NoHours,

    /// <summary>No event type was selected.</summary>
    NoEvents,
}

/// <summary>Content of the page.</summary>
/// <param name="State">State of the page.</param>
/// <param name="Name">The person or team; null when the link shows nobody.</param>
/// <param name="Recipient">Current settings of the recipient, or those just submitted.</param>
public sealed record PreferencesView(PreferencesState State, string? Name = null, Recipient? Recipient = null);

/// <summary>
/// Lets a person or team see and change event types, hours, digest and language of their notifications by a personal link. Their address
/// is changed in the settings only.
/// </summary>
public sealed class NotificationPreferences(Recipients recipients, IOptionsMonitor<LinksOptions> options,
    IOptionsMonitor<HooksOptions> hooks,
    Calendars calendars, TimeProvider time)
{
    /// <summary>Event types to choose from, in the order of the page.</summary>
    public static readonly IReadOnlyList<string> Choices =
    [
        "serverless.case.opened.v1", "serverless.case.reopened.v1", "serverless.case.hand-over-offered.v1",
        "serverless.case.handed-over.v1", "serverless.case.accepted.v1", "serverless.case.overdue.v1",
        "serverless.case.confidential-in-public.v1", "serverless.case.unaccepted.v1", "serverless.promise.due-soon.v1",
        "serverless.promise.broken.v1", "serverless.case.owner-gap.v1",
        "serverless.case.closed.v1", "serverless.contact.*", "serverless.reply.*", "serverless.channel.*", "serverless.credential.*",
    ];

    private const string Purpose = "own notices";
    private const int LongestHours = 300;

    /// <summary>The link of a recipient; null without <c>Links__Secret</c> or <c>Hooks__PublicBaseUrl</c>.</summary>
    public Uri? AddressOf(string name) =>
        options.CurrentValue is { Secret: { Length: > 0 } secret } current && hooks.CurrentValue.PublicBaseUrl is { Length: > 0 } world
            ? new Uri($"{world.TrimEnd('/')}/api/recipients/{SignedLink.Make(secret, Purpose, name, time.GetUtcNow().AddHours(current.ValidHours))}")
            : null;

    /// <summary>Current preferences; changes nothing.</summary>
    public async Task<PreferencesView> LookAsync(string token, CancellationToken ct)
    {
        var opened = SignedLink.Open(new SecretPair(options.CurrentValue.Secret, options.CurrentValue.PreviousSecret), Purpose, token,
            time.GetUtcNow());
        if (opened.Content is not { } name || await recipients.FindAsync(name, ct) is not { } recipient)
            return new PreferencesView(PreferencesState.Strange);
        return new PreferencesView(opened.Expired ? PreferencesState.Expired : PreferencesState.Shown, name, recipient);
    }

    /// <summary>Saves the preferences, or restores the settings.</summary>
    /// <param name="token">The link.</param>
    /// <param name="fields">Fields of the page's form: <c>events</c>, <c>hours</c>, <c>language</c>, <c>digestCount</c>,
    /// <c>digestMinutes</c>; <c>reset</c> restores the settings.</param>
    /// <param name="ct">Cancels.</param>
    public async Task<PreferencesView> ChooseAsync(string token, IReadOnlyDictionary<string, string[]> fields, CancellationToken ct)
    {
        var view = await LookAsync(token, ct);
        if (view is not { State: PreferencesState.Shown, Name: { } name, Recipient: { } present }) return view;
        if (fields.ContainsKey("reset"))
        {
            await recipients.ForgetAsync(name, ct);
            return view with { State = PreferencesState.Kept, Recipient = await recipients.FindAsync(name, ct) };
        }

        string Field(string field) => fields.GetValueOrDefault(field) is [var value, ..] ? value.Trim() : "";
        var events = string.Join(',', Choices.Where(c => fields.GetValueOrDefault("events")?.Contains(c, StringComparer.Ordinal) == true));
        var hours = Field("hours") is { Length: > 0 } written ? written : "always";
        var choice = new RecipientChoice(
            events, hours, TextBook.LanguageOf(Field("language")), Whole(Field("digestCount"), 0, Digests.MostAtOnce),
            Whole(Field("digestMinutes"), 5, 1440) ?? present.DigestMinutes);
        if (events.Length == 0) return view with { State = PreferencesState.NoEvents };
        if (hours.Length > LongestHours || calendars.Read(hours, present.ZoneIn(calendars)) is null)
            return view with { State = PreferencesState.NoHours };
        await recipients.ChooseAsync(name, choice, ct);
        return view with { State = PreferencesState.Kept, Recipient = await recipients.FindAsync(name, ct) };
    }

    private static int? Whole(string text, int least, int most) =>
        int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var number) ? Math.Clamp(number, least, most) : null;
}
