using Crm.Analytics.Domain;
using Crm.Analytics.Jobs;
using Crm.Analytics.Models;
using Crm.Analytics.Persistence;
using Crm.ServiceDefaults.Postgres;
using Microsoft.Extensions.Options;

namespace Crm.Analytics.Features.Value;

/// <summary>
/// TotalValue = PastMargin + CLV + RV + FV of one customer, step by step. Loyalty value is contained in past margin and CLV: shown as "of
/// which", never added. Everything is in the customer's currency.
/// </summary>
internal sealed class CustomerValuation(
    UnitOfWork unitOfWork, JobStore jobs, BusinessCalendar calendar, TimeProvider time, IOptions<AnalyticsOptions> options)
{
    public const string FormulaVersion = "value/1";
    private const double DaysPerYear = 365.25;

    public async Task<Valuation?> OfAsync(Guid customerId, CancellationToken cancellationToken)
    {
        var currency = await unitOfWork.QuerySingleOrDefaultAsync<string>("SELECT currency FROM customers WHERE customer_id = @customerId", new { customerId }, cancellationToken);
        if (currency is null) return null;
        var (now, until) = (time.GetUtcNow(), calendar.Today);
        var since = until.AddMonths(-12);
        var steps = new List<ExplainedStep>();
        var lines = await unitOfWork.QueryAsync<LineRow>(
            """
            SELECT purchase_id, line, day, sku, category, quantity, net, cost FROM net_lines WHERE customer_id = @customerId AND currency = @currency AND day <= @until
            ORDER BY day, purchase_id, line
            """,
            new { customerId, currency, until }, cancellationToken);
        var days = await unitOfWork.QueryAsync<DayRow>(
            "SELECT day, net_revenue, orders FROM purchase_days WHERE customer_id = @customerId AND currency = @currency AND day <= @until ORDER BY day",
            new { customerId, currency, until }, cancellationToken);
        var costs = await unitOfWork.QueryAsync<CostRow>(
            "SELECT cost_id, day, kind, amount FROM customer_costs WHERE customer_id = @customerId AND currency = @currency AND day <= @until ORDER BY day, cost_id",
            new { customerId, currency, until }, cancellationToken);

        var (ever, year) = (MarginOf(DateOnly.MinValue), MarginOf(since));
        AddMargin("pastMargin", ever);
        AddMargin("lastTwelveMonths", year);
        var pastMargin = Money("pastMargin", ever.Cm3, days.Count, ever.Reason);
        var clv = await ClvAsync(customerId, currency, year, days.Sum(day => day.Orders), steps, now, cancellationToken);
        var (referrals, rv) = await ReferralsAsync(customerId, currency, since, clv.Rate, steps, now, cancellationToken);
        var (feedback, fv) = await FeedbackAsync(customerId, currency, steps, now, cancellationToken);
        double?[] parts = [pastMargin.Value, clv.Metric.Value, rv.Value, fv.Value];
        // A part that is not known yet (no benefit booked, no score) leaves the sum of the others, and says so.
        var missing = new[] { "pastMargin", "clv", "referralValue", "feedbackValue" }.Where((_, i) => parts[i] is null).ToArray();
        var total = parts.All(part => part is null) ? (double?)null : parts.Sum(part => part ?? 0);
        steps.Add(new("totalValue", "pastMargin + clv + referralValue + feedbackValue", new Dictionary<string, double?>
        {
            ["pastMargin"] = parts[0], ["clv"] = parts[1], ["referralValue"] = parts[2], ["feedbackValue"] = parts[3],
        }, total));
        var (repeatMargin, stability) = Loyalty();
        return new Valuation(
            customerId, currency,
            new Metric("totalValue", total, null, null, days.Count, null, null, null, missing.Length == 0 ? null : $"without_{string.Join("_", missing)}", FormulaVersion, now),
            pastMargin, clv.Metric, rv, fv,
            [
                Money("netRevenue12Months", year.NetRevenue, days.Count, null), Money("cm1", year.Cm1, days.Count, year.Reason), Money("cm2", year.Cm2, days.Count, year.Reason),
                Money("cm3", year.Cm3, days.Count, year.Reason),
                year.Rate is { } rate
                    ? new Metric("marginRate", rate, (double?)year.Cm2, (double)year.CostedRevenue, days.Count, null, null, null, year.Reason, FormulaVersion, now)
                    : Metric.Undefined("marginRate", year.Reason ?? "empty_denominator", FormulaVersion, now, (double?)year.Cm2, (double)year.CostedRevenue),
                Money("acquisitionCost", costs.Where(cost => cost.Kind == CostKinds.Acquisition).Sum(cost => cost.Amount), costs.Count, null),
            ],
            [repeatMargin, stability], steps, lines, costs, referrals, feedback);

        CustomerMargin MarginOf(DateOnly from)
        {
            var sold = lines.Where(line => line.Day >= from).ToArray();
            var spent = costs.Where(cost => cost.Day >= from).ToArray();
            // Purchases that were reported without lines have revenue and no known cost.
            return new CustomerMargin(
                days.Where(day => day.Day >= from).Sum(day => day.NetRevenue), sold.Where(line => line.Cost is not null).Sum(line => line.Net), sold.Sum(line => line.Cost ?? 0),
                spent.Where(cost => CostKinds.Order.Contains(cost.Kind)).Sum(cost => cost.Amount), spent.Where(cost => CostKinds.Service.Contains(cost.Kind)).Sum(cost => cost.Amount));
        }

        void AddMargin(string name, CustomerMargin margin) => steps.Add(new(
            name, "CM3 = costedRevenue - costOfGoods - orderCosts - serviceCosts", new Dictionary<string, double?>
            {
                ["netRevenue"] = (double)margin.NetRevenue, ["costedRevenue"] = (double)margin.CostedRevenue, ["costOfGoods"] = (double)margin.CostOfGoods,
                ["orderCosts"] = (double)margin.OrderCosts, ["serviceCosts"] = (double)margin.ServiceCosts, ["cm1"] = (double?)margin.Cm1, ["cm2"] = (double?)margin.Cm2,
            }, (double?)margin.Cm3));

        (Metric, Metric) Loyalty()
        {
            var first = days.FirstOrDefault(day => day.Orders > 0)?.Day;
            var repeat = lines.Where(line => line.Day >= since && line.Day > first && line.Cost is not null).ToArray();
            var quarters = Enumerable.Range(0, 4).Select(quarter => (double)lines
                .Where(line => line.Cost is not null && line.Day >= since.AddMonths(3 * quarter) && line.Day < since.AddMonths(3 * (quarter + 1))).Sum(line => line.Net - line.Cost!.Value)).ToArray();
            var steady = LoyaltyValue.Stability(quarters);
            return (
                Money("repeatMargin", repeat.Length == 0 ? null : repeat.Sum(line => line.Net - line.Cost!.Value), repeat.Length, repeat.Length == 0 ? "no_costed_repeat_order" : "descriptive_not_causal"),
                new Metric("stability", steady, null, null, 4, null, null, null, steady is null ? "no_positive_margin" : "descriptive_not_causal", FormulaVersion, now));
        }

        Metric Money(string name, decimal? value, long n, string? reason) => Metric.Amount(name, value, n, FormulaVersion, now, reason);
    }

    private async Task<(Metric Metric, double? Rate)> ClvAsync(
        Guid customerId, string currency, CustomerMargin year, int orders, List<ExplainedStep> steps, DateTimeOffset now, CancellationToken cancellationToken)
    {
        var segment = await SegmentRateAsync(currency, cancellationToken);
        // Without a known cost of the customer the segment's rate stands alone: own weight 0.
        var rate = segment is { } known ? CustomerValue.ShrunkMarginRate(year.Rate ?? 0, year.Rate is null ? 0 : orders, known) : year.Rate;
        steps.Add(new("marginRate", "m = (w own + 4 segment) / (w + 4)", new Dictionary<string, double?> { ["own"] = year.Rate, ["segment"] = segment, ["w"] = year.Rate is null ? 0 : orders }, rate));
        if (await CustomerValueRow.FindAsync(customerId, unitOfWork, cancellationToken) is not { } row) return (Metric.Undefined("clv", "not_scored", FormulaVersion, now), rate);
        if (rate is not { } m) return (Metric.Undefined("clv", "cost_of_goods_missing", FormulaVersion, now, n: row.PurchaseDays), null);

        var value = (double)row.Clv * m;
        steps.Add(new("clv", "m · Σ_k E[M] (E[Y(kD)] - E[Y((k-1)D)]) / (1+d)^(k/12)", new Dictionary<string, double?>
        {
            ["m"] = m, ["x"] = row.Frequency, ["recencyWeeks"] = row.RecencyWeeks, ["ageWeeks"] = row.AgeWeeks, ["expectedValue"] = row.ExpectedValue,
            ["expectedPurchases"] = row.ExpectedPurchases, ["clvRevenue"] = (double)row.Clv, ["annualDiscountRate"] = options.Value.AnnualDiscountRate,
        }, value));
        var interval = await IntervalAsync(row, m, cancellationToken);
        return (new Metric("clv", value, null, null, row.PurchaseDays, interval?.Low, interval?.High, interval is null ? null : 0.9, null, FormulaVersion, row.ComputedAt), rate);
    }

    private async Task<(double Low, double High)?> IntervalAsync(CustomerValueRow row, double marginRate, CancellationToken cancellationToken)
    {
        if (!Guid.TryParse(row.ModelVersion.Split(':')[^1], out var fitId)) return null;
        if ((await jobs.FindAsync(JobKind.ModelFit, fitId, cancellationToken))?.ResultAs<FittedModels>() is not { } fit) return null;
        var bg = fit.ToBgNbd();
        var months = Math.Max(1, (int)Math.Round(row.HorizonDays / CustomerValue.DaysPerMonth));
        var interval = new CustomerValueInterval(
            p => new BgNbd(p[0], p[1], p[2], p[3]), [bg.R, bg.Alpha, bg.A, bg.B], fit.BgNbd.Covariance(), fit.ToGammaGamma(), fit.GammaGamma.Covariance(), months, options.Value.AnnualDiscountRate);
        return interval.Of(new PurchaseHistory(row.Frequency, row.RecencyWeeks, row.AgeWeeks), row.MeanRepeatValue, marginRate);
    }

    /// <summary>Of all customers of the currency over the last twelve months.</summary>
    private Task<double?> SegmentRateAsync(string currency, CancellationToken cancellationToken) => unitOfWork.QuerySingleOrDefaultAsync<double?>(
        """
        SELECT (sum(net - cost) / nullif(sum(net), 0))::float8 FROM net_lines WHERE currency = @currency AND cost IS NOT NULL AND day >= @since
        """,
        new { currency, since = calendar.Today.AddMonths(-12) }, cancellationToken);

    private async Task<(IReadOnlyList<ReferralRow>, Metric)> ReferralsAsync(
        Guid customerId, string currency, DateOnly since, double? rate, List<ExplainedStep> steps, DateTimeOffset now, CancellationToken cancellationToken)
    {
        // One referrer per referee, once they have bought: the last one accepted up to the day of the first purchase.
        var rows = await unitOfWork.QueryAsync<ReferralRow>(
            """
            SELECT r.referral_id, r.referee_id, r.programme, r.accepted_at, r.would_have_bought, r.saved_acquisition, r.marketing_cost, r.reward, coalesce(s.clv, 0) AS referee_clv,
                p.type_one, p.answered
            FROM referrals r
            JOIN customers c ON c.customer_id = r.referee_id AND r.accepted_at < c.first_purchase_day + 1
            LEFT JOIN customer_scores s ON s.customer_id = r.referee_id AND s.currency = r.currency
            CROSS JOIN LATERAL (
                SELECT count(*) FILTER (WHERE NOT would_have_bought) AS type_one, count(would_have_bought) AS answered FROM referrals a WHERE a.programme = r.programme) p
            WHERE r.referrer_id = @customerId AND r.currency = @currency AND r.accepted_at >= @since
              AND NOT EXISTS (
                  SELECT FROM referrals later
                  WHERE later.referee_id = r.referee_id AND (later.accepted_at, later.referral_id) > (r.accepted_at, r.referral_id)
                    AND later.accepted_at < c.first_purchase_day + 1)
            ORDER BY r.accepted_at, r.referral_id
            """,
            new { customerId, currency, since = calendar.ObservedUntil(since.AddDays(-1)) }, cancellationToken);
        if (rows.Count == 0) return (rows, new Metric("referralValue", 0, null, null, 0, null, null, null, "no_referral_in_window", FormulaVersion, now));
        if (rate is not { } m) return (rows, Metric.Undefined("referralValue", "cost_of_goods_missing", FormulaVersion, now, n: rows.Count));
        var total = 0.0;
        foreach (var row in rows)
        {
            var years = (calendar.DayOf(row.AcceptedAt).DayNumber - since.DayNumber) / DaysPerYear;
            var u = ReferralValue.ShareOfTypeOne(row.TypeOne, row.Answered);
            var value = ReferralValue.Of(
                new ReferralFact(years, row.WouldHaveBought, m * (double)row.RefereeClv, (double)row.SavedAcquisition, (double)row.MarketingCost, (double)row.Reward), u, options.Value.AnnualDiscountRate);
            total += value;
            steps.Add(new($"referral {row.ReferralId}", "(u (CLV + ACQ1 - M) + (1-u) ACQ2 - reward) / (1+d)^t", new Dictionary<string, double?>
            {
                ["u"] = row.WouldHaveBought switch { true => 0, false => 1, null => u }, ["clv"] = m * (double)row.RefereeClv, ["savedAcquisition"] = (double)row.SavedAcquisition,
                ["marketingCost"] = (double)row.MarketingCost, ["reward"] = (double)row.Reward, ["years"] = years,
            }, value));
        }

        return (rows, new Metric("referralValue", total, null, null, rows.Count, null, null, null, null, FormulaVersion, now));
    }

    private async Task<(IReadOnlyList<FeedbackRow>, Metric)> FeedbackAsync(
        Guid customerId, string currency, List<ExplainedStep> steps, DateTimeOffset now, CancellationToken cancellationToken)
    {
        var rows = await unitOfWork.QueryAsync<FeedbackRow>(
            """
            WITH ranked AS (
                SELECT f.*, b.benefit, b.evidence, row_number() OVER (PARTITION BY f.topic ORDER BY f.reported_at, f.item_id)::int AS rank
                FROM feedback_items f LEFT JOIN feedback_benefits b ON b.topic = f.topic AND b.currency = @currency
                WHERE f.topic IN (SELECT topic FROM feedback_items WHERE customer_id = @customerId) AND (b.accepted_at IS NULL OR f.reported_at <= b.accepted_at))
            SELECT item_id, customer_id, topic, quality, reported_at, cost, benefit, evidence, rank FROM ranked ORDER BY topic, rank
            """,
            new { customerId, currency }, cancellationToken);
        var own = rows.Where(row => row.CustomerId == customerId).ToArray();
        if (own.Length == 0) return (own, new Metric("feedbackValue", 0, null, null, 0, null, null, null, "no_feedback", FormulaVersion, now));
        if (own.All(row => row.Benefit is null)) return (own, Metric.Undefined("feedbackValue", "no_benefit_booked", FormulaVersion, now, n: own.Length));
        var total = -(double)own.Sum(row => row.Cost);
        foreach (var topic in rows.Where(row => row.Benefit is not null).GroupBy(row => row.Topic))
        {
            var (mine, all) = (topic.Where(row => row.CustomerId == customerId).Sum(Weight), topic.Sum(Weight));
            var value = FeedbackValue.Share((double)topic.First().Benefit!.Value, mine, all);
            total += value;
            steps.Add(new($"feedback {topic.Key}", "B · a_i / Σ a_j", new Dictionary<string, double?> { ["benefit"] = (double)topic.First().Benefit!.Value, ["own"] = mine, ["all"] = all }, value));
        }

        return (own, new Metric("feedbackValue", total, null, null, own.Length, null, null, null, null, FormulaVersion, now));

        static double Weight(FeedbackRow row) => FeedbackValue.Weight((double)row.Quality, row.Rank);
    }
}

