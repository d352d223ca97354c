using Crm.ServiceDefaults.Postgres;

namespace Crm.Campaign.Features.Statistics;

internal sealed record ResponseCount(
    string Channel, string Provider, string Variant, string Language, string Kind, long Raw, long Human, long Machine, long UniqueRaw, long UniqueHuman);

/// <summary>Counted responses of a campaign, and those that wait to be judged in the raw figures.</summary>
internal sealed class ResponseTotals(IEnumerable<ResponseCount> rows)
{
    private readonly ResponseCount[] _rows = [.. rows];

    public static async Task<ResponseTotals> ReadAsync(Guid campaignId, UnitOfWork unitOfWork, CancellationToken cancellationToken) =>
        new(await unitOfWork.QueryAsync<ResponseCount>(
            """
            SELECT channel, provider, variant, language, kind, raw, human, machine, unique_raw, unique_human FROM response_counts WHERE campaign_id = @campaignId
            UNION ALL
            SELECT d.channel, coalesce(d.provider, ''), coalesce(d.variant, ''), d.language, r.kind, count(*), 0, 0,
                count(DISTINCT r.delivery_id) FILTER (WHERE NOT EXISTS (
                    SELECT 1 FROM responses f WHERE f.delivery_id = r.delivery_id AND f.kind = r.kind AND f.first AND f.judged_at IS NOT NULL)), 0
            FROM responses r JOIN deliveries d ON d.delivery_id = r.delivery_id
            WHERE r.campaign_id = @campaignId AND r.judged_at IS NULL GROUP BY 1, 2, 3, 4, 5
            """,
            new { campaignId },
            cancellationToken));

    public ResponseTotals Where(Func<ResponseCount, bool> condition) => new(_rows.Where(condition));

    public ResponseFigures Figures(string kind)
    {
        var rows = _rows.Where(row => row.Kind == kind).ToArray();
        return new ResponseFigures(
            rows.Sum(row => row.UniqueRaw), rows.Sum(row => row.Raw), rows.Sum(row => row.UniqueHuman), rows.Sum(row => row.Human), rows.Sum(row => row.Machine));
    }

    public long Unique(string kind) => _rows.Where(row => row.Kind == kind).Sum(row => row.UniqueRaw);
}
