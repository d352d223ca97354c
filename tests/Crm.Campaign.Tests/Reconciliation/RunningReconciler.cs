using Crm.Campaign.Delivery;
using Crm.Campaign.Reconciliation;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Options;

namespace Crm.Campaign.Tests.Reconciliation;

/// <summary>A reconciler on the service's database that asks what the test says, until disposed.</summary>
internal sealed class RunningReconciler(Reconciler reconciler) : IAsyncDisposable
{
    public static async Task<RunningReconciler> StartAsync(CampaignHost host, ReconcileOptions options, params IRelayJournal[] journals)
    {
        var reconciler = new Reconciler(
            host.Services.GetRequiredService<IServiceScopeFactory>(), journals, host.Services.GetRequiredService<TrackingTokens>(), Options.Create(options),
            TimeProvider.System, NullLogger<Reconciler>.Instance);
        await reconciler.StartAsync(CancellationToken.None);
        return new RunningReconciler(reconciler);
    }

    public async ValueTask DisposeAsync()
    {
        await reconciler.StopAsync(CancellationToken.None);
        reconciler.Dispose();
    }
}
