using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Serverless.Channels;
using Serverless.Tests.Channels.Generic;
using Xunit;

namespace Serverless.Tests.Channels;

/// <summary>The suite of promises catches channels that break them: each specimen is the generic channel with one fault.</summary>
public sealed class ChannelConformanceTests
{
    [Fact]
    public void A_channel_that_believes_everything_is_caught() => Caught(
        c => new Faulty(c) { OnVerify = (_, _) => new VerificationResult.Valid() },
        s => s.A_badly_signed_seed_is_rejected_for_its_reason(),
        s => s.A_flipped_byte_in_the_body_is_rejected(),
        s => s.A_changed_signature_is_rejected(),
        s => s.A_call_without_its_signature_is_rejected(),
        s => s.Without_a_secret_nothing_is_genuine_and_the_missing_setting_is_named(),
        s => s.The_previous_secret_is_still_accepted(),
        s => s.A_stale_call_is_rejected_where_the_signature_is_dated(),
        s => s.A_handshake_is_answered_exactly(),
        s => s.A_get_without_a_handshake_is_answered_with_one_plain_sentence());

    [Fact]
    public void A_channel_that_believes_nothing_is_caught() => Caught(
        c => new Faulty(c) { OnVerify = (_, _) => new VerificationResult.Invalid(VerificationReasons.SignatureWrong) },
        s => s.A_well_signed_seed_is_genuine(),
        s => s.The_previous_secret_is_still_accepted());

    [Fact]
    public void A_channel_that_throws_at_strangers_is_caught() => Caught(
        c => new Faulty(c) { OnVerify = (real, call) => call.Body.Length < 5 ? throw new FormatException() : real.Verify(call) },
        s => s.A_broken_body_never_makes_it_throw());

    [Fact]
    public void A_channel_whose_ids_depend_on_the_arrival_is_caught() => Caught(
        c => new Faulty(c) { OnRead = (real, call) =>
            real.Read(call).Select(e => e with { Position = $"{e.Position} at {call.ReceivedAt.Hour}" }) },
        s => s.The_same_delivery_twice_gives_the_same_ids());

    [Fact]
    public void A_channel_that_drops_an_element_is_caught() => Caught(
        c => new Faulty(c) { OnRead = (real, call) => real.Read(call).Take(1) },
        s => s.Every_seed_gives_its_approved_contacts());

    [Fact]
    public void A_channel_that_wants_more_than_settings_and_time_is_caught() => Caught(
        c => new Faulty(c),
        s => s.It_is_made_from_settings_and_time_alone_so_it_does_no_io());

    /// <summary>Each promise holds without the fault, and fails with it.</summary>
    private static void Caught(Func<IChannel, IChannel> fault, params Action<ChannelConformance>[] promises)
    {
        foreach (var promise in promises)
        {
            promise(new Suite(c => c));
            Assert.IsType<Xunit.Sdk.XunitException>(Record.Exception(() => promise(new Suite(fault))), exactMatch: false);
        }
    }

    /// <summary>The suite of the generic channel, with a fault put in. Not public, so that xunit does not run it by itself.</summary>
    private sealed class Suite(Func<IChannel, IChannel> spoil) : GenericConformance
    {
        protected override void Add(IServiceCollection services, IConfiguration configuration)
        {
            base.Add(services, configuration);
            var real = services.BuildServiceProvider().GetRequiredService<IChannel>();
            services.AddSingleton(spoil(real));
        }
    }

    /// <summary>A channel with one fault.</summary>
    private sealed class Faulty(IChannel real) : IChannel
    {
        public Func<IChannel, Delivery, VerificationResult> OnVerify { get; init; } = (real, call) => real.Verify(call);

        public Func<IChannel, Delivery, IEnumerable<DeliveryItem>> OnRead { get; init; } = (real, call) => real.Read(call);

        public string Name => real.Name;

        public ChannelSettings Settings => real.Settings;

        public IReadOnlyList<string> KeptHeaders => real.KeptHeaders;

        public IEnumerable<string> Problems() => real.Problems();

        public VerificationResult Verify(Delivery delivery) => OnVerify(real, delivery);

        public WebhookResponse Respond(Delivery delivery, Acceptance acceptance) => real.Respond(delivery, acceptance);

        public IEnumerable<DeliveryItem> Read(Delivery delivery) => OnRead(real, delivery);
    }
}
