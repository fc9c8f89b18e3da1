using System.Text;
using System.Text.Json;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;
using Serverless.Channels;
using Serverless.Contacts;
using Serverless.Platform.OutboundHttp;
using Serverless.Tests.Harness;
using Xunit;

namespace Serverless.Tests.Channels;

/// <summary>
/// The promises every channel keeps, each one test over all seeds of the channel. A channel's test class inherits it (xunit inherits facts;
/// the one base
/// class of the house), names its settings and may override a promise it cannot keep, with the reason written above the override.
/// </summary>
/// <remarks>Signatures are those of the seeds, made with the provider's published method: nothing here signs. What strangers send is in
/// <c>ChannelConformance.Strangers.cs</c>.</remarks>
public abstract partial class ChannelConformance
{
    /// <summary>The channel's name, which is also its folder under <c>seeds/</c>.</summary>
    protected abstract string Name { get; }

    /// <summary>The secrets the seeds need, by environment name: <c>("Channels__Meta__AppSecret",
    /// "Channels__Meta__PreviousAppSecret")</c>.</summary>
    protected abstract IReadOnlyList<(string Current, string Previous)> Secrets { get; }

    /// <summary>Lower-case names of the headers that carry the proof: with one of them missing or changed, a call is rejected.</summary>
    protected abstract IReadOnlyList<string> ProofHeaders { get; }

    /// <summary>The same for a provider that proves its calls in more than one way.</summary>
    protected virtual IReadOnlyList<string> ProofHeadersOf(Seed seed) => ProofHeaders;

    /// <summary>Whether the proof covers path and query.</summary>
    protected virtual bool UrlIsSigned => false;

    /// <summary>How far the sender's clock may be off, both ways, where the scheme carries a time. Null: a signature never grows
    /// old.</summary>
    protected virtual TimeSpan? StaleAfter => null;

    /// <summary>Well-formed for this provider, and signs nothing.</summary>
    protected virtual string AnotherSecret => "another-secret-that-signed-nothing";

    /// <summary>Settings that replace those of <c>seeds/{channel}/settings.json</c> here, e.g. a tolerance that the demo widens.</summary>
    protected virtual IReadOnlyDictionary<string, string?> SettingsHere =>
        new Dictionary<string, string?>(StringComparer.OrdinalIgnoreCase);

    /// <summary>Registers the channel and its options, as Composition.cs does.</summary>
    protected abstract void Add(IServiceCollection services, IConfiguration configuration);

    [Fact]
    public void There_are_seeds_and_their_settings_are_complete()
    {
        Assert.NotEmpty(Seeds);
        Assert.Empty(Channel().Problems());
        Assert.True(Channel().Settings.Enabled);
        Assert.Equal(Name, Channel().Name);
    }

    [Fact]
    public void A_well_signed_seed_is_genuine() => All(Genuine, seed => Assert.IsType<VerificationResult.Valid>(Verify(seed)));

    [Fact]
    public void A_badly_signed_seed_is_rejected_for_its_reason()
    {
        var forged = Seeds.Where(s => s.RefusedFor is not null).ToList();
        Assert.NotEmpty(forged);
        All(forged, seed => Assert.Equal(seed.RefusedFor, Assert.IsType<VerificationResult.Invalid>(Verify(seed)).Reason));
    }

    [Fact]
    public virtual void A_flipped_byte_in_the_body_is_rejected() => All(Genuine, seed =>
    {
        foreach (var at in Spread(seed.Body.Length, 16))
        {
            var body = seed.Body.ToArray();
            body[at] ^= 1;
            Assert.IsType<VerificationResult.Invalid>(Verify(seed with { Body = body }));
        }
    });

    [Fact]
    public void A_changed_url_is_rejected_where_it_is_signed() => All(Genuine.Where(_ => UrlIsSigned), seed =>
    {
        var url = seed.PathAndQuery;
        foreach (var at in Spread(url.Length - 1, 8).Select(i => i + 1))
            Assert.IsType<VerificationResult.Invalid>(Verify(seed with { PathAndQuery = url[..at] + Other(url[at]) + url[(at + 1)..] }));
        Assert.IsType<VerificationResult.Invalid>(Verify(seed
            with { PathAndQuery = url + (url.Contains('?', StringComparison.Ordinal) ? "&" : "?") + "more=1" }));
    });

