using Crm.Customer.Persistence;

namespace Crm.Customer.Features.Records;

internal static class RecordsRegistration
{
    public static void AddRecords(this IServiceCollection services)
    {
        services.AddScoped<CustomerStore>();
        services.AddScoped<ConsentLedger>();
        services.AddScoped<Timeline>();
        services.AddScoped<RegisterCustomer.Handler>();
        services.AddScoped<ChangeCustomer.Handler>();
    }
}
