using Crm.ServiceDefaults.Postgres;
using Microsoft.Extensions.Options;

namespace Crm.Campaign.Features.Segments;

/// <summary>
/// Measures every segment once a day, from the set hour on; one transaction each, so that any number of replicas may do it, and a
/// segment that cannot be measured keeps no other back.
/// </summary>
internal sealed partial class SegmentMeasurements(
    IServiceScopeFactory scopes, IOptions<AudienceOptions> options, TimeProvider time, ILogger<SegmentMeasurements> log) : BackgroundService
{
    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        using var timer = new PeriodicTimer(options.Value.MeasureInterval, time);
        do
        {
            try
            {
                await MeasureDueAsync(stoppingToken);
            }
            catch (Exception exception) when (!stoppingToken.IsCancellationRequested)
            {
                LookFailed(log, exception);
            }
        }
        while (await timer.WaitForNextTickAsync(stoppingToken));
    }

    private async Task MeasureDueAsync(CancellationToken cancellationToken)
    {
        var now = time.GetUtcNow();
        if (now.Hour < options.Value.MeasureHour) return;
        foreach (var id in await DueAsync(DateOnly.FromDateTime(now.UtcDateTime), cancellationToken))
        {
            try
            {
                await MeasureAsync(id, cancellationToken);
            }
            catch (Exception exception) when (!cancellationToken.IsCancellationRequested)
            {
                MeasureFailed(log, id, exception);
            }
        }
    }

    private async Task<IReadOnlyList<Guid>> DueAsync(DateOnly today, CancellationToken cancellationToken)
    {
        await using var scope = scopes.CreateAsyncScope();
        return await scope.ServiceProvider.GetRequiredService<UnitOfWork>().QueryAsync<Guid>(
            "SELECT s.id FROM segments s WHERE NOT EXISTS (SELECT 1 FROM segment_sizes z WHERE z.segment_id = s.id AND z.day = @today) ORDER BY s.id",
            new { today },
            cancellationToken);
    }

    private async Task MeasureAsync(Guid id, CancellationToken cancellationToken)
    {
        await using var scope = scopes.CreateAsyncScope();
        var unitOfWork = scope.ServiceProvider.GetRequiredService<UnitOfWork>();
        if (await GetSegment.FindAsync(id, unitOfWork, cancellationToken) is not { } segment) return;
        // It may have been measured since the list of those due was made.
        await SegmentMeasure.MeasureAsync(segment, options.Value, unitOfWork, time, cancellationToken, unlessMeasured: true);
        await unitOfWork.CommitAsync(cancellationToken);
    }

    [LoggerMessage(LogLevel.Warning, "Segments could not be looked through for measuring and are tried again")]
    private static partial void LookFailed(ILogger log, Exception exception);

    [LoggerMessage(LogLevel.Error, "Segment {SegmentId} could not be measured and is tried again")]
    private static partial void MeasureFailed(ILogger log, Guid segmentId, Exception exception);
}

internal static class AudienceRegistration
{
    /// <summary>Limits of questions to the audience, and the daily measurement of segments.</summary>
    public static void AddAudience(this IServiceCollection services)
    {
        services.AddOptions<AudienceOptions>().BindConfiguration(AudienceOptions.Section).ValidateDataAnnotations().ValidateOnStart();
        services.AddHostedService<SegmentMeasurements>();
    }
}
