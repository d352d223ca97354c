using Crm.Analytics.Domain.Offers;
using Crm.Analytics.Models.Baskets;
using Crm.Analytics.Persistence;
using Crm.ServiceDefaults.Errors;
using Crm.ServiceDefaults.Postgres;
using Dapper;
using Microsoft.Extensions.Options;
using Npgsql;

namespace Crm.Analytics.Jobs;

/// <param name="From">First day of the baskets that count.</param>
internal sealed record OfferRulesParams(DateOnly From, DateOnly To);

internal sealed record OfferRulesResult(int Baskets, int Products, int ItemSets, int Rules, int Substitutions, string FormulaVersion);

/// <summary>
/// Mines what is bought together in a currency and replaces the rules, products and substitutions that offers rest on, all in the
/// transaction that ends the job. Short enough to start anew.
/// </summary>
internal sealed class OfferRulesJob(UnitOfWork unitOfWork, IOptions<AnalyticsOptions> options) : IJobHandler
{
    public const string FormulaVersion = "association-rules/1";
    private const int MaxRuleItems = 3;
    private const double FalseDiscoveryRate = 0.01;
    private const int LongQuerySeconds = 600;

    public async Task RunAsync(RunningJob job, CancellationToken cancellationToken)
    {
        var (parameters, currency, run) = (job.Job.ParamsAs<OfferRulesParams>(), job.Job.Currency, job.Job.Id);
        await job.SaveAsync(unitOfWork, "reading", 0, 0, null, cancellationToken);
        var (baskets, skus) = await ReadAsync(currency, parameters, cancellationToken);
        if (baskets.Count == 0) throw new ErrorException(Domain.AnalyticsErrors.NoBaskets);

        await job.SaveAsync(unitOfWork, "mining", baskets.Count, baskets.Count, null, cancellationToken);
        var mined = AssociationRules.Mine(baskets, skus.Length, options.Value.OfferLeastBaskets, MaxRuleItems, cancellationToken);
        var rules = mined.SignificantRules(options.Value.OfferLeastConfidence, FalseDiscoveryRate);

        foreach (var table in new[] { "association_rules", "product_statistics", "substitutions" })
        {
            await unitOfWork.ExecuteAsync($"DELETE FROM {table} WHERE currency = @currency", new { currency }, cancellationToken);
        }

        await WriteRulesAsync(run, currency, rules, skus, cancellationToken);
        var products = await WriteAsync(ProductsSql, run, currency, parameters, cancellationToken);
        var substitutions = await WriteAsync(SubstitutionsSql, run, currency, parameters, cancellationToken);
        await job.CompleteAsync(
            unitOfWork, cancellationToken, new OfferRulesResult(baskets.Count, products, mined.ItemSets.Count, rules.Count, substitutions, FormulaVersion));
    }

    /// <summary>Baskets in the order of their ids and products in the order of theirs, so that a run on the same rows gives the same rules.</summary>
    private async Task<(List<int[]> Baskets, string[] Skus)> ReadAsync(string currency, OfferRulesParams parameters, CancellationToken cancellationToken)
    {
        var skus = (await unitOfWork.QueryAsync<string>(
            "SELECT DISTINCT sku COLLATE \"C\" AS sku FROM basket_lines WHERE currency = @currency AND day >= @From AND day <= @To ORDER BY sku",
            new { currency, parameters.From, parameters.To }, cancellationToken)).ToArray();
        var numbers = skus.Select((sku, number) => (sku, number)).ToDictionary(pair => pair.sku, pair => pair.number, StringComparer.Ordinal);
        var baskets = new List<int[]>();
        await using var command = new NpgsqlCommand(
            "SELECT array_agg(DISTINCT sku) FROM basket_lines WHERE currency = @currency AND day >= @from AND day <= @to GROUP BY purchase_id ORDER BY purchase_id",
            await unitOfWork.OpenAsync(cancellationToken))
        { CommandTimeout = LongQuerySeconds, Parameters = { new("currency", currency), new("from", parameters.From), new("to", parameters.To) } };
        await using var reader = await command.ExecuteReaderAsync(cancellationToken);
        while (await reader.ReadAsync(cancellationToken))
        {
            baskets.Add([.. reader.GetFieldValue<string[]>(0).Where(numbers.ContainsKey).Select(sku => numbers[sku])]);
        }

        return (baskets, skus);
    }

    private async Task WriteRulesAsync(Guid run, string currency, IReadOnlyList<AssociationRule> rules, string[] skus, CancellationToken cancellationToken)
    {
        await using var writer = await (await unitOfWork.OpenAsync(cancellationToken)).BeginBinaryImportAsync(
            """
            COPY association_rules (run_id, currency, antecedent, consequent, baskets, antecedent_count, consequent_count, both_count, confidence, lift, p)
            FROM STDIN (FORMAT binary)
            """,
            cancellationToken);
        foreach (var rule in rules)
        {
            await writer.StartRowAsync(cancellationToken);
            await writer.WriteAsync(run, cancellationToken);
            await writer.WriteAsync(currency, cancellationToken);
            await writer.WriteAsync(rule.Antecedent.Select(item => skus[item]).ToArray(), cancellationToken);
            await writer.WriteAsync(skus[rule.Consequent], cancellationToken);
            await writer.WriteAsync(rule.Baskets, cancellationToken);
            await writer.WriteAsync(rule.AntecedentCount, cancellationToken);
            await writer.WriteAsync(rule.ConsequentCount, cancellationToken);
            await writer.WriteAsync(rule.Both, cancellationToken);
            await writer.WriteAsync(rule.Confidence, cancellationToken);
            await writer.WriteAsync(rule.Lift, cancellationToken);
            await writer.WriteAsync(rule.P, cancellationToken);
        }

        await writer.CompleteAsync(cancellationToken);
    }

    private async Task<int> WriteAsync(string sql, Guid run, string currency, OfferRulesParams parameters, CancellationToken cancellationToken) =>
        await (await unitOfWork.OpenAsync(cancellationToken)).ExecuteAsync(new CommandDefinition(
            sql, new { run, currency, parameters.From, parameters.To }, commandTimeout: LongQuerySeconds, cancellationToken: cancellationToken));

    private const string ProductsSql =
        """
        INSERT INTO product_statistics (run_id, currency, sku, name, category, buyers, baskets, price, margin, revenue)
        SELECT @run, @currency, sku, max(product_name), min(category), count(DISTINCT customer_id), count(DISTINCT purchase_id), sum(net) / sum(quantity),
            CASE WHEN count(cost) > 0 THEN sum(net - cost) FILTER (WHERE cost IS NOT NULL) / count(DISTINCT purchase_id) FILTER (WHERE cost IS NOT NULL) END,
            sum(net) / count(DISTINCT purchase_id)
        FROM basket_lines WHERE currency = @currency AND day >= @From AND day <= @To
        GROUP BY sku HAVING sum(quantity) > 0
        """;

    private const string SubstitutionsSql =
        """
        INSERT INTO substitutions (run_id, currency, from_sku, to_sku, switchers)
        WITH spans AS (
            SELECT customer_id, category, sku, min(day) AS first_day, max(day) AS last_day
            FROM basket_lines WHERE currency = @currency AND day >= @From AND day <= @To GROUP BY customer_id, category, sku
        )
        SELECT @run, @currency, a.sku, b.sku, count(*)
        FROM spans a JOIN spans b ON b.customer_id = a.customer_id AND b.category = a.category AND b.sku <> a.sku AND b.first_day > a.last_day
        GROUP BY a.sku, b.sku
        """;
}
