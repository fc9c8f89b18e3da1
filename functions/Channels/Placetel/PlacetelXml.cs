using System.Globalization;
using System.Text;
using System.Xml;
using Serverless.Channels.CallFlows;

namespace Serverless.Channels.Placetel;

/// <summary>
/// Says a whole answer plan in Placetel's XML, all groups in one answer, since Placetel does not ask again. Announcements are prompts
/// stored at Placetel, named by id.
/// https://github.com/Placetel/call-control-notify-api#your-xml-response
/// </summary>
internal static class PlacetelXml
{
    private const string ContentType = "application/xml";
    private const int MaxGroups = 20;

    private static readonly XmlWriterSettings Settings = new() { Encoding = new UTF8Encoding(encoderShouldEmitUTF8Identifier: false),
        OmitXmlDeclaration = false };

    /// <summary>Decides nothing: where the routing is External API, Placetel takes the backup routing plan.</summary>
    public static WebhookResponse Nothing { get; } = Write(_ => { });

    /// <summary>What a caller meets from now to the end of the plan.</summary>
    public static WebhookResponse Say(CallFlow plan, DateTimeOffset now, string country) => Write(xml =>
    {
        var step = plan.Begin(now);
        var greeting = step is CallFlowStep.Ring ? Prompt(step) : null;
        List<CallFlowStep.Ring> groups = [];
        while (step is CallFlowStep.Ring ring && groups.Count < MaxGroups)
        {
            groups.Add(ring);
            step = plan.Next(ring.NextIndex ?? int.MaxValue);
        }

        if (groups.Count == 0 && step is not CallFlowStep.TakeMessage)
        {
            End(xml, step);
            return;
        }

        xml.WriteStartElement("Forward");
        xml.WriteAttributeString("voicemail", step is CallFlowStep.TakeMessage ? "true" : "false");
        if (step is CallFlowStep.TakeMessage && Prompt(step) is { } notice) xml.WriteAttributeString("voicemail_announcement", notice);
        if (greeting is not null) xml.WriteAttributeString("forward_announcement", greeting);
        foreach (var group in groups) Target(xml, group, country);
        xml.WriteEndElement();
    });

    /// <summary>Sentences for what a plan asks for and Placetel cannot say, each naming the setting.</summary>
    public static IEnumerable<string> Problems(CallFlowOptions plan, string setting)
    {
        foreach (var (text, name) in new[] { (plan.Greeting, "Greeting"), (plan.Closed, "Closed"),
            (plan.RecordingNotice, "RecordingNotice") })
        {
            if (text is not null && !IsPrompt(text))
                yield return $"{setting}__{name} must be the id of an announcement stored at Placetel, e.g. 7684: Placetel speaks no texts.";
        }
    }

    private static void Target(XmlWriter xml, CallFlowStep.Ring group, string country)
    {
        xml.WriteStartElement("Target");
        xml.WriteAttributeString("ringtime", group.Seconds.ToString(CultureInfo.InvariantCulture));
        foreach (var number in group.Numbers) xml.WriteElementString("Number", PlacetelNumber.Dialled(number, country));
        xml.WriteEndElement();
    }

    /// <summary>No ringing and no recording: the announcement if there is one, or a busy tone.</summary>
    private static void End(XmlWriter xml, CallFlowStep step)
    {
        xml.WriteStartElement(Prompt(step) is null ? "Reject" : "Prompt");
        if (Prompt(step) is { } prompt) xml.WriteAttributeString("id", prompt);
        else xml.WriteAttributeString("reason", "busy");
        xml.WriteEndElement();
    }

    /// <summary>The last sentence of a step that is the id of an announcement; the plan's own texts are none.</summary>
    private static string? Prompt(CallFlowStep step) => step.Sentences.LastOrDefault(IsPrompt);

    private static bool IsPrompt(string text) => text.Length is > 0 and <= 10 && !text.AsSpan().ContainsAnyExceptInRange('0', '9');

    private static WebhookResponse Write(Action<XmlWriter> verbs)
    {
        using var bytes = new MemoryStream(256);
        using (var xml = XmlWriter.Create(bytes, Settings))
        {
            xml.WriteStartElement("Response");
            verbs(xml);
            xml.WriteEndElement();
        }

        return new WebhookResponse(200, ContentType, bytes.ToArray());
    }
}