/// <summary>A customer's value with its parts, steps and rows.</summary>
internal sealed record Valuation(
    Guid CustomerId, string Currency, Metric Total, Metric PastMargin, Metric Clv, Metric ReferralValue, Metric FeedbackValue, IReadOnlyList<Metric> Margin,
    IReadOnlyList<Metric> Loyalty, IReadOnlyList<ExplainedStep> Steps, IReadOnlyList<LineRow> Lines, IReadOnlyList<CostRow> Costs, IReadOnlyList<ReferralRow> Referrals,
    IReadOnlyList<FeedbackRow> Feedback);

internal sealed record LineRow(Guid PurchaseId, int Line, DateOnly Day, string Sku, string Category, decimal Quantity, decimal Net, decimal? Cost);

internal sealed record DayRow(DateOnly Day, decimal NetRevenue, int Orders);

internal sealed record CostRow(Guid CostId, DateOnly Day, string Kind, decimal Amount);

internal sealed record ReferralRow(
    Guid ReferralId, Guid RefereeId, string Programme, DateTimeOffset AcceptedAt, bool? WouldHaveBought, decimal SavedAcquisition, decimal MarketingCost, decimal Reward, decimal RefereeClv,
    long TypeOne, long Answered);

internal sealed record FeedbackRow(
    Guid ItemId, Guid CustomerId, string Topic, decimal Quality, DateTimeOffset ReportedAt, decimal Cost, decimal? Benefit, string? Evidence, int Rank);
