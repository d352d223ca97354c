using Crm.Customer.Domain;
using Crm.Customer.Persistence;
using Crm.ServiceDefaults.Errors;
using Crm.ServiceDefaults.Paging;
using Crm.ServiceDefaults.Postgres;
using Crm.ServiceDefaults.Security;
using Npgsql;

namespace Crm.Customer.Features.Stages;

/// <summary>Every hour, looks for customers who have been silent for too long; any number of replicas may try, rows are locked.</summary>
internal sealed partial class LifecycleWorker(IServiceScopeFactory scopes, TimeProvider time, ILogger<LifecycleWorker> log) : BackgroundService
{
    private const int BatchSize = 500;

    /// <summary>Goes through the whole base, a transaction a batch; returns how many moved.</summary>
    internal static async Task<int> SweepAsync(IServiceScopeFactory scopes, CancellationToken cancellationToken)
    {
        var (moved, after) = (0, Guid.Empty);
        while (true)
        {
            await using var scope = scopes.CreateAsyncScope();
            var (last, now) = await scope.ServiceProvider.GetRequiredService<LifecycleMoves>().AfterSilenceAsync(after, BatchSize, cancellationToken);
            await scope.ServiceProvider.GetRequiredService<UnitOfWork>().CommitAsync(cancellationToken);
            moved += now;
            if (last is null) return moved;
            after = last.Value;
        }
    }

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        using var hourly = new PeriodicTimer(TimeSpan.FromHours(1), time);
        while (await hourly.WaitForNextTickAsync(stoppingToken))
        {
            try
            {
                await SweepAsync(scopes, stoppingToken);
            }
            catch (NpgsqlException exception)
            {
                Failed(log, exception);
            }
        }
    }

    [LoggerMessage(LogLevel.Warning, "The lifecycle sweep failed; the next one comes in an hour")]
    private static partial void Failed(ILogger log, Exception exception);
}

/// <summary>The thresholds of the lifecycle, and a sweep on demand.</summary>
internal static class LifecycleSettings
{
    internal sealed record Request(int LoyalPurchases, int LoyalDays, int AtRiskDays, int LapsedDays);

    internal sealed class Response : IVersioned
    {
        public long Version { get; init; }
        public int LoyalPurchases { get; init; }
        public int LoyalDays { get; init; }
        public int AtRiskDays { get; init; }
        public int LapsedDays { get; init; }
    }

    internal sealed record SweepResponse(int Moved);

    public static void Map(RouteGroupBuilder api)
    {
        api.MapGet("/lifecycle-rules", async (UnitOfWork unitOfWork, CancellationToken cancellationToken) => TypedResults.Ok(await FindAsync(unitOfWork, cancellationToken)))
            .WithName("GetLifecycleRules").AllowRoles(Roles.Staff);
        api.MapPut("/lifecycle-rules", async (Request request, IfMatch ifMatch, UnitOfWork unitOfWork, ActorAccessor actor, TimeProvider time, CancellationToken cancellationToken) =>
            (await ChangeAsync(request, ifMatch.Version, actor.Required, unitOfWork, time, cancellationToken)).ToOk())
            .WithName("ChangeLifecycleRules").AllowRoles(Roles.Ops, Roles.SalesManager);
        api.MapPost("/lifecycle-sweeps", async (IServiceScopeFactory scopes, CancellationToken cancellationToken) =>
            TypedResults.Ok(new SweepResponse(await LifecycleWorker.SweepAsync(scopes, cancellationToken))))
            .WithName("SweepLifecycle").AllowRoles(Roles.Ops, Roles.SalesManager);
    }

    private static async Task<Response> FindAsync(UnitOfWork unitOfWork, CancellationToken cancellationToken) =>
        (await unitOfWork.QuerySingleOrDefaultAsync<Response>("SELECT version, loyal_purchases, loyal_days, at_risk_days, lapsed_days FROM lifecycle_rules", null, cancellationToken))!;

    private static async Task<Result<Response>> ChangeAsync(Request request, long version, Actor actor, UnitOfWork unitOfWork, TimeProvider time, CancellationToken cancellationToken)
    {
        if (request.LoyalPurchases is < 2 or > 1000) return CustomerErrors.OutOfRange("loyalPurchases", 2, 1000);
        if (request.LoyalDays is < 0 or > 3650) return CustomerErrors.OutOfRange("loyalDays", 0, 3650);
        if (request.AtRiskDays is < 1 or > 3650) return CustomerErrors.OutOfRange("atRiskDays", 1, 3650);
        if (request.LapsedDays <= request.AtRiskDays || request.LapsedDays > 3650) return CustomerErrors.OutOfRange("lapsedDays", request.AtRiskDays + 1, 3650);
        var changed = await unitOfWork.ExecuteAsync(
            """
            UPDATE lifecycle_rules SET version = version + 1, loyal_purchases = @LoyalPurchases, loyal_days = @LoyalDays, at_risk_days = @AtRiskDays, lapsed_days = @LapsedDays,
                changed_by = @Subject, changed_at = @now WHERE version = @version
            """,
            new { request.LoyalPurchases, request.LoyalDays, request.AtRiskDays, request.LapsedDays, actor.Subject, version, now = time.GetUtcNow() },
            cancellationToken);
        return changed == 0 ? CustomerErrors.RecordStale : await FindAsync(unitOfWork, cancellationToken);
    }
}
