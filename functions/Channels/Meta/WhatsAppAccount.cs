using System.Text.Json;

namespace Serverless.Channels.Meta;

/// <summary>Reads what becomes of a WhatsApp Business account. One that is dead or about to be takes no customer's message any more, and
/// nothing else says so: an alarm, until it is back.</summary>
/// <remarks>https://developers.facebook.com/documentation/business-messaging/whatsapp/webhooks/reference/account_update</remarks>
internal static class WhatsAppAccount
{
    public static Parsed Read(MetaOrigin origin, JsonElement value)
    {
        var happened = value.Get("event"u8).AsText() ?? (value.Get("decision"u8).AsText() is { } decision ? $"REVIEW_{decision}" : null);
        // Another business's account, shared with our app: the relevant one is inside.
        var account = value.Get("waba_info"u8).Get("waba_id"u8).AsId() ?? origin.EntryId;
        if (happened is null) return new Parsed.Ignored("account-notice");
        var banned = value.Get("ban_info"u8).Get("waba_ban_state"u8);
        var state = banned.AsText() ?? banned.Items().Select(s => s.AsText()).LastOrDefault();
        var (reason, detail) = happened switch
        {
            "ACCOUNT_DELETED" => ("account-deleted", "It was deleted."),
            "ACCOUNT_RESTRICTION" => ("account-restricted", $"It is restricted: {Restrictions(value)}."),
            "ACCOUNT_VIOLATION" =>
                ("account-violation",
                    $"Meta says that it violates a policy: {value.Get("violation_info"u8).Get("violation_type"u8).AsText() ?? "not said which"}."),
            "DISABLED_UPDATE" when state is "REINSTATE" => ("", ""),
            "DISABLED_UPDATE" => ("account-disabled", state is "SCHEDULE_FOR_DISABLE" ? "It is going to be disabled." : "It is disabled."),
            "PARTNER_REMOVED" => ("partner-removed", "It is no longer shared with us."),
            "PARTNER_APP_UNINSTALLED" => ("partner-removed", "Our app was taken off it."),
            "ACCOUNT_OFFBOARDED" => ("account-offboarded", "Its number went back to the phone app."),
            "REVIEW_REJECTED" => ("account-rejected", "Meta's review rejected it."),
            "ACCOUNT_RECONNECTED" or "PARTNER_ADDED" or "PARTNER_APP_INSTALLED" or "REVIEW_APPROVED" => ("", ""),
            _ => (null, null),
        };
        if (reason is null) return new Parsed.Ignored("account-notice");
        var name = $"WhatsApp account {account}";
        if (reason.Length == 0) return new Parsed.Alert("account-reinstated") { Alarm = new Registration(name, RegistrationState.Right) };
        return new Parsed.Alert(reason)
        {
            Alarm = new Registration(name, RegistrationState.Drifted, detail,
                $"Open the account {account} in WhatsApp Manager, Account quality, and appeal or connect it again; until then its customers do not reach us."),
        };
    }

    private static string Restrictions(JsonElement value)
    {
        var types = string.Join(", ", value.Get("restriction_info"u8).Items().Select(r => r.Get("restriction_type"u8).AsText())
            .OfType<string>().Take(10));
        return types.Length > 0 ? types : "not said how";
    }
}
