using System.Text.Json;
using Serverless.Channels.CallFlows;
using Serverless.Platform.Json;

namespace Serverless.Channels.Vonage;

/// <summary>Says the steps of an answer plan as a Call Control Object. Every address in it is absolute.
/// https://developer.vonage.com/en/voice/voice-api/ncco-reference</summary>
/// <param name="plan">The call flow.</param>
/// <param name="hooks">Address of the channel, with a slash at the end.</param>
/// <param name="dialled">The number of ours that was called, digits alone; it is shown to the people we ring, since Vonage lets no other
/// one through.</param>
internal sealed class Ncco(CallFlow plan, string hooks, string? dialled)
{
    /// <summary>Vonage truncates longer texts.</summary>
    private const int MaxSentence = 1500;

    /// <summary>The index in the call flow that means "take a message".</summary>
    public const string NextIsMessage = "message";

    /// <summary>The running actions continue.</summary>
    public static WebhookResponse Nothing { get; } = WebhookResponse.Empty();

    /// <summary>One step of the plan.</summary>
    /// <param name="step">What happens.</param>
    /// <param name="group">Position of the step in the call flow.</param>
    /// <param name="person">Which of the group's numbers is rung.</param>
    public WebhookResponse Say(CallFlowStep step, int group, int person)
    {
        using var bytes = new MemoryStream(512);
        using (var json = PlainJson.Writer(bytes))
        {
            json.WriteStartArray();
            foreach (var sentence in step.Sentences) Talk(json, sentence);
            if (step is CallFlowStep.Ring ring) Connect(json, ring, group, person);
            if (step is CallFlowStep.TakeMessage message)
            {
                Record(json, message);
                Talk(json, plan.Thanks);
            }

            // What follows the last action is the end of the call.
            json.WriteEndArray();
        }

        return WebhookResponse.Json(bytes.ToArray());
    }

    private void Talk(Utf8JsonWriter json, string sentence)
    {
        json.WriteStartObject();
        json.WriteString("action"u8, "talk"u8);
        json.WriteString("text"u8, sentence.Length > MaxSentence ? sentence[..MaxSentence] : sentence);
        json.WriteString("language"u8, plan.Language);
        // Vonage counts its voices of one language from 0: https://developer.vonage.com/en/voice/voice-api/guides/text-to-speech
        if (int.TryParse(plan.Voice, out var style)) json.WriteNumber("style"u8, style);
        json.WriteEndObject();
    }

    // One endpoint is all that "connect" takes, so a group is rung one after another. Synchronous: our answer to the event that says "not
    // reached" decides how the call
    // goes on; nothing else would follow a conversation that has ended.
    private void Connect(Utf8JsonWriter json, CallFlowStep.Ring ring, int group, int person)
    {
        var number = ring.Numbers[person];
        var next = person + 1 < ring.Numbers.Count ? $"{group}.{person + 1}" : ring.NextIndex is { } index ? $"{index}.0" : NextIsMessage;
        json.WriteStartObject();
        json.WriteString("action"u8, "connect"u8);
        json.WriteString("eventType"u8, "synchronous"u8);
        WriteEventUrl(json, $"voice/dial?next={next}");
        json.WriteNumber("timeout"u8, ring.Seconds);
        if (dialled is not null) json.WriteString("from"u8, dialled);
        json.WriteStartArray("endpoint"u8);
        json.WriteStartObject();
        if (number.StartsWith("sip:", StringComparison.Ordinal))
        {
            json.WriteString("type"u8, "sip"u8);
            json.WriteString("uri"u8, number);
        }
        else
        {
            json.WriteString("type"u8, "phone"u8);
            json.WriteString("number"u8, number.TrimStart('+'));
        }

        json.WriteEndObject();
        json.WriteEndArray();
        json.WriteEndObject();
    }

    // Without a condition that ends it nothing is recorded at all. 10 is the longest silence that Vonage waits for.
    private void Record(Utf8JsonWriter json, CallFlowStep.TakeMessage message)
    {
        json.WriteStartObject();
        json.WriteString("action"u8, "record"u8);
        json.WriteString("format"u8, "mp3"u8);
        json.WriteBoolean("beepStart"u8, true);
        json.WriteNumber("endOnSilence"u8, 10);
        json.WriteString("endOnKey"u8, "#"u8);
        json.WriteNumber("timeOut"u8, message.MaxSeconds);
        WriteEventUrl(json, "voice/recording");
        if (message.Transcribe)
        {
            json.WriteStartObject("transcription"u8);
            json.WriteString("language"u8, plan.Language);
            WriteEventUrl(json, "voice/transcription");
            json.WriteEndObject();
        }

        json.WriteEndObject();
    }

    private void WriteEventUrl(Utf8JsonWriter json, string door)
    {
        json.WriteStartArray("eventUrl"u8);
        json.WriteStringValue(hooks + door);
        json.WriteEndArray();
        json.WriteString("eventMethod"u8, "POST"u8);
    }
}
