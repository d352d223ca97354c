using Crm.Campaign.Delivery.Pacing;
using Crm.Campaign.Sender.Channels;
using Crm.Campaign.Sender.RateLimits;

namespace Crm.Campaign.Sender.Sending;

internal static class SendingRegistration
{
    /// <summary>
    /// The sender finds every row by a key: its statements are planned once a connection, and a plan that was made while the ledger was
    /// nearly empty must not read the whole of it for ever.
    /// </summary>
    public const string PlansOfKeys = "-c plan_cache_mode=force_generic_plan -c enable_seqscan=off -c jit=off";

    /// <summary>The engine: claims, pacing, rates, and the channels that this process serves.</summary>
    public static void AddSending(this IServiceCollection services, ServedChannels channels)
    {
        services.AddOptions<SendOptions>().BindConfiguration(SendOptions.Section).ValidateDataAnnotations().ValidateOnStart();
        services.AddOptions<FrequencyCapOptions>().BindConfiguration(FrequencyCapOptions.Section).ValidateDataAnnotations().ValidateOnStart();
        services.AddOptions<RateLimitOptions>().BindConfiguration(RateLimitOptions.Section).ValidateDataAnnotations().ValidateOnStart();
        services.AddOptions<RelayOptions>().BindConfiguration(RelayOptions.Section).ValidateDataAnnotations().ValidateOnStart();
        services.AddSingleton<Drain>();
        services.AddHostedService(provider => provider.GetRequiredService<Drain>());
        services.AddSingleton<SenderLease>();
        services.AddHostedService(provider => provider.GetRequiredService<SenderLease>());
        services.AddSingleton<SharedTokens>();
        services.AddSingleton<RateLimiter>();
        services.AddSingleton<RelaySet>();
        services.AddSingleton<MicroBatchSize>();
        services.AddSingleton<UsualHourCache>();
        services.AddScoped<UsualHours>();
        services.AddScoped<DeliveryLedger>();
        services.AddScoped<PacedClaims>();
        services.AddScoped<ChunkSender>();
        channels.AddTo(services);
        services.AddSingleton(channels);
        services.AddHostedService<ExpectedAnswers>();
    }
}
