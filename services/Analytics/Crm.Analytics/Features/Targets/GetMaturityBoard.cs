using Crm.Analytics.Domain;
using Crm.Analytics.Domain.Offers;
using Crm.ServiceDefaults.Postgres;
using Crm.ServiceDefaults.Security;

namespace Crm.Analytics.Features.Targets;

/// <summary>
/// How far the enterprise has come with its CRM, from facts of use that analytics knows: each score is a share of 0 to 1 with its numerator
/// and denominator and the page that improves it. What is not measured here has no score, and says so; nothing is guessed.
/// </summary>
internal static class GetMaturityBoard
{
    /// <param name="Group">pillar, phase, stage or factor.</param>
    /// <param name="Score">Numerator over denominator; null with <paramref name="Reason"/>.</param>
    /// <param name="ImproveAt">Page of the console where the cause can be worked on.</param>
    public sealed record Measure(string Group, string Key, Bilingual Name, Bilingual Fact, double? Score, long Numerator, long Denominator, string? Reason, string ImproveAt);

    public sealed record Response(double? Overall, int Scored, IReadOnlyList<Measure> Measures, string FormulaVersion, DateTimeOffset AsOf);

    public static void Map(RouteGroupBuilder api) => api
        .MapGet("/maturity-board", async (UnitOfWork unitOfWork, BusinessCalendar calendar, TimeProvider time, CancellationToken cancellationToken) =>
            TypedResults.Ok(await Handle(unitOfWork, calendar, time, cancellationToken)))
        .WithName("GetMaturityBoard")
        .AllowRoles(Roles.Staff);

