using Crm.ServiceDefaults.Paging;
using Crm.ServiceDefaults.Postgres;

namespace Crm.Campaign.Features.Campaigns;

/// <param name="Kind">broadcast: to a segment, once. triggered: to whom journeys send it, one by one; no segment.</param>
/// <param name="State">draft, scheduled, sending, paused, cancelled, finished.</param>
/// <param name="HoldoutPercent">Share of the recipients who are kept back to measure the effect.</param>
public sealed record CampaignResponse(
    Guid Id, long Version, string Name, string Kind, Guid? SegmentId, Guid TemplateId, string Channel, string SenderName, string FromAddress,
    decimal HoldoutPercent, string State, string CreatedBy, DateTimeOffset CreatedAt, DateTimeOffset? LaunchedAt, DateTimeOffset? FinishedAt) : IVersioned
{
    internal const string Columns =
        "id, version, name, kind, segment_id, template_id, channel, sender_name, from_address, holdout_percent, state, created_by, created_at, launched_at, finished_at";

    internal static Task<CampaignResponse?> FindAsync(Guid id, UnitOfWork unitOfWork, CancellationToken cancellationToken) =>
        unitOfWork.QuerySingleOrDefaultAsync<CampaignResponse>($"SELECT {Columns} FROM campaigns WHERE id = @id", new { id }, cancellationToken);
}
