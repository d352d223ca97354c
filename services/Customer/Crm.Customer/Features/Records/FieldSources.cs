using System.Text.Json;
using System.Text.Json.Nodes;
using Crm.Customer.Domain;
using Crm.ServiceDefaults.Errors;
using Crm.ServiceDefaults.Postgres;
using Crm.ServiceDefaults.Security;

namespace Crm.Customer.Features.Records;

/// <summary>Where each value of a record came from, when, by whom, and how far it can be trusted; read off the record's versions.</summary>
internal static class FieldSources
{
    private const int MaxVersions = 1000;

    /// <summary><c>Quality</c>: verified (the customer proved it), bounced (it does not work), stated (a person entered it), imported (another system says so).</summary>
    internal sealed record Item(string Field, string Source, string? By, DateTimeOffset At, string Quality);

    public static void Map(RouteGroupBuilder api) => api
        .MapGet("/customers/{id:guid}/field-sources", async (Guid id, UnitOfWork unitOfWork, CancellationToken cancellationToken) =>
            (await HandleAsync(id, unitOfWork, cancellationToken)).ToOk())
        .WithName("GetFieldSources")
        .AllowRoles(Roles.Staff);

    private static async Task<Result<Item[]>> HandleAsync(Guid id, UnitOfWork unitOfWork, CancellationToken cancellationToken)
    {
        // Newest first: a field's origin is the change after the last version in which it was different.
        var versions = await unitOfWork.QueryAsync<VersionRow>(
            """
            SELECT * FROM (
                SELECT version + 1 AS version, to_jsonb(c)::text AS record, NULL::text AS ended_by, NULL::text AS ended_source, changed_at AS valid_to, registered_at, source
                FROM customers c WHERE id = @id
                UNION ALL
                SELECT h.version, h.record::text, h.ended_by, h.ended_source, h.valid_to, NULL, NULL FROM customer_history h WHERE h.customer_id = @id
            ) v ORDER BY version DESC LIMIT @MaxVersions
            """,
            new { id, MaxVersions },
            cancellationToken);
        if (versions.Count == 0) return CustomerErrors.NotFound;

        var statuses = await unitOfWork.QueryAsync<PointStatus>(
            "SELECT kind, normalised, verified_at IS NOT NULL AS verified, bounced_at IS NOT NULL AS bounced FROM contact_points WHERE customer_id = @id", new { id }, cancellationToken);
        var current = JsonNode.Parse(versions[0].Record)!.AsObject();
        var items = new List<Item>();
        foreach (var (column, field) in RecordFields.Stated)
        {
            var value = current[column];
            if (IsEmpty(value)) continue;
            var changed = versions.Skip(1).FirstOrDefault(version => !JsonNode.DeepEquals(JsonNode.Parse(version.Record)![column], value));
            var (source, by, at) = changed is null
                ? (versions[0].Source ?? "form", null, versions[0].RegisteredAt!.Value)
                : (changed.EndedSource ?? "platform", changed.EndedBy, changed.ValidTo);
            items.Add(new Item(field, source, by, at, Quality(column, value, source, statuses)));
        }

        return items.ToArray();
    }

    private static bool IsEmpty(JsonNode? value) => value is null or JsonArray { Count: 0 } || (value.GetValueKind() == JsonValueKind.False);

    private static string Quality(string column, JsonNode? value, string source, IReadOnlyList<PointStatus> statuses)
    {
        if (column is "email" or "phone")
        {
            var text = column == "email" ? value!.GetValue<string>().ToLowerInvariant() : value!.GetValue<string>();
            if (statuses.FirstOrDefault(status => status.Kind == column && status.Normalised == text) is { } status)
            {
                if (status.Bounced) return "bounced";
                if (status.Verified) return "verified";
            }
        }

        return source == "form" ? "stated" : "imported";
    }

    private sealed class VersionRow
    {
        public string Record { get; init; } = "{}";
        public string? EndedBy { get; init; }
        public string? EndedSource { get; init; }
        public DateTimeOffset ValidTo { get; init; }
        public DateTimeOffset? RegisteredAt { get; init; }
        public string? Source { get; init; }
    }

    private sealed class PointStatus
    {
        public string Kind { get; init; } = "";
        public string Normalised { get; init; } = "";
        public bool Verified { get; init; }
        public bool Bounced { get; init; }
    }
}
