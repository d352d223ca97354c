using Crm.Analytics.Domain.Alerts;
using Crm.ServiceDefaults.Postgres;

namespace Crm.Analytics.Persistence;

/// <summary>Reads what the alert rules look at, for a page of customers or for all units.</summary>
internal sealed class AlertFacts(UnitOfWork unitOfWork)
{
    private const int Weeks = 26;

    /// <summary>The next customers of a currency by id.</summary>
    public Task<IReadOnlyList<Guid>> NextAsync(string currency, Guid after, int limit, CancellationToken cancellationToken) => unitOfWork.QueryAsync<Guid>(
        "SELECT customer_id FROM customers WHERE currency = @currency AND customer_id > @after ORDER BY customer_id LIMIT @limit",
        new { currency, after, limit }, cancellationToken);

    /// <summary>The categories of the last two years, in a fixed order: what a mix is over.</summary>
    public Task<IReadOnlyList<string>> CategoriesAsync(string currency, DateOnly asOf, CancellationToken cancellationToken) => unitOfWork.QueryAsync<string>(
        "SELECT DISTINCT category FROM basket_lines WHERE currency = @currency AND day > @from AND day <= @asOf ORDER BY category LIMIT 500",
        new { currency, asOf, from = asOf.AddYears(-2) }, cancellationToken);

    public async Task<IReadOnlyList<DriftFacts>> DriftAsync(
        IReadOnlyList<Guid> customers, string currency, DateOnly asOf, IReadOnlyList<string> categories, CancellationToken cancellationToken)
    {
        var scores = await ScoresAsync(customers, cancellationToken);
        var weeks = (await unitOfWork.QueryAsync<WeekRow>(
            """
            SELECT customer_id, ((@asOf::date - day) / 7)::int AS ago, sum(orders)::int AS purchases
            FROM purchase_days WHERE customer_id = ANY(@customers) AND currency = @currency AND day <= @asOf AND day > @asOf::date - 7 * @Weeks
            GROUP BY customer_id, ago
            """,
            new { customers = customers.ToArray(), currency, asOf, Weeks }, cancellationToken)).ToLookup(row => row.CustomerId);
        var recent = await MixAsync(customers, currency, asOf.AddDays(-90), asOf, categories, cancellationToken);
        var earlier = await MixAsync(customers, currency, asOf.AddDays(-455), asOf.AddDays(-90), categories, cancellationToken);
        return
        [
            .. scores.Select(row =>
            {
                var purchases = new int[Math.Clamp((int)row.AgeWeeks, 0, Weeks)];
                foreach (var week in weeks[row.CustomerId])
                {
                    if (week.Ago < purchases.Length) purchases[purchases.Length - 1 - week.Ago] = week.Purchases;
                }

                var rate = row.AgeWeeks > 0 ? row.Frequency / row.AgeWeeks : 0;
                var (mix, before) = (recent(row.CustomerId), earlier(row.CustomerId));
                return new DriftFacts(
                    row.CustomerId, row.Clv, row.ClvPercentile, row.Overdue, row.DaysSinceLast, row.Frequency, row.AgeWeeks, rate, purchases, mix, before,
                    (int)mix.Sum(), (int)before.Sum());
            }),
        ];
    }

    /// <summary>Twelve whole months up to the one before <paramref name="asOf"/>'s, of customers who were there for all of them.</summary>
    public async Task<IReadOnlyList<TrendFacts>> TrendsAsync(IReadOnlyList<Guid> customers, string currency, DateOnly asOf, CancellationToken cancellationToken)
    {
        var end = new DateOnly(asOf.Year, asOf.Month, 1);
        var rows = await unitOfWork.QueryAsync<MonthRow>(
            """
            SELECT d.customer_id, ((extract(year FROM d.day) - extract(year FROM @start::date)) * 12 + extract(month FROM d.day) - extract(month FROM @start::date))::int AS month,
                sum(d.net_revenue) AS net
            FROM purchase_days d JOIN customers c USING (customer_id)
            WHERE d.customer_id = ANY(@customers) AND d.currency = @currency AND d.day >= @start AND d.day < @end AND c.first_purchase_day < @start
            GROUP BY 1, 2
            """,
            new { customers = customers.ToArray(), currency, start = end.AddMonths(-12), end }, cancellationToken);
        return
        [
            .. rows.GroupBy(row => row.CustomerId).Where(group => group.Count() >= 4).OrderBy(group => group.Key).Select(group =>
            {
                var months = new double[12];
                foreach (var row in group) months[row.Month] = (double)row.Net;
                return new TrendFacts(group.Key, months);
            }),
        ];
    }

