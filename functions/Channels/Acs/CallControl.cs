using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using Serverless.Channels.CallFlows;
using Serverless.Platform.OutboundHttp;

namespace Serverless.Channels.Acs;

/// <summary>
/// Calls of Call Automation within one call, each caused by one event. Where the API takes a repeatability id it is made of the event, so
/// that the same event does nothing twice; sentences are
/// said again at worst. https://learn.microsoft.com/rest/api/communication/callautomation/operation-groups
/// </summary>
/// <param name="calls">The guarded client.</param>
/// <param name="options">Settings in force.</param>
/// <param name="cause">Id of the event.</param>
/// <param name="at">Time of the event: the same at every try.</param>
/// <param name="now">The clock.</param>
internal sealed class CallControl(ProviderHttp calls, AcsOptions options, string cause, DateTimeOffset at, DateTimeOffset now)
{
    private const string Version = "?api-version=2024-09-15";

    /// <summary>The longest that Call Automation waits for a key, in seconds.</summary>
    public const int MaxWait = 300;

    public Task<ProviderResponse> AnswerAsync(string context, string callback, CallPlace place, CancellationToken ct) =>
        PostAsync("/calling/callConnections:answer", json =>
    {
        json.WriteString("incomingCallContext", context);
        json.WriteString("callbackUri", callback);
        json.WriteString("operationContext", place.ToString());
        if (string.IsNullOrEmpty(options.SpeechUrl)) return;
        json.WriteStartObject("callIntelligenceOptions");
        json.WriteString("cognitiveServicesEndpoint", options.SpeechUrl);
        json.WriteEndObject();
    }, ct);

    /// <summary>Says sentences, or plays files where a sentence is an address.</summary>
    public Task<ProviderResponse> SayAsync(string connection, CallFlow plan, IReadOnlyList<string> sentences, CallPlace place,
        CancellationToken ct) => PlayAsync(connection, json =>
    {
        foreach (var sentence in sentences) Source(json, plan, sentence);
    }, place, loop: false, ct);

    /// <summary>Plays a file again and again, to the caller alone.</summary>
    public Task<ProviderResponse> LoopAsync(string connection, string file, CallPlace place, CancellationToken ct) =>
        PlayAsync(connection, json => File(json, file), place, loop: true, ct);

    public Task<ProviderResponse> HushAsync(string connection, CancellationToken ct) =>
        PostAsync($"{Of(connection)}:cancelAllMediaOperations", null, ct, repeatable: false);

    /// <summary>Rings a number; it sees the number that the caller dialled, since another one is not let through.</summary>
    public Task<ProviderResponse> RingAsync(string connection, string number, int seconds, CallPlace place, CancellationToken ct) =>
        PostAsync($"{Of(connection)}/participants:add", json =>
    {
        Phone(json, "participantToAdd", number);
        json.WriteStartObject("sourceCallerIdNumber");
        json.WriteString("value", place.Dialled);
        json.WriteEndObject();
        json.WriteNumber("invitationTimeoutInSeconds", seconds);
        json.WriteString("operationContext", place.ToString());
    }, ct);

    public Task<ProviderResponse> RecordAsync(string serverCallId, CancellationToken ct) => PostAsync("/calling/recordings", json =>
    {
        json.WriteStartObject("callLocator");
        json.WriteString("kind", "serverCallLocator");
        json.WriteString("serverCallId", serverCallId);
        json.WriteEndObject();
        json.WriteString("recordingContentType", "audio");
        json.WriteString("recordingChannelType", "mixed");
        json.WriteString("recordingFormatType", "mp3");
    }, ct);

    /// <summary>Waits for the key # as long as a message may be: the only clock of a call that needs nothing of ours to run.</summary>
    public Task<ProviderResponse> WaitForKeyAsync(string connection, int seconds, CallPlace place, CancellationToken ct) =>
        PostAsync($"{Of(connection)}:recognize", json =>
    {
        json.WriteString("recognizeInputType", "dtmf");
        json.WriteBoolean("interruptCallMediaOperation", true);
        json.WriteStartObject("recognizeOptions");
        json.WriteNumber("initialSilenceTimeoutInSeconds", Math.Min(seconds, MaxWait));
        Phone(json, "targetParticipant", place.Caller);
        json.WriteStartObject("dtmfOptions");
        json.WriteNumber("maxTonesToCollect", 1);
        json.WriteStartArray("stopTones");
        json.WriteStringValue("pound");
        json.WriteEndArray();
        json.WriteEndObject();
        json.WriteEndObject();
        json.WriteString("operationContext", place.ToString());
    }, ct, repeatable: false);

