using Crm.Customer.Persistence;

namespace Crm.Customer.Features.Identity;

internal static class IdentityRegistration
{
    public static void AddIdentity(this IServiceCollection services)
    {
        services.AddScoped<IdentityStore>();
        services.AddScoped<MergeCustomers.Handler>();
        services.AddScoped<UndoMerge.Handler>();
        services.AddHostedService<DuplicateScan>();
    }
}
