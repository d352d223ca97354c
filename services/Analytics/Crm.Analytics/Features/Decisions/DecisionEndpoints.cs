using System.ComponentModel.DataAnnotations;
using Crm.Analytics.Domain;
using Crm.ServiceDefaults.Errors;
using Crm.ServiceDefaults.Hosting;
using Crm.ServiceDefaults.Paging;
using Crm.ServiceDefaults.Postgres;
using Crm.ServiceDefaults.Security;

namespace Crm.Analytics.Features.Decisions;

/// <param name="Overdue">Its review is due and has not been held.</param>
internal sealed record DecisionResponse(
    Guid Id, string InsightType, string InsightRef, string Title, string Decision, string Owner, DateOnly ReviewOn, string State, bool Overdue, string? Outcome,
    string? Verdict, DateTimeOffset DecidedAt, string DecidedBy, DateTimeOffset? ReviewedAt, string? ReviewedBy, long Version) : IVersioned;

/// <summary>Decisions that insights ended in: recorded with owner and review date, reviewed with their outcome, listed by what is due first.</summary>
internal static class DecisionEndpoints
{
    private const string Columns =
        """
        id, insight_type, insight_ref, title, decision, owner, review_on, state, state = 'open' AND review_on <= @today AS overdue, outcome, verdict, decided_at,
        decided_by, reviewed_at, reviewed_by, version
        """;

    /// <param name="InsightType">What it rests on: alert, product-issue, campaign-effect, segment, voice, driver, report, maturity, other.</param>
    /// <param name="InsightRef">Its id or address.</param>
    public sealed record Request(
        [property: Required, RegularExpression("alert|product-issue|campaign-effect|segment|voice|driver|report|maturity|other")] string InsightType,
        [property: Required, StringLength(500, MinimumLength = 1)] string InsightRef,
        [property: Required, StringLength(200, MinimumLength = 1)] string Title,
        [property: Required, StringLength(5000, MinimumLength = 1)] string Decision,
        [property: Required, StringLength(200, MinimumLength = 1)] string Owner,
        DateOnly ReviewOn);

    public sealed record ReviewRequest(
        [property: Required, StringLength(5000, MinimumLength = 1)] string Outcome,
        [property: Required, RegularExpression("worked|did_not_work|unclear")] string Verdict);

    public static void Map(RouteGroupBuilder api)
    {
        api.MapPost("/decisions", async (
                Request request, UnitOfWork unitOfWork, Ids ids, ActorAccessor actor, BusinessCalendar calendar, TimeProvider time, CancellationToken cancellationToken) =>
                (await RecordAsync(request, unitOfWork, ids, actor, calendar, time, cancellationToken)).ToCreated(decision => $"/api/analytics/v1/decisions/{decision.Id}"))
            .WithName("RecordDecision").AllowRoles(Writers);
        api.MapPost("/decisions/{id:guid}/review", async (
                Guid id, ReviewRequest request, IfMatch ifMatch, UnitOfWork unitOfWork, ActorAccessor actor, BusinessCalendar calendar, TimeProvider time, CancellationToken cancellationToken) =>
                (await ReviewAsync(id, request, ifMatch, unitOfWork, actor, calendar, time, cancellationToken)).ToOk())
            .WithName("ReviewDecision").AllowRoles(Writers);
        api.MapGet("/decisions/{id:guid}", async (Guid id, UnitOfWork unitOfWork, BusinessCalendar calendar, CancellationToken cancellationToken) =>
                (await FindAsync(id, unitOfWork, calendar, cancellationToken) is { } found ? (Result<DecisionResponse>)found : AnalyticsErrors.DecisionNotFound).ToOk())
            .WithName("GetDecision").AllowRoles(Roles.Staff);
        api.MapGet("/decisions", async (PageRequest page, string? state, string? owner, UnitOfWork unitOfWork, BusinessCalendar calendar, CancellationToken cancellationToken) =>
                (await ListAsync(page, state ?? "open", owner, unitOfWork, calendar, cancellationToken)).ToOk())
            .WithName("ListDecisions").AllowRoles(Roles.Staff);
    }