    /// <summary>Ends the call for everybody.</summary>
    public Task<ProviderResponse> EndAsync(string connection, CancellationToken ct) => PostAsync($"{Of(connection)}:terminate", null, ct);

    /// <summary>Number of telephones in the call; null when unknown.</summary>
    public async Task<(ProviderResponse Answer, int? Count)> PhonesAsync(string connection, CancellationToken ct)
    {
        var answer = await AcsApi.SendAsync(calls, options, HttpMethod.Get, $"{Of(connection)}/participants{Version}", [], null, now, ct);
        if (!answer.Succeeded) return (answer, null);
        try
        {
            using var json = JsonDocument.Parse(answer.Body);
            return (answer, CallEvents.Phones(json.RootElement.Get("value"u8)));
        }
        catch (JsonException)
        {
            return (answer, null);
        }
    }

    private Task<ProviderResponse> PlayAsync(string connection, Action<Utf8JsonWriter> sources, CallPlace place, bool loop,
        CancellationToken ct) => PostAsync($"{Of(connection)}:play", json =>
    {
        json.WriteStartArray("playSources");
        sources(json);
        json.WriteEndArray();
        if (loop)
        {
            json.WriteStartArray("playTo");
            Phone(json, null, place.Caller);
            json.WriteEndArray();
        }

        // A sound that still runs gives way.
        json.WriteBoolean("interruptCallMediaOperation", !loop);
        json.WriteStartObject("playOptions");
        json.WriteBoolean("loop", loop);
        json.WriteEndObject();
        json.WriteString("operationContext", place.ToString());
    }, ct, repeatable: false);

    // Media operations take no repeatability id.
    private Task<ProviderResponse> PostAsync(string path, Action<Utf8JsonWriter>? members, CancellationToken ct, bool repeatable = true)
    {
        var body = members is null ? [] : AcsBodies.Write(members);
        return AcsApi.SendAsync(calls, options, HttpMethod.Post, path + Version, body, repeatable ? (IdOf(path, body), at) : null, now, ct);
    }

    // The specification requires "A version 4 (random) UUID"; derived from event and request, it is the same on every attempt.
    private Guid IdOf(string path, byte[] body)
    {
        var hash = SHA256.HashData([.. Encoding.UTF8.GetBytes($"{cause}\n{path}\n"), .. body]).AsSpan(0, 16);
        hash[6] = (byte)((hash[6] & 0x0f) | 0x40);
        hash[8] = (byte)((hash[8] & 0x3f) | 0x80);
        return new Guid(hash, bigEndian: true);
    }

    private static string Of(string connection) => $"/calling/callConnections/{Uri.EscapeDataString(connection)}";

    private static void Source(Utf8JsonWriter json, CallFlow plan, string sentence)
    {
        if (IsFile(sentence))
        {
            File(json, sentence);
            return;
        }

        json.WriteStartObject();
        json.WriteString("kind", "text");
        json.WriteStartObject("text");
        json.WriteString("text", sentence);
        // A voice, or a language with a kind of voice: one of both is needed.
        if (plan.Voice is not null) json.WriteString("voiceName", plan.Voice);
        else
        {
            json.WriteString("sourceLocale", plan.Language);
            json.WriteString("voiceKind", "female");
        }

        json.WriteEndObject();
        json.WriteEndObject();
    }

    /// <summary>Whether a text of the plan is the address of a file to play.</summary>
    public static bool IsFile(string sentence) =>
        sentence.StartsWith("https://", StringComparison.Ordinal) && !sentence.Contains(' ', StringComparison.Ordinal);

    private static void File(Utf8JsonWriter json, string address)
    {
        json.WriteStartObject();
        json.WriteString("kind", "file");
        json.WriteStartObject("file");
        json.WriteString("uri", address);
        json.WriteEndObject();
        json.WriteEndObject();
    }

    // https://learn.microsoft.com/azure/communication-services/concepts/identifiers
    private static void Phone(Utf8JsonWriter json, string? name, string number)
    {
        if (name is null) json.WriteStartObject();
        else json.WriteStartObject(name);
        json.WriteString("kind", "phoneNumber");
        json.WriteStartObject("phoneNumber");
        json.WriteString("value", number);
        json.WriteEndObject();
        json.WriteEndObject();
    }
}
