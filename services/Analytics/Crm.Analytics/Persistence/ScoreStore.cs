using Crm.Analytics.Contracts.Events.V1;
using Crm.Analytics.Domain;
using Crm.ServiceDefaults.Postgres;
using Dapper;
using Npgsql;
using NpgsqlTypes;

namespace Crm.Analytics.Persistence;

/// <summary>What the scores of one computation have in common.</summary>
internal sealed record Computation(Guid ScoringRunId, string Currency, string ModelVersion, int HorizonDays, DateTimeOffset InputsAsOf, DateTimeOffset ComputedAt);

/// <summary>Writes <c>customer_scores</c>, and reads them as the event that tells of them.</summary>
internal sealed class ScoreStore(UnitOfWork unitOfWork)
{
    private const int LongStatementSeconds = 600;

    /// <summary>The columns that a score has before it is ranked, in the order of <see cref="WriteAsync"/>.</summary>
    private const string Unranked =
        """
        customer_id, days_since_last, purchase_days, net_spend, frequency, recency_weeks, age_weeks, mean_repeat_value, p_alive,
        p_alive_bg_nbd, p_alive_mbg_nbd, expected_purchases, p_no_purchase_90d, overdue, expected_value, clv
        """;

    private const string Ranked =
        $"{Unranked}, recency_score, frequency_score, monetary_score, clv_percentile, currency, model_version, horizon_days, scoring_run_id, inputs_as_of, computed_at";

    private static readonly string Upsert =
        $"ON CONFLICT (customer_id) DO UPDATE SET {string.Join(", ", Ranked.Split(',', StringSplitOptions.TrimEntries).Skip(1).Select(column => $"{column} = excluded.{column}"))} WHERE s.computed_at <= excluded.computed_at";

    public async Task AddUnrankedAsync(Guid runId, IEnumerable<UnrankedScore> scores, CancellationToken cancellationToken)
    {
        var connection = await unitOfWork.OpenAsync(cancellationToken);
        await using var copy = await connection.BeginBinaryImportAsync($"COPY unranked_scores ({Unranked}, run_id) FROM STDIN (FORMAT binary)", cancellationToken);
        foreach (var score in scores)
        {
            await copy.StartRowAsync(cancellationToken);
            await copy.WriteAsync(score.CustomerId, cancellationToken);
            await copy.WriteAsync(score.DaysSinceLast, cancellationToken);
            await copy.WriteAsync(score.PurchaseDays, cancellationToken);
            await copy.WriteAsync(score.NetSpend, cancellationToken);
            await copy.WriteAsync(score.History.Frequency, cancellationToken);
            foreach (var number in new[]
            {
                score.History.Recency, score.History.Age, score.MeanRepeatValue, score.Alive, score.AliveBgNbd, score.AliveMbgNbd,
                score.ExpectedPurchases, score.NoPurchase90Days, score.Overdue, score.ExpectedValue,
            })
            {
                await copy.WriteAsync(number, NpgsqlDbType.Double, cancellationToken);
            }

            await copy.WriteAsync(score.Clv, cancellationToken);
            await copy.WriteAsync(runId, cancellationToken);
        }

        await copy.CompleteAsync(cancellationToken);
    }

    /// <summary>
    /// Compares all customers of the run: RFM scores 1 + ⌊5 · #{strictly worse} / n⌋ (ties share a score), CLV percentile = share that is
    /// lower or equal. Customers of the currency who are not in the run lose their scores.
    /// </summary>
    public async Task<long> RankAsync(Computation computation, CancellationToken cancellationToken)
    {
        var connection = await unitOfWork.OpenAsync(cancellationToken);
        var ranked = await connection.ExecuteAsync(new CommandDefinition(
            $"""
            INSERT INTO customer_scores AS s ({Ranked})
            SELECT {Unranked},
                1 + (5 * (rank() OVER (ORDER BY days_since_last DESC) - 1) / count(*) OVER ())::int,
                1 + (5 * (rank() OVER (ORDER BY purchase_days) - 1) / count(*) OVER ())::int,
                1 + (5 * (rank() OVER (ORDER BY net_spend) - 1) / count(*) OVER ())::int,
                cume_dist() OVER (ORDER BY clv), @Currency, @ModelVersion, @HorizonDays, @ScoringRunId, @InputsAsOf, @ComputedAt
            FROM unranked_scores WHERE run_id = @ScoringRunId
            {Upsert}
            """,
            computation, commandTimeout: LongStatementSeconds, cancellationToken: cancellationToken));
        await connection.ExecuteAsync(new CommandDefinition(
            "DELETE FROM customer_scores WHERE currency = @Currency AND scoring_run_id <> @ScoringRunId AND computed_at <= @ComputedAt",
            computation, commandTimeout: LongStatementSeconds, cancellationToken: cancellationToken));
        return ranked;
    }

