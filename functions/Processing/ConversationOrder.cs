using Serverless.Cases.Rules;
using Serverless.Channels;

namespace Serverless.Processing;

/// <summary>
/// Decides which items of a delivery may be processed in parallel: those of different conversations. Items that share a conversation, by
/// one of its names, a contact, or a contact that one of them answers, keep their order in one lane. An item that affects more than a
/// conversation (a renamed place, an alert of the provider, a call-control step) is processed alone, between the items before and after
/// it.
/// </summary>
internal static class ConversationOrder
{
    /// <summary>Stages to be worked one after the other; each holds lanes, and each lane indexes of pieces, in order.</summary>
    public static List<List<List<int>>> Of(IReadOnlyList<DeliveryProcessor.Piece> pieces, string channel)
    {
        List<List<List<int>>> stages = [];
        var stage = new Stage();
        for (var i = 0; i < pieces.Count; i++)
        {
            if (!IsAlone(pieces[i].Reading))
            {
                // A channel that makes a slip costs that piece alone: it fails when it is filed.
                stage.Add(i, DeliveryProcessor.Try(() => KeysOf(pieces[i].Reading, channel).ToList(), out _) ?? []);
                continue;
            }

            if (stage.Lanes.Count > 0) stages.Add(stage.Lanes);
            stages.Add([[i]]);
            stage = new Stage();
        }

        if (stage.Lanes.Count > 0) stages.Add(stage.Lanes);
        return stages;
    }

    private static bool IsAlone(Parsed? reading) => reading is Parsed.PlaceRenamed or Parsed.Alert || reading?.Step is not null;

    private static IEnumerable<string> KeysOf(Parsed? reading, string channel)
    {
        if (reading is Parsed.StatusUpdate { Message: var message })
        {
            yield return CaseKeys.Contact(channel, message.Account, message.ExternalId);
            if (message.ReplyId is { } reply) yield return $"reply {reply}";
        }

        if (reading is not Parsed.Found { Event: var e }) yield break;
        yield return CaseKeys.Contact(e.Contact);
        if (CaseKeys.Thread(e.Contact) is { } thread) yield return thread;
        if (CaseKeys.Alias(e.Contact) is { } alias) yield return alias;
        foreach (var answered in e.Clues?.Answers ?? []) yield return CaseKeys.Contact(e.Contact.Channel, e.Contact.Account, answered);
    }

    private sealed class Stage
    {
        private readonly Dictionary<string, List<int>> _byKey = new(StringComparer.Ordinal);

        public List<List<int>> Lanes { get; } = [];

        public void Add(int piece, IEnumerable<string> keys)
        {
            List<int> lane = [piece];
            Lanes.Add(lane);
            foreach (var key in keys)
            {
                if (_byKey.TryGetValue(key, out var other) && !ReferenceEquals(other, lane)) lane = Joined(other, lane);
                _byKey[key] = lane;
            }
        }

        // The older lane takes the younger one in, so that the first piece stays in the first lane.
        private List<int> Joined(List<int> one, List<int> other)
        {
            var (into, from) = one[0] < other[0] ? (one, other) : (other, one);
            into.AddRange(from);
            into.Sort();
            Lanes.Remove(from);
            foreach (var key in _byKey.Where(k => ReferenceEquals(k.Value, from)).Select(k => k.Key).ToList()) _byKey[key] = into;
            return into;
        }
    }
}
