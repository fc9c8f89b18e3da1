using System.Globalization;
using System.Net;
using System.Text;
using Serverless.ActionLinks;
using Serverless.Platform.Localization;

namespace Serverless.Notifications.Preferences;

/// <summary>The preferences page in the recipient's language: no script, no external resources, no address and no case.</summary>
public sealed class PreferencesPage(TextBook texts)
{
    /// <summary>HTML in UTF-8; goes with <see cref="ActionPage.Policy"/>.</summary>
    public byte[] Render(PreferencesView view)
    {
        var language = TextBook.LanguageOf(view.Recipient?.Language);
        string Says(string key) => WebUtility.HtmlEncode(texts.Say(language, key));
        var topic = view.State switch { PreferencesState.Strange => "page_strange", PreferencesState.Expired => "own_expired", _ => "own" };
        var html = new StringBuilder();
        html.Append(CultureInfo.InvariantCulture,
            $"<!doctype html><html lang=\"{language}\"><head><meta charset=\"utf-8\"><meta name=\"viewport\" content=\"width=device-width,initial-scale=1\">");
        html.Append(CultureInfo.InvariantCulture,
            $"<meta name=\"robots\" content=\"noindex\"><title>{Says(
                $"{topic}_title")}</title><style>{ActionPage.Style}</style></head><body><main><h1>{Says($"{topic}_title")}</h1>");
        if (view.State == PreferencesState.Kept) html.Append(CultureInfo.InvariantCulture, $"<p role=\"status\">{Says("own_kept")}</p>");
        if (view.State is PreferencesState.NoHours or PreferencesState.NoEvents)
            html.Append(CultureInfo.InvariantCulture,
                $"<p class=\"alert\" role=\"alert\">{Says(view.State == PreferencesState.NoHours ? "own_no_hours" : "own_no_events")}</p>");
        html.Append(CultureInfo.InvariantCulture, $"<p>{Says($"{topic}_says")}</p>");
        if (view is { State: not (PreferencesState.Strange or PreferencesState.Expired), Recipient: { } recipient, Name: { } name })
            Form(html, name, recipient, language, Says);
        html.Append("</main></body></html>");
        return Encoding.UTF8.GetBytes(html.ToString());
    }

    private static void Form(StringBuilder html, string name, Recipient recipient, string language, Func<string, string> says)
    {
        html.Append(CultureInfo.InvariantCulture,
            $"<p><strong>{WebUtility.HtmlEncode(name)}</strong></p><form method=\"post\"><fieldset><legend>{says("own_events")}</legend>");
        foreach (var (index, choice) in NotificationPreferences.Choices.Index())
        {
            var ticked = NameList.Holds(recipient.Events, choice) ? " checked" : "";
            html.Append(CultureInfo.InvariantCulture,
                $"<label class=\"tick\" for=\"event{index}\"><input type=\"checkbox\" id=\"event{index}\" name=\"events\" value=\"{choice}\"{ticked}> {says(KeyOf(choice))}</label>");
        }

        html.Append(CultureInfo.InvariantCulture,
            $"</fieldset><label for=\"hours\">{says("own_hours")}</label><input id=\"hours\" name=\"hours\" maxlength=\"300\" aria-describedby=\"hours-hint\" value=\"{WebUtility.HtmlEncode(recipient.Hours)}\"><p id=\"hours-hint\">{says("own_hours_hint")}</p>");
        html.Append(CultureInfo.InvariantCulture,
            $"<label for=\"digestCount\">{says("own_digest_count")}</label><input id=\"digestCount\" name=\"digestCount\" type=\"number\" min=\"0\" max=\"{Digests.MostAtOnce}\" value=\"{recipient.DigestCount}\">");
        html.Append(CultureInfo.InvariantCulture,
            $"<label for=\"digestMinutes\">{says("own_digest_minutes")}</label><input id=\"digestMinutes\" name=\"digestMinutes\" type=\"number\" min=\"5\" max=\"1440\" value=\"{recipient.DigestMinutes}\">");
        html.Append(CultureInfo.InvariantCulture,
            $"<label for=\"language\">{says("own_language")}</label><select id=\"language\" name=\"language\">");
        foreach (var (code, spoken) in new[] { (TextBook.German, "Deutsch"), (TextBook.English, "English") })
            html.Append(CultureInfo.InvariantCulture,
                $"<option value=\"{code}\" lang=\"{code}\"{(code == language ? " selected" : "")}>{spoken}</option>");
        html.Append(CultureInfo.InvariantCulture,
            $"</select><button>{says("own_keep")}</button></form><form method=\"post\"><button class=\"second\" name=\"reset\" value=\"yes\">{says("own_reset")}</button></form>");
    }

    // serverless.case.owner-gap.v1 -> own_case_owner_gap, serverless.contact.* -> own_contact
    private static string KeyOf(string choice)
    {
        var parts = choice.Split('.');
        return (parts.Length == 4 ? $"own_{parts[1]}_{parts[2]}" : $"own_{parts[1]}").Replace('-', '_');
    }
}