    /// <summary>Nine quarters of 91 days up to <paramref name="asOf"/>, of lines whose cost is known.</summary>
    public async Task<IReadOnlyList<MarginFacts>> MarginsAsync(IReadOnlyList<Guid> customers, string currency, DateOnly asOf, CancellationToken cancellationToken)
    {
        var rows = await unitOfWork.QueryAsync<QuarterRow>(
            """
            SELECT customer_id, ((@asOf::date - day) / 91)::int AS ago, sum(net) AS net, sum(net - cost) AS margin
            FROM basket_lines WHERE customer_id = ANY(@customers) AND currency = @currency AND day <= @asOf AND day > @asOf::date - 819 AND cost IS NOT NULL
            GROUP BY 1, 2
            """,
            new { customers = customers.ToArray(), currency, asOf }, cancellationToken);
        var percentiles = (await unitOfWork.QueryAsync<PercentileRow>(
            """
            SELECT customer_id, percentile FROM (
                SELECT customer_id, percent_rank() OVER (ORDER BY sum(net_revenue)) AS percentile
                FROM purchase_days WHERE currency = @currency AND day > @asOf::date - 365 AND day <= @asOf GROUP BY customer_id) ranked
            WHERE customer_id = ANY(@customers)
            """,
            new { customers = customers.ToArray(), currency, asOf }, cancellationToken)).ToDictionary(row => row.CustomerId, row => row.Percentile);
        return
        [
            .. rows.GroupBy(row => row.CustomerId).OrderBy(group => group.Key).Select(group =>
            {
                var quarters = new (decimal, decimal)[9];
                foreach (var row in group) quarters[8 - row.Ago] = (row.Net, row.Margin);
                return new MarginFacts(group.Key, quarters, percentiles.GetValueOrDefault(group.Key));
            }),
        ];
    }

    public async Task<IReadOnlyList<AlignmentFacts>> AlignmentAsync(
        IReadOnlyList<Guid> customers, string currency, DateOnly asOf, IReadOnlyList<string> categories, CancellationToken cancellationToken)
    {
        var scores = await ScoresAsync(customers, cancellationToken);
        var tiers = (await unitOfWork.QueryAsync<TierRow>(
            "SELECT customer_id, tier FROM service_tiers WHERE customer_id = ANY(@customers)", new { customers = customers.ToArray() }, cancellationToken))
            .ToDictionary(row => row.CustomerId, row => row.Tier);
        var now = await MixAsync(customers, currency, asOf.AddDays(-365), asOf, categories, cancellationToken);
        var before = await MixAsync(customers, currency, asOf.AddDays(-456), asOf.AddDays(-91), categories, cancellationToken);
        return
        [
            .. scores.Select(row => new AlignmentFacts(
                row.CustomerId, row.Clv, row.ClvPercentile, tiers.TryGetValue(row.CustomerId, out var tier) ? tier : null, now(row.CustomerId), before(row.CustomerId))),
        ];
    }

    /// <summary>The company's own mix of a year by lines: the target where none is set.</summary>
    public async Task<double[]> CompanyMixAsync(string currency, DateOnly asOf, IReadOnlyList<string> categories, CancellationToken cancellationToken)
    {
        var counts = (await unitOfWork.QueryAsync<CategoryRow>(
            "SELECT category, count(*) AS lines FROM basket_lines WHERE currency = @currency AND day > @from AND day <= @asOf GROUP BY category",
            new { currency, asOf, from = asOf.AddDays(-365) }, cancellationToken)).ToDictionary(row => row.Category, row => row.Lines);
        return [.. categories.Select(category => (double)counts.GetValueOrDefault(category))];
    }

