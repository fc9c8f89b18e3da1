using Serverless.Channels;

namespace Serverless.Operations.Diagnostics;

/// <summary>What to check when a call failed its check: one sentence for each reason code, in the two languages of the people who read it.</summary>
public static class FailureAdvice
{
    private static readonly Dictionary<string, (string English, string German)> Sentences = new(StringComparer.Ordinal)
    {
        [VerificationReasons.SignatureMissing] = (
            "The header that carries the signature is missing: is the call signed at all, and does nothing on its way take the header away?",
            "Der Header mit der Signatur fehlt: Wird der Aufruf überhaupt signiert, und entfernt nichts unterwegs den Header?"),
        [VerificationReasons.SignatureMalformed] = (
            "The signature or its time cannot be read: check how it is written (hex or base64, prefix, seconds) and that the body is encoded as its type says.",
            "Die Signatur oder ihre Zeit ist nicht lesbar: Schreibweise prüfen (Hex oder Base64, Präfix, Sekunden) und ob der Inhalt so kodiert ist, wie sein Typ sagt."),
        [VerificationReasons.SignatureWrong] = (
            "The signature belongs to another secret, another address or another body: compare the secret on both sides, then the address entered at the sender, then look for something that rewrites the body.",
            "Die Signatur gehört zu einem anderen Geheimnis, einer anderen Adresse oder einem anderen Inhalt: zuerst das Geheimnis beider Seiten vergleichen, dann die beim Absender eingetragene Adresse, dann suchen, was den Inhalt umschreibt."),
        [VerificationReasons.BodyHashWrong] = (
            "The signature holds, but not for this body: something between sender and receiver rewrites the body.",
            "Die Signatur stimmt, aber nicht für diesen Inhalt: Etwas zwischen Absender und Empfänger schreibt ihn um."),
        [VerificationReasons.Stale] = (
            "The signature holds, but its time is too far from the time of arrival: check the sender's clock, and whether it repeats old calls without signing them anew.",
            "Die Signatur stimmt, aber ihre Zeit liegt zu weit von der Ankunft: die Uhr des Absenders prüfen, und ob er alte Aufrufe wiederholt, ohne sie neu zu signieren."),
        [VerificationReasons.NoSecret] = (
            "No secret is set here for this channel or account: the health page names the setting.",
            "Hier ist für diesen Kanal oder dieses Konto kein Geheimnis eingetragen: Die Health-Seite nennt die Einstellung."),
        [VerificationReasons.KeyUnknown] = (
            "The signature names a key, a number or an account that is not known here: check whose account calls, and whether its key was exchanged.",
            "Die Signatur nennt einen Schlüssel, eine Nummer oder ein Konto, das hier nicht bekannt ist: prüfen, wessen Konto aufruft und ob sein Schlüssel getauscht wurde."),
        [VerificationReasons.SourceForeign] = (
            "Well signed, but by a sender that may not speak for this source: add the source to that sender's Sources, or sign with the secret of the right sender.",
            "Richtig signiert, aber von einem Absender, der für diese Quelle nicht sprechen darf: die Quelle bei diesem Absender unter Sources eintragen oder mit dem Geheimnis des richtigen Absenders signieren."),
        [VerificationReasons.IdMismatch] = (
            "Two ids that must be the same are not: webhook-id must equal ce-id.",
            "Zwei Kennungen, die gleich sein müssen, sind es nicht: webhook-id muss gleich ce-id sein."),
    };

    /// <summary>Every reason there is a sentence for.</summary>
    public static IReadOnlyCollection<string> Known => Sentences.Keys;

    /// <summary>The sentence for a reason; one that fits any for a code of a later version.</summary>
    public static string For(string reason, bool german = false) => Sentences.TryGetValue(reason, out var both)
        ? german ? both.German : both.English
        : german ? "Der Aufruf hat seine Prüfung nicht bestanden." : "The call did not pass its check.";
}
