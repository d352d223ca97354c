namespace Crm.Campaign.Dispatching;

/// <summary>Campaign's long work beside its sends, for the operations desk.</summary>
internal static class CampaignJobs
{
    public const string Sql =
        """
        SELECT id, 'journey-simulation' AS kind, state, CASE state WHEN 'succeeded' THEN total ELSE 0 END AS done, total,
            created_by AS started_by, created_at, finished_at, error
        FROM journey_simulations
        """;
}