    [Fact]
    public void A_changed_signature_is_rejected() => All(Genuine, seed =>
    {
        foreach (var name in ProofHeadersOf(seed))
            foreach (var place in Places)
                Assert.IsType<VerificationResult.Invalid>(
                    Verify(WithHeader(seed, name, value => string.Join(' ', value.Split(' ').Select(part => Changed(part, place))))));
    });

    [Fact]
    public void A_call_without_its_signature_is_rejected() => All(Genuine, seed =>
    {
        foreach (var name in ProofHeadersOf(seed)) Assert.IsType<VerificationResult.Invalid>(Verify(WithHeader(seed, name, _ => null)));
    });

    [Fact]
    public virtual void Without_a_secret_nothing_is_genuine_and_the_missing_setting_is_named()
    {
        var settings = Settings;
        foreach (var (current, previous) in Secrets) settings[current] = settings[previous] = null;
        All(Genuine, seed => Assert.IsType<VerificationResult.Invalid>(Verify(seed, settings)));
        All(Handshakes, seed =>
            Assert.True(Assert.IsType<VerificationResult.Challenge>(Verify(seed, settings)).Response.Status is 200 or (>= 400 and < 500)));

        var problems = Channel(settings).Problems().ToList();
        foreach (var (current, _) in Secrets)
            Assert.Contains(problems, p => p.Contains(current, StringComparison.OrdinalIgnoreCase) && p.EndsWith('.'));
    }

    [Fact]
    public void The_previous_secret_is_still_accepted()
    {
        var settings = Settings;
        foreach (var (current, previous) in Secrets) (settings[previous], settings[current]) = (settings[current], AnotherSecret);
        All(Genuine, seed => Assert.IsType<VerificationResult.Valid>(Verify(seed, settings)));

        foreach (var (_, previous) in Secrets) settings[previous] = null;
        All(Genuine, seed => Assert.IsType<VerificationResult.Invalid>(Verify(seed, settings)));
    }

    [Fact]
    public void A_changed_secret_changes_the_fingerprint_and_is_not_in_it()
    {
        var settings = Settings;
        var before = Channel(settings).Settings.SecretFingerprint;
        Assert.All(Secrets, s => Assert.DoesNotContain(settings[s.Current]!, before, StringComparison.Ordinal));
        Assert.All(Secrets, s =>
            Assert.NotEqual(before, Channel(With(settings, s.Current, AnotherSecret)).Settings.SecretFingerprint, StringComparer.Ordinal));
    }

    [Fact]
    public virtual void A_stale_call_is_rejected_where_the_signature_is_dated() => All(Genuine, seed =>
    {
        var off = StaleAfter ?? TimeSpan.FromDays(365);
        foreach (var now in new[] { seed.At + off + TimeSpan.FromSeconds(2), seed.At - off - TimeSpan.FromSeconds(2) })
        {
            var verdict = Verify(seed, now: now);
            if (StaleAfter is null) Assert.IsType<VerificationResult.Valid>(verdict);
            else Assert.Equal(VerificationReasons.Stale, Assert.IsType<VerificationResult.Invalid>(verdict).Reason);
        }
    });

    [Fact]
    public void A_delivery_is_judged_as_of_its_arrival_however_late_it_is_judged() => All(Genuine, seed =>
    {
        var channel = Channel(now: seed.At.AddDays(9));
        Assert.IsType<VerificationResult.Valid>(channel.Verify(seed.ToDelivery(channel)));
    });

    [Fact]
    public void A_handshake_is_answered_exactly() =>
        All(Handshakes, seed => AssertAnswer(seed.Answer, Assert.IsType<VerificationResult.Challenge>(Verify(seed)).Response));

    [Fact]
    public void A_get_without_a_handshake_is_answered_with_one_plain_sentence()
    {
        var call = Seeds[0].ToDelivery(Channel())
            with { Method = "GET", PathAndQuery = $"/api/hooks/{Name}", Headers = new Dictionary<string, string>(StringComparer.Ordinal),
                Body = default };
        var answer = Assert.IsType<VerificationResult.Challenge>(Channel().Verify(call)).Response;
        Assert.Equal(200, answer.Status);
        Assert.Equal("text/plain; charset=utf-8", answer.ContentType);
        Assert.Matches(@"^[^\r\n]{20,300}\.$", Encoding.UTF8.GetString(answer.Body.Span));
    }