    private static string[] Writers => [.. Roles.Analytics, Roles.SalesManager, Roles.ServiceSupervisor, Roles.MarketingApprover, Roles.LoyaltyManager];

    private static async Task<Result<DecisionResponse>> RecordAsync(
        Request request, UnitOfWork unitOfWork, Ids ids, ActorAccessor actor, BusinessCalendar calendar, TimeProvider time, CancellationToken cancellationToken)
    {
        if (request.ReviewOn <= calendar.Today) return Error.Unprocessable("analytics.review_not_ahead", "The review lies ahead of today.", "reviewOn");
        return (await unitOfWork.QuerySingleOrDefaultAsync<DecisionResponse>(
            $"""
            INSERT INTO decisions (id, insight_type, insight_ref, title, decision, owner, review_on, state, decided_at, decided_by)
            VALUES (@id, @InsightType, @InsightRef, @Title, @Decision, @Owner, @ReviewOn, 'open', @now, @by) RETURNING {Columns}
            """,
            new
            {
                id = ids.Next(), request.InsightType, request.InsightRef, request.Title, request.Decision, request.Owner, request.ReviewOn, now = time.GetUtcNow(),
                by = actor.Current?.Subject ?? Actor.System.Subject, today = calendar.Today,
            },
            cancellationToken))!;
    }

    private static async Task<Result<DecisionResponse>> ReviewAsync(
        Guid id, ReviewRequest request, IfMatch ifMatch, UnitOfWork unitOfWork, ActorAccessor actor, BusinessCalendar calendar, TimeProvider time, CancellationToken cancellationToken)
    {
        var reviewed = await unitOfWork.QuerySingleOrDefaultAsync<DecisionResponse>(
            $"""
            UPDATE decisions SET state = 'reviewed', outcome = @Outcome, verdict = @Verdict, reviewed_at = @now, reviewed_by = @by, version = version + 1
            WHERE id = @id AND version = @Version AND state = 'open' RETURNING {Columns}
            """,
            new { id, request.Outcome, request.Verdict, ifMatch.Version, now = time.GetUtcNow(), by = actor.Current?.Subject ?? Actor.System.Subject, today = calendar.Today },
            cancellationToken);
        if (reviewed is not null) return reviewed;
        return await FindAsync(id, unitOfWork, calendar, cancellationToken) switch
        {
            null => AnalyticsErrors.DecisionNotFound,
            { State: "reviewed" } => AnalyticsErrors.DecisionReviewed,
            _ => AnalyticsErrors.DecisionStale,
        };
    }

    private static async Task<Result<Page<DecisionResponse>>> ListAsync(
        PageRequest page, string state, string? owner, UnitOfWork unitOfWork, BusinessCalendar calendar, CancellationToken cancellationToken)
    {
        if (state is not ("open" or "reviewed")) return Error.Invalid("analytics.unknown_decision_state", "state is open or reviewed.", "state");
        var after = page.After<Position>();
        var rows = await unitOfWork.QueryAsync<DecisionResponse>(
            $"""
            SELECT {Columns} FROM decisions WHERE state = @state AND (@owner::text IS NULL OR owner = @owner)
            {(after is null ? "" : "AND (review_on, id) > (@day, @id)")} ORDER BY review_on, id LIMIT @limit
            """,
            new { state, owner, today = calendar.Today, day = after?.ReviewOn, id = after?.Id, limit = page.Limit + 1 }, cancellationToken);
        return Page<DecisionResponse>.From(rows, page.Limit, row => new Position(row.ReviewOn, row.Id));
    }

    private static Task<DecisionResponse?> FindAsync(Guid id, UnitOfWork unitOfWork, BusinessCalendar calendar, CancellationToken cancellationToken) =>
        unitOfWork.QuerySingleOrDefaultAsync<DecisionResponse>($"SELECT {Columns} FROM decisions WHERE id = @id", new { id, today = calendar.Today }, cancellationToken);

    private sealed record Position(DateOnly ReviewOn, Guid Id);
}
