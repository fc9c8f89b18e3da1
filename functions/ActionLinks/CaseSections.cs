using System.Globalization;
using System.Net;
using System.Text;
using Serverless.Cases.Rules;
using Serverless.Contacts;
using Serverless.Platform.Localization;

namespace Serverless.ActionLinks;

/// <summary>
/// Sections of link pages: contacts, cases of an incident, the reply form. All values are escaped.
/// </summary>
internal sealed class CaseSections(TextBook texts, string language, TimeZoneInfo zone, StringBuilder html)
{
    private const int MostContacts = 20;

    /// <summary>The latest contacts of a case, newest first, and what can be done from here.</summary>
    public void Case(LinkView view)
    {
        Onward(view);
        Append($"<h2>{Says("page_contacts")}</h2>");
        foreach (var filed in view.Contacts.Reverse().Take(MostContacts)) Contact(filed, view.Viewer!, "h3");
        if (view.Contacts.Count > MostContacts) Append($"<p>{Count("page_contacts_more", view.Contacts.Count - MostContacts)}</p>");
    }

    /// <summary>Number and link of each case of an incident.</summary>
    public void Alike(LinkView view)
    {
        Append($"<p><strong>{Count("page_incident_count", view.Alike.Count)}</strong></p><ul class=\"links\">");
        foreach (var (number, address) in view.Alike)
        {
            Append($"<li>{Link(address, Safe(number))}</li>");
        }

        html.Append("</ul>");
        if (view.MoreAlike) Append($"<p>{Says("page_incident_more")}</p>");
    }

    /// <summary>The contact that is answered.</summary>
    public void AnswersTo(FiledContact to, Viewer viewer) => Contact(to, viewer, "h2");

    /// <summary>The reply form.</summary>
    public void AnswerForm(LinkView view)
    {
        if (view.State == LinkState.Incomplete)
        {
            var limit = ActionLinkViews.LongestText.ToString(CultureInfo.InvariantCulture);
            Append($"<p class=\"alert\" role=\"alert\">{Says("page_answer_length", "limit", limit)}</p>");
        }

        if (view.To?.Contact.Place == Place.Public) Append($"<p class=\"alert\">{Says("page_answer_public")}</p>");
        Append($"<form method=\"post\"><label for=\"text\">{Says("page_answer_text")}</label>");
        Append($"<textarea id=\"text\" name=\"text\" rows=\"8\" maxlength=\"{ActionLinkViews.LongestText}\" required>");
        Append($"{Typed(view.Text)}</textarea>");
        Append($"<button>{Says("page_answer_button")}</button></form>");
    }

    /// <summary>A text that was not sent, to be copied.</summary>
    public void Unsent(string text)
    {
        Append($"<label for=\"unsent\">{Says("page_answer_unsent")}</label>");
        Append($"<textarea id=\"unsent\" rows=\"8\" readonly>{Typed(text)}</textarea>");
    }

    private void Contact(FiledContact filed, Viewer viewer, string heading)
    {
        var contact = filed.Contact;
        var by = Says(contact.Direction == Direction.Outbound ? "page_from_us" : "page_from_customer");
        var kind = Says($"kind_{KindOf(contact).Replace('-', '_')}");
        Append($"<article><{heading}>{by}, {Safe(texts.Time(language, contact.OccurredAt, zone))}</{heading}>");
        Append($"<p>{kind}, {Safe(contact.Network)}</p>");
        List<(string Key, string Value)> facts = [.. ContactFacts.Of(contact, viewer.Shows)];
        if (facts.Count > 0)
        {
            html.Append("<dl>");
            foreach (var (key, value) in facts) Append($"<dt>{Says(key)}</dt><dd>{Safe(value)}</dd>");
            html.Append("</dl>");
        }

        if (ContactFacts.CallOf(contact, viewer.Shows) is { } call)
            Append($"<p>{Link(call, Says("card_call", "number", call.AbsoluteUri[4..]))}</p>");
        if (ContactFacts.WordsOf(contact, viewer.Shows) is { } words) Append($"<blockquote>{Safe(words)}</blockquote>");
        html.Append("</article>");
    }

    private void Onward(LinkView view)
    {
        if (view.Onward.Count == 0) return;
        html.Append("<ul class=\"links\">");
        foreach (var (action, address) in view.Onward)
        {
            var label = action switch
            {
                LinkAction.Answer => "card_answer",
                LinkAction.Accept => "card_accept",
                LinkAction.HandOver => "card_hand_over",
                _ => "card_done",
            };
            Append($"<li>{Link(address, Says(label))}</li>");
        }

        html.Append("</ul>");
    }

    private static string KindOf(Contact contact) =>
        System.Text.Json.JsonSerializer.SerializeToElement(contact.Kind, ContactJson.Default.ContactKind).GetString()!;

    private static string Link(Uri? address, string label) =>
        address is null ? label : $"<a href=\"{Safe(address.AbsoluteUri)}\">{label}</a>";

    // A browser drops the first line end within a text area.
    private static string Typed(string? text) => text is null ? "" : "\n" + Safe(text);

    private string Says(string key) => Safe(texts.Say(language, key));

    private string Says(string key, string name, string value) =>
        Safe(texts.Say(language, key, new Dictionary<string, string>(StringComparer.Ordinal) { [name] = value }));

    private string Count(string key, int count) => Safe(texts.Count(language, key, count));

    private static string Safe(string text) => WebUtility.HtmlEncode(text);

    private void Append(string text) => html.Append(text);
}
