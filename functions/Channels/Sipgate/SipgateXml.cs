using System.Text;
using System.Xml;
using Serverless.Channels.CallFlows;

namespace Serverless.Channels.Sipgate;

/// <summary>
/// Writes a call flow in sipgate's XML. Every response requests the following events: without <c>onAnswer</c> and <c>onHangup</c> sipgate
/// reports new calls only. https://developer.sipgate.io/push-api/api-reference/
/// </summary>
/// <param name="callback">Absolute address for the events that follow; null when it is not known.</param>
internal sealed class SipgateXml(string? callback)
{
    /// <summary>sipgate redirects a call to at most five targets.</summary>
    public const int MaxTargets = 5;

    private const string ContentType = "application/xml";

    private static readonly XmlWriterSettings Settings = new() { Encoding = new UTF8Encoding(encoderShouldEmitUTF8Identifier: false),
        OmitXmlDeclaration = false };

    /// <summary>Leaves the call to sipgate's own routing, and requests its events.</summary>
    public WebhookResponse Listen() => Write(_ => { });

    /// <summary>
    /// One step of the plan. Its sentences are not said: sipgate plays sound files alone, and only instead of a redirection. Nor does it
    /// come back when nobody answers,
    /// so what follows the first group is sipgate's own doing.
    /// </summary>
    public WebhookResponse Say(CallFlowStep step) => Write(xml =>
    {
        switch (step)
        {
            case CallFlowStep.Ring ring when Targets(ring).Any():
                xml.WriteStartElement("Dial");
                foreach (var number in Targets(ring)) xml.WriteElementString("Number", number);
                xml.WriteEndElement();
                break;
            case CallFlowStep.TakeMessage:
                xml.WriteStartElement("Dial");
                xml.WriteElementString("Voicemail", null);
                xml.WriteEndElement();
                break;
            case CallFlowStep.Farewell:
                // No ringing and no recording: a busy tone needs no voice.
                xml.WriteStartElement("Reject");
                xml.WriteAttributeString("reason", "busy");
                xml.WriteEndElement();
                break;
            default:
                break;
        }
    });

    /// <summary>Whom a group rings: E.164 without the plus; sipgate dials numbers only.</summary>
    private static IEnumerable<string> Targets(CallFlowStep.Ring ring) =>
        ring.Numbers.Where(n => n.StartsWith('+')).Take(MaxTargets).Select(n => n[1..]);

    /// <summary>Sentences for what a plan asks for and sipgate's XML cannot say, each naming the setting.</summary>
    public static IEnumerable<string> Problems(CallFlowOptions plan, string setting)
    {
        if (plan.Greeting is not null)
            yield return $"{setting}__Greeting cannot be said before people are rung at sipgate: record it there, or leave it out.";
        if (plan.Rings.Count > 1)
            yield return $"{setting}__Rings__1 is never rung: sipgate does not ask again when nobody answers; put up to five numbers into Rings__0.";
        if (plan.Rings.Count > 0)
        {
            var numbers = plan.Rings[0].Numbers.Split(',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries);
            if (numbers.Length > MaxTargets)
                yield return $"{setting}__Rings__0__Numbers holds more than five numbers: sipgate rings the first five.";
            if (Array.Exists(numbers, n => n.StartsWith("sip:", StringComparison.Ordinal)))
                yield return $"{setting}__Rings__0__Numbers holds a sip: address: sipgate rings numbers only.";
        }
    }

    private WebhookResponse Write(Action<XmlWriter> verbs)
    {
        using var bytes = new MemoryStream(256);
        using (var xml = XmlWriter.Create(bytes, Settings))
        {
            xml.WriteStartElement("Response");
            if (callback is not null)
            {
                xml.WriteAttributeString("onAnswer", callback);
                xml.WriteAttributeString("onHangup", callback);
            }

            verbs(xml);
            xml.WriteEndElement();
        }

        return new WebhookResponse(200, ContentType, bytes.ToArray());
    }
}
