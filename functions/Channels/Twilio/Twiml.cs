using System.Text;
using System.Xml;
using Serverless.Channels.CallFlows;

namespace Serverless.Channels.Twilio;

/// <summary>Says the steps of an answer plan in TwiML. Every address in it is absolute. https://www.twilio.com/docs/voice/twiml</summary>
internal sealed class Twiml(CallFlow plan, string hooks)
{
    private const string ContentType = "text/xml; charset=utf-8";

    /// <summary>
    /// Asks Twilio to call again up to five times when the connection fails or we answer 5xx; without it a status callback is sent once.
    /// The fragment is not part of the signed address. https://www.twilio.com/docs/usage/webhooks/webhooks-connection-overrides
    /// </summary>
    private const string Retries = "#rc=5&rp=5xx,ct,rt";

    private static readonly XmlWriterSettings Settings = new() { Encoding = new UTF8Encoding(encoderShouldEmitUTF8Identifier: false),
        OmitXmlDeclaration = false };

    /// <summary>Does nothing and sends nothing.</summary>
    public static WebhookResponse Nothing { get; } = Write(_ => { });

    /// <summary>Ends the call.</summary>
    public static WebhookResponse Hangup { get; } = Write(xml =>
    {
        xml.WriteStartElement("Hangup");
        xml.WriteEndElement();
    });

    /// <summary>One step of the plan.</summary>
    /// <param name="step">What happens.</param>
    /// <param name="comeBack">True when this call could not be stored: the answer then ends by calling us once more.</param>
    public WebhookResponse Say(CallFlowStep step, bool comeBack) => Write(xml =>
    {
        foreach (var sentence in step.Sentences) Say(xml, sentence);
        switch (step)
        {
            case CallFlowStep.Ring ring:
                Dial(xml, ring);
                break;
            case CallFlowStep.TakeMessage message:
                Record(xml, message);
                if (comeBack) Redirect(xml);
                break;
            default:
                if (comeBack) Redirect(xml);
                else xml.WriteElementString("Hangup", null);
                break;
        }
    });

    /// <summary>Thanks for a message and ends the call.</summary>
    public WebhookResponse Farewell() => Write(xml =>
    {
        Say(xml, plan.Thanks);
        xml.WriteElementString("Hangup", null);
    });

    private void Say(XmlWriter xml, string sentence)
    {
        xml.WriteStartElement("Say");
        xml.WriteAttributeString("language", plan.Language);
        if (plan.Voice is not null) xml.WriteAttributeString("voice", Speakable(plan.Voice));
        xml.WriteString(Speakable(sentence));
        xml.WriteEndElement();
    }

    /// <summary>https://www.twilio.com/docs/voice/twiml/dial and https://www.twilio.com/docs/voice/twiml/number</summary>
    private void Dial(XmlWriter xml, CallFlowStep.Ring ring)
    {
        xml.WriteStartElement("Dial");
        xml.WriteAttributeString("answerOnBridge", "true");
        xml.WriteAttributeString("timeout", ring.Seconds.ToString());
        xml.WriteAttributeString("action", $"{hooks}voice/dial?next={ring.NextIndex?.ToString() ?? TwilioVoicePayload.NextIsMessage}");
        xml.WriteAttributeString("method", "POST");
        foreach (var number in ring.Numbers)
        {
            xml.WriteStartElement(number.StartsWith("sip:", StringComparison.Ordinal) ? "Sip" : "Number");
            xml.WriteAttributeString("statusCallback", $"{hooks}voice/status{Retries}");
            xml.WriteAttributeString("statusCallbackEvent", "answered");
            xml.WriteString(Speakable(number));
            xml.WriteEndElement();
        }

        xml.WriteEndElement();
    }

    /// <summary>https://www.twilio.com/docs/voice/twiml/record</summary>
    private void Record(XmlWriter xml, CallFlowStep.TakeMessage message)
    {
        xml.WriteStartElement("Record");
        xml.WriteAttributeString("action", $"{hooks}voice/message");
        xml.WriteAttributeString("method", "POST");
        xml.WriteAttributeString("maxLength", message.MaxSeconds.ToString());
        xml.WriteAttributeString("timeout", "10");
        xml.WriteAttributeString("recordingStatusCallback", $"{hooks}voice/recording{Retries}");
        xml.WriteAttributeString("recordingStatusCallbackEvent", "completed absent");
        if (message.Transcribe && CanTranscribe(plan.Language, message.MaxSeconds))
        {
            xml.WriteAttributeString("transcribe", "true");
            xml.WriteAttributeString("transcribeCallback", $"{hooks}voice/transcription{Retries}");
        }

        xml.WriteEndElement();
    }

    /// <summary>Twilio writes down English of at most two minutes. https://www.twilio.com/docs/voice/twiml/record#transcribe</summary>
    public static bool CanTranscribe(string language, int seconds) =>
        language.StartsWith("en", StringComparison.OrdinalIgnoreCase) && seconds <= 120;

    private void Redirect(XmlWriter xml)
    {
        xml.WriteStartElement("Redirect");
        xml.WriteAttributeString("method", "POST");
        xml.WriteString($"{hooks}voice/message");
        xml.WriteEndElement();
    }

    /// <summary>What XML cannot hold is left out, so that a slip in a setting never costs a caller the answer.</summary>
    private static string Speakable(string text) =>
        text.AsSpan().ContainsAnyExceptInRange(' ', '\ud7ff') ? string.Concat(text.Where(XmlConvert.IsXmlChar)) : text;

    private static WebhookResponse Write(Action<XmlWriter> verbs)
    {
        using var bytes = new MemoryStream(512);
        using (var xml = XmlWriter.Create(bytes, Settings))
        {
            xml.WriteStartElement("Response");
            verbs(xml);
            xml.WriteEndElement();
        }

        return new WebhookResponse(200, ContentType, bytes.ToArray());
    }
}