    public async Task<PopulationRanks> RanksOfAsync(Guid runId, CancellationToken cancellationToken)
    {
        var worst = await unitOfWork.QueryAsync<Worst>(
            """
            SELECT max(days_since_last) FILTER (WHERE recency_score >= score) AS days, min(purchase_days) FILTER (WHERE frequency_score >= score) AS purchase_days,
                min(net_spend) FILTER (WHERE monetary_score >= score) AS spend
            FROM customer_scores, generate_series(2, 5) AS score WHERE scoring_run_id = @runId GROUP BY score ORDER BY score
            """,
            new { runId },
            cancellationToken);
        var quantiles = await unitOfWork.QuerySingleOrDefaultAsync<decimal[]>(
            """
            SELECT percentile_disc((SELECT array_agg(i / 1000.0::float8 ORDER BY i) FROM generate_series(1, 1000) AS i)) WITHIN GROUP (ORDER BY clv)
            FROM customer_scores WHERE scoring_run_id = @runId
            """,
            new { runId },
            cancellationToken);
        return new PopulationRanks([.. worst.Select(row => row.Days)], [.. worst.Select(row => row.PurchaseDays)], [.. worst.Select(row => row.Spend)], quantiles!);
    }

    /// <summary>Places a few customers among the population of the last run; returns their scores as the event tells them.</summary>
    public async Task<IReadOnlyList<CustomerScore>> PlaceAsync(
        IReadOnlyList<UnrankedScore> scores, PopulationRanks ranks, Computation computation, CancellationToken cancellationToken)
    {
        // Rows under an id of their own, gone again before the transaction ends.
        var batchId = scores[0].CustomerId;
        await AddUnrankedAsync(batchId, scores, cancellationToken);
        await unitOfWork.ExecuteAsync(
            $"""
            WITH batch AS (DELETE FROM unranked_scores WHERE run_id = @batchId RETURNING *)
            INSERT INTO customer_scores AS s ({Ranked})
            SELECT {string.Join(", ", Unranked.Split(',', StringSplitOptions.TrimEntries).Select(column => "batch." + column))},
                rank.r, rank.f, rank.m, rank.percentile, @Currency, @ModelVersion, @HorizonDays, @ScoringRunId, @InputsAsOf, @ComputedAt
            FROM batch JOIN unnest(@customers, @r, @f, @m, @percentiles) AS rank (customer_id, r, f, m, percentile) USING (customer_id)
            ORDER BY batch.customer_id
            {Upsert}
            """,
            new
            {
                batchId,
                customers = scores.Select(score => score.CustomerId).ToArray(),
                r = scores.Select(score => ranks.RecencyScore(score.DaysSinceLast)).ToArray(),
                f = scores.Select(score => ranks.FrequencyScore(score.PurchaseDays)).ToArray(),
                m = scores.Select(score => ranks.MonetaryScore(score.NetSpend)).ToArray(),
                percentiles = scores.Select(score => ranks.ClvPercentile(score.Clv)).ToArray(),
                computation.Currency, computation.ModelVersion, computation.HorizonDays, computation.ScoringRunId, computation.InputsAsOf, computation.ComputedAt,
            },
            cancellationToken);
        return await ReadAsync(
            "customer_id = ANY(@customers) AND computed_at = @ComputedAt ORDER BY customer_id",
            new { customers = scores.Select(score => score.CustomerId).ToArray(), computation.ComputedAt },
            cancellationToken);
    }

    /// <summary>Customers who have returned everything have no scores.</summary>
    public Task RemoveAsync(IEnumerable<Guid> customers, CancellationToken cancellationToken) =>
        unitOfWork.ExecuteAsync("DELETE FROM customer_scores WHERE customer_id = ANY(@customers)", new { customers = customers.ToArray() }, cancellationToken);

    public Task<IReadOnlyList<CustomerScore>> OfRunAsync(Guid runId, Guid after, int limit, CancellationToken cancellationToken) =>
        ReadAsync("scoring_run_id = @runId AND customer_id > @after ORDER BY customer_id LIMIT @limit", new { runId, after, limit }, cancellationToken);

    public Task ForgetUnrankedAsync(Guid runId, CancellationToken cancellationToken) =>
        unitOfWork.ExecuteAsync("DELETE FROM unranked_scores WHERE run_id = @runId", new { runId }, cancellationToken);

    private Task<IReadOnlyList<CustomerScore>> ReadAsync(string which, object args, CancellationToken cancellationToken) => unitOfWork.QueryAsync<CustomerScore>(
        $"""
        SELECT customer_id, recency_score, frequency_score, monetary_score, p_alive AS probability_alive, expected_purchases, horizon_days, clv, currency,
            clv_percentile
        FROM customer_scores WHERE {which}
        """,
        args,
        cancellationToken);

    private sealed record Worst(int? Days, int? PurchaseDays, decimal? Spend);
}
