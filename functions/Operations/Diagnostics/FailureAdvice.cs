using Serverless.Channels;
using Serverless.Platform.Localization;

namespace Serverless.Operations.Diagnostics;

/// <summary>What to check after a failed verification: one sentence for each code of <see cref="VerificationReasons"/>.</summary>
public sealed class FailureAdvice(TextBook texts)
{
    /// <summary>The sentence for a reason; a general one for an unknown code.</summary>
    /// <param name="reason">A code of <see cref="VerificationReasons"/>.</param>
    /// <param name="language">BCP 47 tag; English unless given, as the API answers.</param>
    public string For(string reason, string language = TextBook.English)
    {
        var key = $"check_{reason.Replace('-', '_')}";
        return texts.Say(language, TextBook.Has(key) ? key : "check_other");
    }
}
