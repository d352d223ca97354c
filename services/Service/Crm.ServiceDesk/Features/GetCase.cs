using Crm.ServiceDefaults.Errors;
using Crm.ServiceDefaults.Paging;
using Crm.ServiceDefaults.Postgres;
using Crm.ServiceDefaults.Security;
using Crm.ServiceDesk.Domain;
using Crm.ServiceDesk.Features.Sla;
using Crm.ServiceDesk.Persistence;

namespace Crm.ServiceDesk.Features;

/// <summary>A case with its clocks, its comments and its history. Comments are bounded to the first 500.</summary>
internal static class GetCase
{
    /// <param name="SlaPolicyVersion">What was promised when the case was opened; null of a case without clocks.</param>
    public sealed record Response(
        CaseResponse Case, IReadOnlyList<Comment> Comments, IReadOnlyList<HistoryEntry> History, IReadOnlyList<ClockResponse> Clocks, long? SlaPolicyVersion, long? CalendarVersion) : IVersioned
    {
        long IVersioned.Version => Case.Version;
    }

    public sealed record Comment(Guid Id, string Author, bool IsInternal, string Text, DateTimeOffset CreatedAt);

    public sealed record HistoryEntry(long Version, string Change, string Status, string? Assignee, string Actor, DateTimeOffset ChangedAt);

    public static void Map(RouteGroupBuilder api) => api
        .MapGet("/cases/{id:guid}", async (Guid id, CaseStore store, CaseClockStore clocks, UnitOfWork unitOfWork, CancellationToken cancellationToken) =>
            (await Handle(id, store, clocks, unitOfWork, cancellationToken)).ToOk())
        .WithName("GetCase")
        .AllowRoles(Roles.Staff);

    private static async Task<Result<Response>> Handle(Guid id, CaseStore store, CaseClockStore clocks, UnitOfWork unitOfWork, CancellationToken cancellationToken)
    {
        if (await store.FindAsync(id, cancellationToken) is not { } found) return CaseErrors.NotFound;

        var comments = await unitOfWork.QueryAsync<Comment>(
            "SELECT id, author, is_internal, text, created_at FROM case_comments WHERE case_id = @id ORDER BY id LIMIT 500", new { id }, cancellationToken);
        var history = await unitOfWork.QueryAsync<HistoryEntry>(
            "SELECT version, change, lower(status) AS status, assignee, actor, changed_at FROM case_history WHERE case_id = @id ORDER BY version LIMIT 500", new { id }, cancellationToken);
        var (policyVersion, calendarVersion) = await unitOfWork.QuerySingleOrDefaultAsync<(long?, long?)>("SELECT sla_policy_version, calendar_version FROM cases WHERE id = @id", new { id }, cancellationToken);
        var read = await clocks.ReadAsync([id], cancellationToken);
        return new Response(CaseResponse.Of(found), comments, history, ClockResponse.Of(read.GetValueOrDefault(id)), policyVersion, calendarVersion);
    }
}
