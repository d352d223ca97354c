using Crm.Customer.Features.Intake;

namespace Crm.Customer.Features.Import;

internal static class ImportRegistration
{
    public static void AddImports(this IServiceCollection services)
    {
        services.AddScoped<CustomerBatch>();
        services.AddScoped<TakeInRecord.Handler>();
        services.AddSingleton<CustomerIntake>();
        services.AddSingleton<ImportSignal>();
        services.AddHostedService<ImportWorker>();
    }
}
