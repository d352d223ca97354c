using System.Text.Json;
using Crm.Analytics.Domain;
using Crm.Analytics.Domain.Alerts;
using Crm.Analytics.Domain.Offers;
using Crm.Analytics.Persistence;
using Crm.ServiceDefaults.Errors;
using Crm.ServiceDefaults.Messaging;
using Crm.ServiceDefaults.Paging;
using Crm.ServiceDefaults.Postgres;
using Crm.ServiceDefaults.Security;

namespace Crm.Analytics.Features.Alerts;

/// <summary>An alert as the desk sees it.</summary>
internal sealed record AlertResponse(
    Guid Id, string Kind, string SubjectType, string SubjectId, string Currency, decimal MoneyAtStake, string ReasonCode, Bilingual Reason,
    IReadOnlyList<Evidence> Evidence, string State, DateTimeOffset RaisedAt, DateTimeOffset ExpiresAt, DateTimeOffset? DecidedAt, string? DecidedBy,
    string? DecisionReason, string FormulaVersion, long Version) : IVersioned
{
    public static AlertResponse Of(AlertRow row) => new(
        row.Id, row.Kind, row.SubjectType, row.SubjectId, row.Currency, row.MoneyAtStake, row.ReasonCode, new Bilingual(row.ReasonId, row.ReasonEn),
        JsonSerializer.Deserialize<Evidence[]>(row.Evidence, EventTypes.Json)!, row.State, row.RaisedAt, row.ExpiresAt, row.DecidedAt, row.DecidedBy,
        row.DecisionReason, row.FormulaVersion, row.Version);
}

/// <summary>Alerts by the money at stake, the most first. Those of the hold-out group are nobody's to see.</summary>
internal static class ListAlerts
{
    private static readonly string[] States = ["open", "acted", "dismissed", "expired"];

    public static void Map(RouteGroupBuilder api) => api
        .MapGet("/alerts", async (
            PageRequest page, string? kind, string? state, string? subjectId, UnitOfWork unitOfWork, TimeProvider time, CancellationToken cancellationToken) =>
            (await Handle(page, kind, state ?? "open", subjectId, unitOfWork, time, cancellationToken)).ToOk())
        .WithName("ListAlerts")
        .AllowRoles(Roles.Staff);

    private static async Task<Result<Page<AlertResponse>>> Handle(
        PageRequest page, string? kind, string state, string? subjectId, UnitOfWork unitOfWork, TimeProvider time, CancellationToken cancellationToken)
    {
        if (kind is not null && !AlertKind.All.Contains(kind)) return AnalyticsErrors.UnknownAlertKind;
        if (!States.Contains(state)) return AnalyticsErrors.UnknownAlertState;
        var after = page.After<Position>();
        var rows = await unitOfWork.QueryAsync<AlertRow>(
            $"""
            SELECT {AlertRow.Columns} FROM alerts
            WHERE NOT held_out AND state = @state AND (state <> 'open' OR expires_at > @now)
              AND (@kind::text IS NULL OR kind = @kind) AND (@subjectId::text IS NULL OR subject_id = @subjectId)
              {(after is null ? "" : "AND (money_at_stake, id) < (@money, @id)")}
            ORDER BY money_at_stake DESC, id DESC LIMIT @limit
            """,
            new { state, kind, subjectId, now = time.GetUtcNow(), money = after?.Money, id = after?.Id, limit = page.Limit + 1 },
            cancellationToken);
        var shown = Page<AlertRow>.From(rows, page.Limit, row => new Position(row.MoneyAtStake, row.Id));
        return new Page<AlertResponse>([.. shown.Items.Select(AlertResponse.Of)], shown.NextCursor);
    }

    private sealed record Position(decimal Money, Guid Id);
}
