using Crm.Customer.Persistence;

namespace Crm.Customer.Features.Stages;

internal static class LifecycleRegistration
{
    public static void AddLifecycle(this IServiceCollection services)
    {
        services.AddScoped<LifecycleMoves>();
        services.AddHostedService<LifecycleWorker>();
    }
}
