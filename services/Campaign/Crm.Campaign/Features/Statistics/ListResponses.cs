using Crm.Campaign.Domain;
using Crm.Campaign.Features.Segments;
using Crm.ServiceDefaults.Errors;
using Crm.ServiceDefaults.Paging;
using Crm.ServiceDefaults.Postgres;
using Crm.ServiceDefaults.Security;

namespace Crm.Campaign.Features.Statistics;

/// <param name="Network">The /24 or /48 that it came from.</param>
/// <param name="Signals">What spoke for a program; see <c>Domain/Responses</c>.</param>
/// <param name="Verdict">human, machine, bot; null as long as it is not judged.</param>
/// <param name="First">The first of its kind for this delivery, raw.</param>
/// <param name="FirstHuman">The first that a person did.</param>
public sealed record LoggedResponse(
    Guid Id, Guid DeliveryId, Guid CustomerId, string Kind, int? Link, DateTimeOffset OccurredAt, string? UserAgent, string? Network, string[] Signals,
    string? Verdict, int? RuleVersion, bool First, bool FirstHuman)
{
    internal const string Columns =
        "id, delivery_id, customer_id, kind, link, occurred_at, user_agent, network::text AS network, signals, verdict, rule_version, first, first_human";
}

/// <summary>The raw log, nothing discarded.</summary>
internal static class ListResponses
{
    private static readonly string[] Kinds = ["opened", "clicked", "unsubscribed", "probed", "trapped", "bounced", "complained", "replied", "delivered", "undelivered", "reached_interested", "reached_not_interested", "no_answer", "busy", "wrong_number", "call_back", "shown"];

    public static void Map(RouteGroupBuilder api) =>
        api.MapGet("/campaigns/{id:guid}/responses", async (
                Guid id, string? kind, string? verdict, PageRequest page, UnitOfWork unitOfWork, CancellationToken cancellationToken) =>
                (await HandleAsync(id, kind, verdict, page, unitOfWork, cancellationToken)).ToOk())
            .WithName("ListResponses").WithSummary("Every response with its signals, oldest first").AllowRoles(MarketingRights.Readers);

    private static async Task<Result<Page<LoggedResponse>>> HandleAsync(
        Guid id, string? kind, string? verdict, PageRequest page, UnitOfWork unitOfWork, CancellationToken cancellationToken)
    {
        if (kind is not null && !Kinds.Contains(kind)) return Error.Invalid("campaign.kind_invalid", $"kind is one of {string.Join(", ", Kinds)}.", "kind");
        if (verdict is not (null or "human" or "machine" or "bot")) return Error.Invalid("campaign.verdict_invalid", "verdict is human, machine or bot.", "verdict");
        if (!await unitOfWork.QuerySingleOrDefaultAsync<bool>("SELECT EXISTS (SELECT 1 FROM campaigns WHERE id = @id)", new { id }, cancellationToken)) return CampaignErrors.CampaignNotFound;

        var rows = await unitOfWork.QueryAsync<LoggedResponse>(
            $"""
            SELECT {LoggedResponse.Columns} FROM responses
            WHERE campaign_id = @id AND (@kind::text IS NULL OR kind = @kind) AND (@verdict::text IS NULL OR verdict = @verdict)
                AND (@after::uuid IS NULL OR id > @after)
            ORDER BY id LIMIT @limit + 1
            """,
            new { id, kind, verdict, after = page.After<CursorKey>()?.Id, limit = page.Limit },
            cancellationToken);
        return Page<LoggedResponse>.From(rows, page.Limit, row => new CursorKey(row.Id));
    }

    private sealed record CursorKey(Guid Id);
}
