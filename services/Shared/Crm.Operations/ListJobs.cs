using Crm.ServiceDefaults.Errors;
using Crm.ServiceDefaults.Paging;
using Crm.ServiceDefaults.Postgres;
using Crm.ServiceDefaults.Security;

namespace Crm.Operations;

/// <summary>The long work of a service, newest first.</summary>
internal static class ListJobs
{
    /// <param name="State">queued, running, succeeded, failed.</param>
    /// <param name="Done">Of <paramref name="Total"/>, in the job's own units; 0 of 0 where it cannot tell.</param>
    public sealed record Job(
        Guid Id, string Kind, string State, long Done, long Total, string StartedBy, DateTimeOffset CreatedAt, DateTimeOffset? FinishedAt, string? Error);

    public static void Map(RouteGroupBuilder api) => api
        .MapGet("/operations/jobs", async (PageRequest page, string? state, UnitOfWork unitOfWork, OperationsOptions options, CancellationToken cancellationToken) =>
            (await Handle(page, state, unitOfWork, options, cancellationToken)).ToOk())
        .WithName("ListJobs").WithSummary("Long work, newest first")
        .AllowRoles(Roles.Ops);

    private static async Task<Result<Page<Job>>> Handle(PageRequest page, string? state, UnitOfWork unitOfWork, OperationsOptions options, CancellationToken cancellationToken)
    {
        if (state is not (null or "queued" or "running" or "succeeded" or "failed"))
            return Error.Invalid("operations.unknown_state", "state is queued, running, succeeded or failed.", "state");
        var after = page.After<Position>();
        if (options.Jobs is null) return new Page<Job>([], null);
        var rows = await unitOfWork.QueryAsync<Job>(
            $"""
            SELECT id, kind, state, done, total, started_by, created_at, finished_at, error FROM ({options.Jobs}) job
            WHERE (@state::text IS NULL OR state = @state)
            {(after is null ? "" : "AND (created_at, id) < (@createdAt, @id)")}
            ORDER BY created_at DESC, id DESC LIMIT @limit
            """,
            new { state, createdAt = after?.CreatedAt, id = after?.Id, limit = page.Limit + 1 },
            cancellationToken);
        return Page<Job>.From(rows, page.Limit, row => new Position(row.CreatedAt, row.Id));
    }

    private sealed record Position(DateTimeOffset CreatedAt, Guid Id);
}