    private static async Task<Response> Handle(UnitOfWork unitOfWork, BusinessCalendar calendar, TimeProvider time, CancellationToken cancellationToken)
    {
        var now = time.GetUtcNow();
        var f = (await unitOfWork.QuerySingleOrDefaultAsync<Facts>(
            """
            SELECT
                (SELECT count(*) FROM customers) AS customers,
                (SELECT count(*) FROM customer_scores) AS scored,
                (SELECT count(*) FROM customers c WHERE EXISTS (SELECT FROM basket_lines b WHERE b.customer_id = c.customer_id)) AS with_lines,
                (SELECT count(*) FROM customers c WHERE EXISTS (SELECT FROM consents k WHERE k.customer_id = c.customer_id)) AS with_consent,
                (SELECT count(*) FROM basket_lines WHERE day > @today::date - 365) AS lines,
                (SELECT count(*) FROM basket_lines WHERE day > @today::date - 365 AND cost IS NOT NULL) AS lines_with_cost,
                (SELECT count(*) FROM alerts WHERE NOT held_out AND (state <> 'open' OR expires_at <= @now)) AS alerts_over,
                (SELECT count(*) FROM alerts WHERE NOT held_out AND state IN ('acted', 'dismissed')) AS alerts_decided,
                (SELECT count(*) FROM campaigns) AS campaigns,
                (SELECT count(*) FROM campaigns c WHERE EXISTS (SELECT FROM campaign_assignments a WHERE a.campaign_id = c.campaign_id AND a.arm <> 'treated')) AS campaigns_with_holdout,
                (SELECT count(*) FROM decisions WHERE review_on <= @today) AS reviews_due,
                (SELECT count(*) FROM decisions WHERE review_on <= @today AND state = 'reviewed') AS reviews_held,
                (SELECT count(*) FROM decisions) AS decisions,
                (SELECT count(*) FROM decisions WHERE verdict = 'worked') AS decisions_worked,
                (SELECT count(*) FROM decisions WHERE state = 'reviewed') AS decisions_reviewed,
                (SELECT count(DISTINCT unit) FROM targets WHERE period_to > @today AND period_from <= @today) AS units_with_target,
                (SELECT count(DISTINCT measure) FROM targets WHERE period_to > @today AND period_from <= @today) AS measures_with_target,
                (SELECT count(*) FROM product_issues) AS issues,
                (SELECT count(*) FROM product_issues WHERE state = 'closed') AS issues_closed,
                (SELECT count(DISTINCT customer_id) FROM feedback WHERE day > @today::date - 365) AS heard,
                (SELECT count(*) FROM offer_outcomes) AS offers,
                (SELECT count(*) FROM offer_outcomes WHERE outcome = 'accepted') AS offers_accepted
            """,
            new { now, today = calendar.Today }, cancellationToken))!;

        Measure[] measures =
        [
            // Eight pillars
            Of("pillar", "vision", "Visi", "Vision", "keputusan strategis tercatat yang ditinjau tepat waktu", "recorded decisions reviewed when due", f.ReviewsHeld, f.ReviewsDue, "/steering"),
            Of("pillar", "strategy", "Strategi", "Strategy", "ukuran utama yang punya target berjalan", "lead measures with a running target", f.MeasuresWithTarget, 3, "/steering?tab=targets"),
            Of("pillar", "valued_experience", "Pengalaman pelanggan", "Valued customer experience", "isu produk yang diselesaikan", "product issues that were closed", f.IssuesClosed, f.Issues, "/product-issues"),
            Of("pillar", "collaboration", "Kolaborasi organisasi", "Organisational collaboration", "peringatan yang ditindaklanjuti atau ditolak dengan alasan", "alerts acted on or dismissed with a reason", f.AlertsDecided, f.AlertsOver, "/alerts"),
            Of("pillar", "processes", "Proses", "Processes", "kampanye yang diukur dengan kelompok kontrol", "campaigns measured with a hold-out", f.CampaignsWithHoldout, f.Campaigns, "/campaigns"),
            Of("pillar", "information", "Informasi", "Information", "pelanggan dengan baris belanja rinci", "customers with purchase lines", f.WithLines, f.Customers, "/imports"),
            Of("pillar", "technology", "Teknologi", "Technology", "baris belanja dengan biaya pokok", "purchase lines with a cost of goods", f.LinesWithCost, f.Lines, "/imports"),
            Of("pillar", "metrics", "Ukuran", "Metrics", "pelanggan yang dinilai", "customers with scores", f.Scored, f.Customers, "/analytics"),
            // Three phases
            Of("phase", "integration", "Fase I: integrasi", "Phase I: integration", "pelanggan dengan persetujuan tercatat", "customers with a recorded consent decision", f.WithConsent, f.Customers, "/customers"),
            Of("phase", "analysis", "Fase II: analisis", "Phase II: analysis", "keputusan yang sudah ditinjau", "decisions that were reviewed", f.DecisionsReviewed, f.Decisions, "/steering"),
            Of("phase", "execution", "Fase III: pelaksanaan", "Phase III: execution", "keputusan yang berhasil", "reviewed decisions that worked", f.DecisionsWorked, f.DecisionsReviewed, "/steering"),
            // Six stages
            Of("stage", "collect", "Tahap 1: pengumpulan data", "Stage 1: collect", "pelanggan yang didengar setahun terakhir", "customers heard in the last year", f.Heard, f.Customers, "/voice"),
            Of("stage", "segment", "Tahap 2: segmentasi", "Stage 2: segment", "pelanggan dalam segmen RFM", "customers in an RFM segment", f.Scored, f.Customers, "/analytics"),
            Of("stage", "analyse", "Tahap 3: analisis", "Stage 3: analyse", "penawaran yang diterima", "offers that were accepted", f.OffersAccepted, f.Offers, "/analytics?tab=offers"),
            Unmeasured("stage", "strategise", "Tahap 4: strategi", "Stage 4: strategise", "/steering"),
            Of("stage", "execute", "Tahap 5: pelaksanaan", "Stage 5: execute", "kampanye dengan kelompok kontrol", "campaigns with a hold-out", f.CampaignsWithHoldout, f.Campaigns, "/campaigns"),
            Of("stage", "measure", "Tahap 6: pengukuran", "Stage 6: measure", "tinjauan yang dilakukan", "reviews that were held", f.ReviewsHeld, f.ReviewsDue, "/steering"),
            // Five factors
            Of("factor", "top_management", "Manajemen puncak", "Top management", "unit dengan target, dari yang diharapkan sedikitnya satu", "units with a running target, of at least one", Math.Min(1, f.UnitsWithTarget), 1, "/steering?tab=targets"),
            Of("factor", "business_process", "Proses bisnis", "Business process", "peringatan yang diputuskan", "alerts that were decided on", f.AlertsDecided, f.AlertsOver, "/alerts"),
            Unmeasured("factor", "culture", "Budaya dan SDM", "Culture and people", "/steering"),
            Unmeasured("factor", "structure", "Struktur organisasi", "Organisational structure", "/steering?tab=targets"),
            Of("factor", "system", "Sistem", "System", "pelanggan dengan baris belanja rinci", "customers with purchase lines", f.WithLines, f.Customers, "/imports"),
        ];
        var scores = measures.Where(measure => measure.Score is not null).Select(measure => measure.Score!.Value).ToArray();
        return new Response(scores.Length == 0 ? null : scores.Average(), scores.Length, measures, "maturity/1", now);
    }

    private static Measure Of(string group, string key, string nameId, string nameEn, string factId, string factEn, long numerator, long denominator, string improveAt) => new(
        group, key, new Bilingual(nameId, nameEn), new Bilingual(factId, factEn), denominator > 0 ? Math.Min(1, (double)numerator / denominator) : null, numerator, denominator,
        denominator > 0 ? null : "nothing_to_measure_yet", improveAt);

    private static Measure Unmeasured(string group, string key, string nameId, string nameEn, string improveAt) => new(
        group, key, new Bilingual(nameId, nameEn), new Bilingual("belum diukur di sini", "not measured here"), null, 0, 0, "not_measured", improveAt);

    private sealed record Facts(
        long Customers, long Scored, long WithLines, long WithConsent, long Lines, long LinesWithCost, long AlertsOver, long AlertsDecided, long Campaigns,
        long CampaignsWithHoldout, long ReviewsDue, long ReviewsHeld, long Decisions, long DecisionsWorked, long DecisionsReviewed, long UnitsWithTarget,
        long MeasuresWithTarget, long Issues, long IssuesClosed, long Heard, long Offers, long OffersAccepted);
}
