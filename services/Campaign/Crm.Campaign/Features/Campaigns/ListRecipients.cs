using Crm.Campaign.Features.Segments;
using Crm.ServiceDefaults.Paging;
using Crm.ServiceDefaults.Postgres;
using Crm.ServiceDefaults.Security;
using Microsoft.AspNetCore.Http.HttpResults;

namespace Crm.Campaign.Features.Campaigns;

/// <param name="Occasion">Of a triggered campaign: which entry or year; empty otherwise.</param>
/// <param name="Reason">Why skipped, failed or unknown; null otherwise.</param>
/// <param name="Email">The address it went to; null where none was sent, or by another channel.</param>
public sealed record RecipientResponse(
    Guid CustomerId, string? DisplayName, Guid DeliveryId, string Channel, string Occasion, string Language, string State, string? Reason, string? Email, int Attempts,
    DateTimeOffset? SentAt, DateTimeOffset? OpenedAt, DateTimeOffset? ClickedAt);

/// <summary>
/// Who was in the target group when a campaign was sent, whoever is in the segment now: the ledger, with those who were not written to and why.
/// </summary>
internal static class ListRecipients
{
    public static void Map(RouteGroupBuilder api) =>
        api.MapGet("/campaigns/{id:guid}/recipients", HandleAsync).WithName("ListRecipients").WithSummary("The membership at the time of sending, with reasons")
            .AllowRoles([.. Roles.Marketing, Roles.Analyst, Roles.Ops]);

    public static Task<IReadOnlyList<RecipientResponse>> ReadAsync(
        Guid id, string? state, string? reason, RecipientKey? after, int limit, UnitOfWork unitOfWork, CancellationToken cancellationToken) =>
        unitOfWork.QueryAsync<RecipientResponse>(
            """
            SELECT d.customer_id, a.display_name, d.delivery_id, d.channel, d.occasion, d.language, d.state, d.reason, d.email, d.attempts, d.sent_at, d.opened_at, d.clicked_at
            FROM deliveries d LEFT JOIN audience a ON a.customer_id = d.customer_id
            WHERE d.campaign_id = @id AND (@state::text IS NULL OR d.state = @state) AND (@reason::text IS NULL OR d.reason = @reason)
                AND d.customer_id >= @customer AND (d.customer_id, d.delivery_id) > (@customer, @delivery)
            ORDER BY d.customer_id, d.delivery_id LIMIT @limit
            """,
            new { id, state, reason, customer = after?.Customer ?? Guid.Empty, delivery = after?.Delivery ?? Guid.Empty, limit },
            cancellationToken);

    private static async Task<Ok<Page<RecipientResponse>>> HandleAsync(
        Guid id, PageRequest page, UnitOfWork unitOfWork, CancellationToken cancellationToken, string? state = null, string? reason = null)
    {
        var rows = await ReadAsync(id, state, reason, page.After<RecipientKey>(), page.Limit + 1, unitOfWork, cancellationToken);
        return TypedResults.Ok(Page<RecipientResponse>.From(rows, page.Limit, row => new RecipientKey(row.CustomerId, row.DeliveryId)));
    }
}

internal sealed record RecipientKey(Guid Customer, Guid Delivery);
