using Crm.Campaign.Features.Segments;
using Crm.ServiceDefaults.Errors;
using Crm.ServiceDefaults.Paging;
using Crm.ServiceDefaults.Postgres;
using Crm.ServiceDefaults.Security;

namespace Crm.Campaign.Features.Campaigns;

internal static class ListCampaigns
{
    private static readonly string[] States = ["draft", "scheduled", "sending", "paused", "cancelled", "finished"];

    public static void Map(RouteGroupBuilder api) =>
        api.MapGet("/campaigns", async (
                    PageRequest page, UnitOfWork unitOfWork, CancellationToken cancellationToken, string[]? state = null, string? owner = null, DateTimeOffset? from = null,
                    DateTimeOffset? to = null, string? channel = null, string? tag = null, string? text = null, bool archived = false) =>
                (await HandleAsync(new Filter(state, owner, from, to, channel, tag, text, archived), page, unitOfWork, cancellationToken)).ToOk())
            .WithName("ListCampaigns").WithSummary("Newest first; by state, owner, time, channel, tag or text").AllowRoles(MarketingRights.Readers);

    private static async Task<Result<Page<CampaignResponse>>> HandleAsync(Filter filter, PageRequest page, UnitOfWork unitOfWork, CancellationToken cancellationToken)
    {
        if (filter.State is { } states && Array.FindIndex(states, state => !States.Contains(state)) is var wrong and >= 0)
        {
            return Error.Invalid("campaign.unknown_state", $"There is no state '{states[wrong]}'. There are: {string.Join(", ", States)}.", "state");
        }

        var rows = await unitOfWork.QueryAsync<CampaignResponse>(
            $"""
            SELECT {CampaignResponse.Columns} FROM campaigns c
            WHERE (@before::uuid IS NULL OR c.id < @before) AND (c.archived_at IS NOT NULL) = @Archived
                AND (@states::text[] IS NULL OR c.state = ANY(@states)) AND (@Channel::text IS NULL OR c.channel = @Channel)
                AND (@text::text IS NULL OR strpos(lower(c.name), lower(@text)) > 0)
                AND ((@Owner::text IS NULL AND @Tag::text IS NULL AND @from::timestamptz IS NULL AND @to::timestamptz IS NULL) OR EXISTS (
                    SELECT 1 FROM (SELECT 1) one LEFT JOIN campaign_plans p ON p.campaign_id = c.id
                    WHERE (@Owner::text IS NULL OR coalesce(p.owner, c.created_by) = @Owner) AND (@Tag::text IS NULL OR p.tags @> ARRAY[@Tag])
                        AND (@from::timestamptz IS NULL OR coalesce(c.launched_at, p.launch_at, c.created_at) >= @from)
                        AND (@to::timestamptz IS NULL OR coalesce(c.launched_at, p.launch_at, c.created_at) < @to)))
            ORDER BY c.id DESC LIMIT @limit + 1
            """,
            new
            {
                before = page.After<CursorKey>()?.Id, limit = page.Limit, filter.Archived, states = filter.State is { Length: > 0 } ? filter.State : null, filter.Channel,
                text = filter.Text is { Length: > 0 } ? filter.Text : null, filter.Owner, filter.Tag, from = filter.From?.ToUniversalTime(), to = filter.To?.ToUniversalTime(),
            },
            cancellationToken);
        return Page<CampaignResponse>.From(rows, page.Limit, row => new CursorKey(row.Id));
    }

    /// <param name="State">One or more.</param>
    /// <param name="Owner">Of the plan; without one, who made it.</param>
    /// <param name="From">Launched, or to be launched, from then on; a draft without a launch time counts by its making.</param>
    /// <param name="To">And before.</param>
    /// <param name="Text">A part of the name.</param>
    /// <param name="Archived">Only those that were archived, instead of only those that were not.</param>
    private sealed record Filter(
        string[]? State, string? Owner, DateTimeOffset? From, DateTimeOffset? To, string? Channel, string? Tag, string? Text, bool Archived);

    private sealed record CursorKey(Guid Id);
}
