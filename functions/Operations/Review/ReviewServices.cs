namespace Serverless.Operations.Review;

/// <summary>Registers what operators list and act on: quarantine, poison messages, deliveries without a case, replay.</summary>
public static class ReviewServices
{
    public static IServiceCollection AddReview(this IServiceCollection services) => services
        .AddSingleton<QuarantineReview>().AddSingleton<PoisonMessageReview>().AddSingleton<KeptDeliveryReview>().AddSingleton<Replay>();
}
