using Crm.Campaign.Domain.Responses;
using Crm.ServiceDefaults.Postgres;
using Microsoft.Extensions.Options;

namespace Crm.Campaign.Responses;

/// <summary>
/// Judges responses shortly after they happened, when the rest of a scanner's burst has been seen too: signals, verdict, who was first,
/// counters, and the event, in one transaction a batch. One replica at a time, so that "first" is said once.
/// </summary>
internal sealed partial class ResponseSettlement(
    IServiceScopeFactory scopes, IOptions<ResponseOptions> options, TimeProvider time, ILogger<ResponseSettlement> log) : BackgroundService
{
    /// <summary>Whoever judges holds this lock until the commit.</summary>
    public const string LockKeySql = "hashtextextended('responses', 0)";

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        using var timer = new PeriodicTimer(options.Value.PollInterval, time);
        do
        {
            try
            {
                while (await StepAsync(stoppingToken))
                {
                }
            }
            catch (Exception exception) when (!stoppingToken.IsCancellationRequested)
            {
                StepFailed(log, exception);
            }
        }
        while (await timer.WaitForNextTickAsync(stoppingToken));
    }

    private async Task<bool> StepAsync(CancellationToken cancellationToken)
    {
        await using var scope = scopes.CreateAsyncScope();
        var unitOfWork = scope.ServiceProvider.GetRequiredService<UnitOfWork>();
        if (!await unitOfWork.QuerySingleOrDefaultAsync<bool>($"SELECT pg_try_advisory_xact_lock({LockKeySql})", null, cancellationToken)) return false;

        var more = await ActivatorUtilities.CreateInstance<SettlementStep>(scope.ServiceProvider).JudgeAsync(cancellationToken);
        await unitOfWork.CommitAsync(cancellationToken);
        return more;
    }

    [LoggerMessage(LogLevel.Warning, "Responses could not be judged and are judged again")]
    private static partial void StepFailed(ILogger log, Exception exception);
}
