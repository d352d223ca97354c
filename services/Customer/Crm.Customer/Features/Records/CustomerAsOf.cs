using System.Text.Json;
using Crm.Customer.Consumers;
using Crm.Customer.Contracts.Events.V1;
using Crm.Customer.Domain;
using Crm.ServiceDefaults.Errors;
using Crm.ServiceDefaults.Postgres;
using Crm.ServiceDefaults.Security;

namespace Crm.Customer.Features.Records;

/// <summary>The record (details, stage, tags, owner), the consents and how the customer was served, as they were at an instant.</summary>
internal static class CustomerAsOf
{
    /// <param name="ServiceTier">1 lowest to 5 highest; null where nobody had said it by then.</param>
    internal sealed record Response(Guid CustomerId, DateTimeOffset At, long Version, JsonElement Record, IReadOnlyList<ConsentState> Consents, int? ServiceTier);

    public static void Map(RouteGroupBuilder api) => api
        .MapGet("/customers/{id:guid}/as-of", async (Guid id, DateTimeOffset at, UnitOfWork unitOfWork, CancellationToken cancellationToken) =>
            (await HandleAsync(id, at.ToUniversalTime(), unitOfWork, cancellationToken)).ToOk())
        .WithName("GetCustomerAsOf")
        .AllowRoles(Roles.Staff);

    private static async Task<Result<Response>> HandleAsync(Guid id, DateTimeOffset at, UnitOfWork unitOfWork, CancellationToken cancellationToken)
    {
        var versions = await unitOfWork.QueryAsync<Row>(
            """
            SELECT version, record::text AS record FROM (
                SELECT version, record FROM customer_history WHERE customer_id = @id AND valid_from <= @at AND valid_to > @at
                UNION ALL
                SELECT version, to_jsonb(c) - 'source_hash' FROM customers c
                WHERE id = @id AND CASE WHEN version = 1 THEN least(registered_at, changed_at) ELSE changed_at END <= @at
            ) v ORDER BY version DESC LIMIT 1
            """,
            new { id, at },
            cancellationToken);
        if (versions.Count == 0)
        {
            return await unitOfWork.QuerySingleOrDefaultAsync<bool>("SELECT EXISTS (SELECT FROM customers WHERE id = @id AND erased_at IS NULL)", new { id }, cancellationToken)
                ? CustomerErrors.NotKnownThen
                : CustomerErrors.NotFound;
        }

        var consents = await unitOfWork.QueryAsync<Consent>(
            """
            SELECT DISTINCT ON (channel, purpose) channel, purpose, granted, effective_at FROM consent_decisions
            WHERE customer_id = @id AND effective_at <= @at ORDER BY channel, purpose, effective_at DESC, granted
            """,
            new { id, at },
            cancellationToken);
        var tier = await unitOfWork.QuerySingleOrDefaultAsync<int?>(
            """
            SELECT (args->>'tier')::int FROM timeline_entries WHERE customer_id = @id AND kind = @Kind AND occurred_at <= @at
            ORDER BY occurred_at DESC, entry_id DESC LIMIT 1
            """,
            new { id, at, ServiceTierSetConsumer.Kind },
            cancellationToken);
        return new Response(
            id, at, versions[0].Version, RecordFields.ToApi(versions[0].Record),
            [.. consents.Select(consent => new ConsentState(consent.Channel, consent.Purpose, consent.Granted, consent.EffectiveAt))], tier);
    }

    private sealed class Row
    {
        public long Version { get; init; }
        public string Record { get; init; } = "{}";
    }

    private sealed class Consent
    {
        public string Channel { get; init; } = "";
        public string Purpose { get; init; } = "";
        public bool Granted { get; init; }
        public DateTimeOffset EffectiveAt { get; init; }
    }
}