    [Fact]
    public void Every_seed_gives_its_approved_contacts() => All(Genuine, seed =>
    {
        var outcomes = Read(Channel(), seed, seed.ToDelivery(Channel()));
        var contacts = JsonSerializer.SerializeToElement(outcomes.Select(o => o.Reading).OfType<Parsed.Found>()
            .Select(f => ToJson(f.Event)));
        var differences = JsonDifference.Between(JsonSerializer.SerializeToElement(seed.Contacts), contacts, "contacts").ToList();
        Assert.True(differences.Count == 0, $"{string.Join('\n', differences)}\nGot:\n{contacts.GetRawText()}");

        Assert.Equal(seed.Ends.Count, outcomes.Count);
        foreach (var (end, outcome) in seed.Ends.Zip(outcomes))
            if (IgnoredFor(outcome.Reading) is { } reason) Assert.Contains($"ignored:{reason}", end.Split('|'), StringComparer.Ordinal);
            else Assert.DoesNotContain("ignored:", end, StringComparison.Ordinal);
        Assert.Equal(outcomes.Count, outcomes.Select(o => o.Position).Distinct(StringComparer.Ordinal).Count());
    });

    [Fact]
    public void The_same_delivery_twice_gives_the_same_ids() => All(Genuine, seed =>
    {
        var first = seed.ToDelivery(Channel());
        var second = first with { Id = new string('f', 32), ReceivedAt = first.ReceivedAt.AddHours(7) };
        Assert.Equal(Ids(first), Ids(second));

        List<string> Ids(Delivery delivery) =>
            [.. Read(Channel(), seed, delivery)
                .Select(o => o.Reading is Parsed.Found { Event: var e }
                    ? $"{o.Position} {e.Contact.Channel} {e.Contact.Account} {e.Contact.ExternalId} {e.EventId}" : o.Position)];
    });

    [Fact]
    public void An_unknown_kind_is_a_placeholder_or_ignored_with_a_reason() =>
        Assert.Contains(Genuine, seed => Read(Channel(), seed, seed.ToDelivery(Channel()))
            .Exists(o => o.Reading is null or Parsed.Ignored or Parsed.Found { Event.Contact.Kind: ContactKind.Placeholder }));

    [Fact]
    public void A_stored_seed_gets_its_answer() =>
    All(Genuine, seed => AssertAnswer(seed.Answer, Channel().Respond(seed.ToDelivery(Channel()), Acceptance.Stored)));

    [Fact]
    public void A_withheld_or_not_stored_call_gets_a_valid_answer() => All(Genuine, seed =>
    {
        foreach (var acceptance in new[] { Acceptance.Quarantined, Acceptance.NotStored })
            AssertValid(acceptance, Channel().Respond(seed.ToDelivery(Channel()), acceptance));
    });

    [Fact]
    public void It_is_made_from_settings_and_time_alone_so_it_does_no_io()
    {
        List<Type> known = [typeof(IOptionsMonitor<>), typeof(IOptions<>), typeof(ILogger<>), typeof(TimeProvider)];
        if (Channel() is IFetchesContent or ILoadsSigningKeys or IReadsAttachments or ISendsReplies or IReconciles or IRegistersWebhooks
            or ICallControl) known.Add(typeof(ProviderHttp));
        var wanted = Channel().GetType().GetConstructors().SelectMany(c => c.GetParameters()).Select(p => p.ParameterType);
        Assert.All(wanted, type => Assert.Contains(type.IsGenericType ? type.GetGenericTypeDefinition() : type, known));
    }

    private static string? IgnoredFor(Parsed? reading) => reading switch
    {
        Parsed.Ignored ignored => ignored.Reason,
        Parsed.Alert attention => attention.Reason,
        Parsed.PlaceRenamed => "moved",
        Parsed.StatusUpdate => "delivery-status",
        _ => null,
    };

    /// <summary>What the provider can live with. Default: 2xx when withheld, and 5xx when not stored, since the provider calls
    /// again.</summary>
    protected virtual void AssertValid(Acceptance acceptance, WebhookResponse answer)
    {
        Assert.InRange(answer.Status, acceptance == Acceptance.NotStored ? 500 : 200, acceptance == Acceptance.NotStored ? 599 : 299);
        Assert.Equal(answer.Body.IsEmpty, answer.ContentType is null);
    }
}
