using System.ComponentModel.DataAnnotations;
using Crm.Analytics.Domain;
using Crm.Analytics.Persistence;
using Crm.ServiceDefaults.Errors;
using Crm.ServiceDefaults.Postgres;
using Crm.ServiceDefaults.Security;

namespace Crm.Analytics.Features.Alerts;

/// <summary>Records that somebody acted on an alert or dismissed it, with the reason. An alert is decided on once.</summary>
internal static class DecideOnAlert
{
    public sealed record Request(
        [property: Required, RegularExpression("acted|dismissed")] string Decision,
        [property: StringLength(1000)] string? Reason = null);

    public static void Map(RouteGroupBuilder api) => api
        .MapPost("/alerts/{id:guid}/decision", async (
            Guid id, Request request, UnitOfWork unitOfWork, ActorAccessor actor, TimeProvider time, CancellationToken cancellationToken) =>
            (await Handle(id, request, unitOfWork, actor, time, cancellationToken)).ToOk())
        .WithName("DecideOnAlert")
        .AllowRoles([.. Roles.Sales, .. Roles.Service, .. Roles.Marketing, .. Roles.Loyalty, Roles.Analyst]);

    private static async Task<Result<AlertResponse>> Handle(
        Guid id, Request request, UnitOfWork unitOfWork, ActorAccessor actor, TimeProvider time, CancellationToken cancellationToken)
    {
        if (request.Decision == "dismissed" && string.IsNullOrWhiteSpace(request.Reason)) return AnalyticsErrors.DismissalNeedsReason;
        var now = time.GetUtcNow();
        var decided = await unitOfWork.QuerySingleOrDefaultAsync<AlertRow>(
            $"""
            UPDATE alerts SET state = @Decision, decided_at = @now, decided_by = @by, decision_reason = @Reason, version = version + 1
            WHERE id = @id AND state = 'open' AND expires_at > @now AND NOT held_out
            RETURNING {AlertRow.Columns}
            """,
            new { id, request.Decision, request.Reason, now, by = actor.Current?.Subject ?? Actor.System.Subject },
            cancellationToken);
        if (decided is not null) return AlertResponse.Of(decided);
        var known = await unitOfWork.QuerySingleOrDefaultAsync<bool>("SELECT EXISTS (SELECT FROM alerts WHERE id = @id AND NOT held_out)", new { id }, cancellationToken);
        return known ? AnalyticsErrors.AlertDecided : AnalyticsErrors.AlertNotFound;
    }
}
