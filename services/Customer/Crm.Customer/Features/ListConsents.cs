using Crm.Customer.Contracts.Events.V1;
using Crm.Customer.Domain;
using Crm.Customer.Persistence;
using Crm.ServiceDefaults.Errors;
using Crm.ServiceDefaults.Paging;
using Crm.ServiceDefaults.Postgres;
using Crm.ServiceDefaults.Security;

namespace Crm.Customer.Features;

/// <summary>The consents in force, and the ledger of all decisions, the latest to take effect first.</summary>
internal static class ListConsents
{
    internal sealed class Decision
    {
        public Guid Id { get; init; }
        public string Channel { get; init; } = "";
        public string Purpose { get; init; } = "";
        public bool Granted { get; init; }
        public string NoticeVersion { get; init; } = "";
        public string CaptureSource { get; init; } = "";
        public DateTimeOffset EffectiveAt { get; init; }
        public DateTimeOffset RecordedAt { get; init; }
        public string RecordedBy { get; init; } = "";
    }

    internal sealed record Response(IReadOnlyList<ConsentState> InForce, Page<Decision> Decisions);

    private sealed record Position(DateTimeOffset EffectiveAt, Guid Id);

    public static void Map(RouteGroupBuilder api) => api
        .MapGet("/customers/{id:guid}/consents", async (Guid id, PageRequest page, CustomerStore store, UnitOfWork unitOfWork, CancellationToken cancellationToken) =>
            (await HandleAsync(id, page, store, unitOfWork, cancellationToken)).ToOk())
        .WithName("ListConsents")
        .AllowRoles(Roles.Staff);

    private static async Task<Result<Response>> HandleAsync(
        Guid customerId, PageRequest page, CustomerStore store, UnitOfWork unitOfWork, CancellationToken cancellationToken)
    {
        if (await store.FindAsync(customerId, cancellationToken) is not { } customer) return CustomerErrors.NotFound;

        customerId = customer.Id;
        var after = page.After<Position>();
        var rows = await unitOfWork.QueryAsync<Decision>(
            """
            SELECT id, channel, purpose, granted, notice_version, capture_source, effective_at, recorded_at, recorded_by FROM consent_decisions
            WHERE customer_id IN (SELECT customer_with_absorbed(@customerId)) AND (@afterId::uuid IS NULL OR (effective_at, id) < (@afterAt::timestamptz, @afterId))
            ORDER BY effective_at DESC, id DESC LIMIT @limit
            """,
            new { customerId, afterAt = after?.EffectiveAt, afterId = after?.Id, limit = page.Limit + 1 },
            cancellationToken);
        return new Response(customer.CurrentConsents, Page<Decision>.From(rows, page.Limit, row => new Position(row.EffectiveAt, row.Id)));
    }
}
