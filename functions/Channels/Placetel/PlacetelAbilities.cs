using System.Net.Http.Headers;
using System.Text.Json;

namespace Serverless.Channels.Placetel;

/// <content>
/// Replies go out as SMS (<c>POST /sms</c> of Placetel's REST API, https://api.placetel.de/v2/docs/). There is no second look and no registration by API: what stands in the way is said.
/// </content>
public sealed partial class PlacetelChannel : IReplies, ILooksAgain, ISubscribes
{
    /// <summary>Ten SMS joined; ours, since Placetel names no limit.</summary>
    private const int MaxCharacters = 1530;

    /// <summary>Placetel knows no key of ours: the same text twice is two messages.</summary>
    public bool Repeatable => false;

    public IReadOnlyList<LookSource> Sources => [];

    public IReadOnlyList<string> Blind { get; } =
        ["Placetel cannot be looked at again: its API lists calls under numbers of its own and not under the call_id of its notifications, so a call that is known could not be told from one that was missed."];

    public Task<Looked> LookAsync(string source, LookFrom from, CancellationToken ct) => Task.FromResult<Looked>(new Looked.Page([], from.Cursor, More: false));

    public Task<IReadOnlyList<Registration>> CheckAsync(Upkeep upkeep, CancellationToken ct)
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
        if (string.IsNullOrEmpty(current.Token)) return new ReplyOutcome.Refused(ReplyReasons.NotPermitted, "Channels__Placetel__Token is needed to send an SMS.");
        if (PlacetelNumber.Of(reply.To.Reply?.Address, current.CountryCode) is not { } number) return new ReplyOutcome.Refused(ReplyReasons.NoReplyPath);
        if (reply.Text.Length > MaxCharacters) return new ReplyOutcome.Refused(ReplyReasons.TooLong, $"An SMS holds {MaxCharacters} characters.");

        using var request = new HttpRequestMessage(HttpMethod.Post, $"{current.ApiUrl.TrimEnd('/')}/sms") { Content = new ByteArrayContent(Body(number, reply.Text)) };
        request.Content.Headers.ContentType = new MediaTypeHeaderValue("application/json");
        request.Headers.Authorization = new AuthenticationHeaderValue("Bearer", current.Token);
        var answer = await calls.SendAsync(request, ct);
        return answer.Status switch
        {
            >= 200 and < 300 => new ReplyOutcome.Sent(Event(reply, number)),
            401 or 403 => new ReplyOutcome.Refused(ReplyReasons.NotPermitted, $"{answer.Status}: Channels__Placetel__Token is not accepted, or SMS are not booked."),
            429 => new ReplyOutcome.Later(ReplyReasons.RateLimited, answer.RetryAfter),
            >= 400 and < 500 => new ReplyOutcome.Refused(ReplyReasons.ContentRefused, answer.Status.ToString()),
            0 when !answer.MaybeSent => new ReplyOutcome.Later(ReplyReasons.Unreachable),
            _ => new ReplyOutcome.Uncertain(ReplyReasons.Unreachable),
        };
    }

    private static byte[] Body(string recipient, string message)
    {
        using var bytes = new MemoryStream();
        using (var json = new Utf8JsonWriter(bytes))
        {
            json.WriteStartObject();
            json.WriteString("recipient", recipient);
            json.WriteString("message", message);
            json.WriteEndObject();
        }

        return bytes.ToArray();
    }

    private ContactEvent Event(Reply reply, string number)
    {
        var id = $"sms:{reply.Id}";
        var now = time.GetUtcNow();
        return new ContactEvent(id, ContactChange.Received, new Contact
        {
            Channel = ChannelName,
            Network = "sms",
            Account = ChannelName,
            ExternalId = id,
            Kind = ContactKind.Message,
            Direction = Direction.Outbound,
            Entry = reply.To.Entry,
            ThreadKey = reply.To.ThreadKey,
            Parties = [new Identity("phone", number, Evidence.Claimed)],
            OccurredAt = now,
            ReceivedAt = now,
            Text = reply.Text,
        });
    }
}
