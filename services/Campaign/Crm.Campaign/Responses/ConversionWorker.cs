using Crm.Campaign.Domain.Responses;
using Crm.ServiceDefaults.Postgres;
using Microsoft.Extensions.Options;

namespace Crm.Campaign.Responses;

/// <summary>Empties the queue of <see cref="ConversionStep"/>, on every replica.</summary>
internal sealed partial class ConversionWorker(
    IServiceScopeFactory scopes, IOptions<ResponseOptions> options, TimeProvider time, ILogger<ConversionWorker> log) : BackgroundService
{
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
        var more = await ActivatorUtilities.CreateInstance<ConversionStep>(scope.ServiceProvider).WorkOutAsync(cancellationToken);
        await scope.ServiceProvider.GetRequiredService<UnitOfWork>().CommitAsync(cancellationToken);
        return more;
    }

    [LoggerMessage(LogLevel.Warning, "Conversions could not be worked out and are tried again")]
    private static partial void StepFailed(ILogger log, Exception exception);
}
