using System.Net.Http.Headers;
using Serverless.Contacts;
using Serverless.Platform.Json;

namespace Serverless.Channels.Placetel;

/// <content>
/// Replies are sent as SMS (<c>POST /sms</c> of Placetel's REST API, https://api.placetel.de/v2/docs/). There is no reconciliation and no
/// registration by API; the reasons are stated.
/// </content>
public sealed partial class PlacetelChannel : ISendsReplies, IReconciles, IRegistersWebhooks
{
    /// <summary>Ten SMS joined; ours, since Placetel names no limit.</summary>
    private const int MaxCharacters = 1530;

    /// <summary>Placetel knows no key of ours: the same text twice is two messages.</summary>
    public bool Repeatable => false;

    public IReadOnlyList<ReconciliationSource> Sources => [];

    public IReadOnlyList<string> Blind { get; } =
        ["Placetel cannot be reconciled: its API lists calls by its own ids and not by the call_id of its notifications, so known and lost calls "
            + "cannot be distinguished."];

    public Task<ReconciliationResult> ReadAsync(string source, ReconciliationStart from, CancellationToken ct) =>
        Task.FromResult<ReconciliationResult>(new ReconciliationResult.Page([], from.Cursor, More: false));

    public Task<IReadOnlyList<Registration>> CheckAsync(RegistrationCheckRequest upkeep, CancellationToken ct)
    {
        var address = $"{upkeep.PublicBaseUrl ?? "<Hooks__PublicBaseUrl>"}/api/hooks/{ChannelName}";
        return Task.FromResult<IReadOnlyList<Registration>>(
        [
            new Registration("webhook", RegistrationState.ByHand, "Placetel's API does not say which address and secret are entered.",
                $"In web.placetel.de under Settings, External APIs, enter {address} and the secret of Channels__Placetel__Secret, and tick each number; for call control also set the number's routing to External API."),
        ]);
    }

    public async Task<ReplyOutcome> SendAsync(Reply reply, CancellationToken ct)
    {
        var current = options.CurrentValue;
        if (string.IsNullOrEmpty(current.Token))
            return new ReplyOutcome.Refused(ReplyReasons.NotPermitted, "Channels__Placetel__Token is needed to send an SMS.");
        if (PlacetelNumber.Of(reply.To.Reply?.Address, current.CountryCode) is not { } number)
            return new ReplyOutcome.Refused(ReplyReasons.NoReplyPath);
        if (reply.Text.Length > MaxCharacters)
            return new ReplyOutcome.Refused(ReplyReasons.TooLong, $"An SMS holds {MaxCharacters} characters.");

        using var request = new HttpRequestMessage(HttpMethod.Post,
            $"{current.ApiUrl.TrimEnd('/')}/sms") { Content = new ByteArrayContent(Body(number, reply.Text)) };
        request.Content.Headers.ContentType = new MediaTypeHeaderValue("application/json");
        request.Headers.Authorization = new AuthenticationHeaderValue("Bearer", current.Token);
        var answer = await calls.SendAsync(request, ct);
        return answer.Status switch
        {
            >= 200 and < 300 => new ReplyOutcome.Sent(Event(reply, number)),
            401 or 403 =>
                new ReplyOutcome.Refused(ReplyReasons.NotPermitted,
                    $"{answer.Status}: Channels__Placetel__Token is not accepted, or SMS are not booked."),
            _ => ReplyOutcome.NotTaken(answer.Status, answer.MaybeSent, answer.RetryAfter),
        };
    }

    private static byte[] Body(string recipient, string message)
    {
        using var bytes = new MemoryStream();
        using (var json = PlainJson.Writer(bytes))
        {
            json.WriteStartObject();
            json.WriteString("recipient", recipient);
            json.WriteString("message", message);
            json.WriteEndObject();
        }

        return bytes.ToArray();
    }

    // The provider names no id of an SMS, and echoes none.
    private ContactEvent Event(Reply reply, string number)
    {
        var sent = reply.AsSent($"sms:{reply.Id}", time.GetUtcNow(), "sms");
        return sent with { Contact = sent.Contact
            with { Account = ChannelName, Parties = [new Identity("phone", number, Evidence.Claimed)] } };
    }
}