    /// <summary>Revenue targets of units that are running, with what each day has brought.</summary>
    public async Task<IReadOnlyList<PaceFacts>> PacesAsync(string currency, DateOnly asOf, CancellationToken cancellationToken)
    {
        var rows = await unitOfWork.QueryAsync<PaceRow>(
            """
            SELECT t.unit, t.amount, t.period_to - t.period_from AS period_days,
                array(SELECT coalesce((SELECT sum(b.net) FROM net_lines b WHERE b.currency = t.currency AND b.day = d::date AND (t.source IS NULL OR b.source = t.source)), 0)
                      FROM generate_series(t.period_from::timestamp, least(t.period_to - 1, @asOf::date)::timestamp, interval '1 day') d)::text[] AS days
            FROM targets t WHERE t.measure = 'net_revenue' AND t.currency = @currency AND t.period_from <= @asOf AND t.period_to > @asOf ORDER BY t.unit
            """,
            new { currency, asOf }, cancellationToken);
        return [.. rows.Select(row => new PaceFacts(row.Unit, row.Amount, row.PeriodDays, [.. row.Days.Select(day => decimal.Parse(day, System.Globalization.CultureInfo.InvariantCulture))]))];
    }

    private Task<IReadOnlyList<ScoreRow>> ScoresAsync(IReadOnlyList<Guid> customers, CancellationToken cancellationToken) => unitOfWork.QueryAsync<ScoreRow>(
        """
        SELECT customer_id, clv, clv_percentile, overdue, days_since_last, frequency, age_weeks
        FROM customer_scores WHERE customer_id = ANY(@customers) ORDER BY customer_id
        """,
        new { customers = customers.ToArray() }, cancellationToken);

    /// <summary>Lines by category after <paramref name="after"/> up to <paramref name="to"/>, by customer.</summary>
    private async Task<Func<Guid, double[]>> MixAsync(
        IReadOnlyList<Guid> customers, string currency, DateOnly after, DateOnly to, IReadOnlyList<string> categories, CancellationToken cancellationToken)
    {
        var numbers = categories.Select((category, number) => (category, number)).ToDictionary(pair => pair.category, pair => pair.number);
        var rows = (await unitOfWork.QueryAsync<MixRow>(
            """
            SELECT customer_id, category, count(*)::float8 AS amount FROM basket_lines
            WHERE customer_id = ANY(@customers) AND currency = @currency AND day > @after AND day <= @to GROUP BY customer_id, category
            """,
            new { customers = customers.ToArray(), currency, after, to }, cancellationToken)).ToLookup(row => row.CustomerId);
        return customer =>
        {
            var mix = new double[categories.Count];
            foreach (var row in rows[customer])
            {
                if (numbers.TryGetValue(row.Category, out var number)) mix[number] = row.Amount;
            }

            return mix;
        };
    }

    private sealed record ScoreRow(Guid CustomerId, decimal Clv, double ClvPercentile, double Overdue, int DaysSinceLast, int Frequency, double AgeWeeks);

    private sealed record WeekRow(Guid CustomerId, int Ago, int Purchases);

    private sealed record MonthRow(Guid CustomerId, int Month, decimal Net);

    private sealed record QuarterRow(Guid CustomerId, int Ago, decimal Net, decimal Margin);

    private sealed record PercentileRow(Guid CustomerId, double Percentile);

    private sealed record TierRow(Guid CustomerId, int Tier);

    private sealed record CategoryRow(string Category, long Lines);

    private sealed record MixRow(Guid CustomerId, string Category, double Amount);

    private sealed record PaceRow(string Unit, decimal Amount, int PeriodDays, string[] Days);
}
