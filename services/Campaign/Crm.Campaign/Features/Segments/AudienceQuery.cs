using System.Globalization;
using Crm.Campaign.Delivery;
using Crm.Campaign.Domain;
using Crm.Campaign.Domain.Segments;
using Crm.ServiceDefaults.Errors;
using Crm.ServiceDefaults.Postgres;
using Npgsql;

namespace Crm.Campaign.Features.Segments;

/// <param name="Matching">Customers that the criteria mean.</param>
/// <param name="Reachable">Of these, who would be written to on the channel now.</param>
/// <param name="Excluded">Of these, who would not, by reason: no_email, no_phone, no_address, no_consent, not_member, suppressed.</param>
public sealed record CountResponse(string Channel, long Matching, long Reachable, IReadOnlyDictionary<string, long> Excluded, DateTimeOffset CountedAt);

/// <summary>Questions to the whole audience: within a limit of time, and planned for the values asked about.</summary>
internal static class AudienceQuery
{
    public static async Task<Result<CountResponse>> CountAsync(
        Criterion criterion, string channel, AudienceOptions options, UnitOfWork unitOfWork, TimeProvider time, CancellationToken cancellationToken)
    {
        if (!Eligibility.Channels.Contains(channel)) return AudienceErrors.UnknownChannel("channel");
        var now = time.GetUtcNow();
        var compiled = CriteriaCompiler.Compile(criterion, now);
        return await WithinAsync(options.CountTimeout, unitOfWork, async () =>
        {
            var rows = await unitOfWork.QueryAsync<ReasonCount>(
                $"""
                SELECT {Eligibility.ReasonSql(channel)} AS reason, count(*) AS customers
                FROM audience a WHERE a.profile_version IS NOT NULL AND {compiled.Sql} GROUP BY 1
                """,
                compiled.Parameters,
                cancellationToken);
            var excluded = rows.Where(row => row.Reason is not null).ToDictionary(row => row.Reason!, row => row.Customers);
            var reachable = rows.Where(row => row.Reason is null).Sum(row => row.Customers);
            return new CountResponse(channel, reachable + excluded.Values.Sum(), reachable, excluded, now);
        }, cancellationToken);
    }

    /// <summary>After a refusal the transaction can be asked nothing more.</summary>
    public static async Task<Result<T>> WithinAsync<T>(TimeSpan limit, UnitOfWork unitOfWork, Func<Task<T>> ask, CancellationToken cancellationToken)
    {
        await PlanForValuesAsync(unitOfWork, cancellationToken);
        // Suppressions are hashed and reasons counted in memory, not looked up or sorted one by one.
        await unitOfWork.ExecuteAsync(
            "SELECT set_config('statement_timeout', @limit, true), set_config('work_mem', '64MB', true)",
            new { limit = ((int)limit.TotalMilliseconds).ToString(CultureInfo.InvariantCulture) },
            cancellationToken);
        try
        {
            return await ask();
        }
        catch (PostgresException exception) when (exception.SqlState == PostgresErrorCodes.QueryCanceled && !cancellationToken.IsCancellationRequested)
        {
            return AudienceErrors.TooSlow;
        }
    }

    /// <summary>Until the transaction ends, no plan that was made for other values: bounds and lists decide what is quick.</summary>
    public static Task PlanForValuesAsync(UnitOfWork unitOfWork, CancellationToken cancellationToken) =>
        unitOfWork.ExecuteAsync("SET LOCAL plan_cache_mode = force_custom_plan", null, cancellationToken);

    private sealed record ReasonCount(string? Reason, long Customers);
}
