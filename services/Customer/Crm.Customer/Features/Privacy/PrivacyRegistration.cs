using Crm.Customer.Domain.Privacy;
using Crm.Customer.Persistence;

namespace Crm.Customer.Features.Privacy;

internal static class PrivacyRegistration
{
    public static void AddPrivacy(this WebApplicationBuilder builder)
    {
        DataHolder.Add(builder);
        var services = builder.Services;
        services.AddOptions<PrivacyOptions>().BindConfiguration("Privacy").ValidateDataAnnotations().ValidateOnStart();
        services.AddSingleton<PrivacyKeys>();
        services.AddSingleton<SubjectKeys>();
        services.AddScoped<Tombstones>();
        services.AddScoped<Erasure>();
        services.AddScoped<PrivacyRequests.Handler>();
        services.AddHostedService<AccessPackageWorker>();
        services.AddHostedService<EarlierTexts>();
    }
}
