using Crm.Campaign.Dispatching;

namespace Crm.Campaign.Reconciliation;

internal static class ReconciliationRegistration
{
    public static void AddReconciliation(this WebApplicationBuilder builder)
    {
        var services = builder.Services;
        services.AddOptions<ReconcileOptions>().BindConfiguration(ReconcileOptions.Section).ValidateDataAnnotations().ValidateOnStart();
        var options = builder.Configuration.GetSection(ReconcileOptions.Section).Get<ReconcileOptions>() ?? new ReconcileOptions();
        if (options.PostfixLog is not null) services.AddSingleton<IRelayJournal, PostfixJournal>();
        if (options.HttpUrl is not null)
        {
            services.AddHttpClient(HttpJournal.Client, client => client.Timeout = TimeSpan.FromSeconds(10));
            services.AddSingleton<IRelayJournal, HttpJournal>();
        }

        services.AddScoped<UnknownSettlement>();
        services.AddHostedService<Reconciler>();
    }
}
