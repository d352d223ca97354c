using Crm.ServiceDefaults.Postgres;
using Microsoft.Extensions.Options;

namespace Crm.Campaign.Journeys;

internal static class JourneyRegistration
{
    public static void AddJourneys(this IServiceCollection services)
    {
        services.AddOptions<JourneyOptions>().BindConfiguration(JourneyOptions.Section).ValidateDataAnnotations()
            .Validate(options => TimeZoneInfo.TryFindSystemTimeZoneById(options.DefaultTimeZone, out _), "Journeys:DefaultTimeZone is not a time zone of this machine.")
            .ValidateOnStart();
        services.AddSingleton<JourneyCatalogue>();
        services.AddScoped<JourneyEntrance>();
        services.AddScoped(provider => new JourneyTriggers(
            provider.GetRequiredService<UnitOfWork>(), provider.GetRequiredService<JourneyEntrance>(), provider.GetRequiredService<TimeProvider>(),
            provider.GetRequiredService<IOptions<JourneyOptions>>()));
        services.AddScoped<JourneyActions>();
        services.AddScoped<JourneyBatch>();
        services.AddScoped<DateSweep>();
        services.AddScoped<SegmentSweep>();
        services.AddScoped<SimulationSlice>();
        services.AddHostedService<JourneyTimers>();
        services.AddHostedService<JourneySweeps>();
        services.AddHostedService<SimulationWorker>();
    }
}
