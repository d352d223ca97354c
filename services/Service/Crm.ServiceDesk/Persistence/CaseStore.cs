using Crm.ServiceDefaults.Errors;
using Crm.ServiceDefaults.Hosting;
using Crm.ServiceDefaults.Postgres;
using Crm.ServiceDefaults.Security;
using Crm.ServiceDesk.Contracts.Events.V1;
using Crm.ServiceDesk.Domain;

namespace Crm.ServiceDesk.Persistence;

/// <summary>Loads and saves one case, with its history row, its event and what its clocks have come to.</summary>
public sealed class CaseStore(UnitOfWork unitOfWork, CaseClockStore clocks, ActorAccessor actor, Ids ids, TimeProvider time)
{
    private const string Columns =
        "id, number, customer_id, type, priority, status, channel, subject, description, assignee, resolution, opened_at, resolved_at, version";

    public async Task<Case?> FindAsync(Guid id, CancellationToken cancellationToken) =>
        (await unitOfWork.QuerySingleOrDefaultAsync<Row>($"SELECT {Columns} FROM cases WHERE id = @id", new { id }, cancellationToken))?.ToCase();

    /// <summary>The case at the version that the caller has seen.</summary>
    public async Task<Result<Case>> LoadAsync(Guid id, long version, CancellationToken cancellationToken) =>
        await FindAsync(id, cancellationToken) switch
        {
            null => CaseErrors.NotFound,
            { } found when found.Version != version => CaseErrors.Stale,
            { } found => found,
        };

    /// <summary>A new case is under the policy and the calendar in force.</summary>
    public async Task AddAsync(Case @case, CancellationToken cancellationToken)
    {
        await unitOfWork.ExecuteAsync(
            """
            INSERT INTO cases (id, number, customer_id, type, priority, status, channel, subject, description, opened_at, version, sla_policy_version, calendar_version)
            VALUES (@Id, @Number, @CustomerId, @Type, @Priority, @Status, @Channel, @Subject, @Description, @OpenedAt, @Version,
                (SELECT max(version) FROM sla_policies), (SELECT max(version) FROM business_calendars))
            """,
            Row.Of(@case),
            cancellationToken);
        await RecordAsync(@case, CaseChange.Opened, null, isResponse: false, cancellationToken);
    }

    /// <summary>Writes the next version over the one before it; another writer in between makes it stale.</summary>
    /// <param name="isResponse">A person of the staff answered the customer.</param>
    public async Task<Result<Case>> SaveAsync(Case @case, CaseChange change, string? comment, CancellationToken cancellationToken, bool isResponse = false)
    {
        var saved = await unitOfWork.ExecuteAsync(
            """
            UPDATE cases SET status = @Status, assignee = @Assignee, resolution = @Resolution, resolved_at = @ResolvedAt, version = @Version
            WHERE id = @Id AND version = @Version - 1
            """,
            Row.Of(@case),
            cancellationToken);
        if (saved == 0) return CaseErrors.Stale;
        await RecordAsync(@case, change, comment, isResponse, cancellationToken);
        return @case;
    }

    private async Task RecordAsync(Case @case, CaseChange change, string? comment, bool isResponse, CancellationToken cancellationToken)
    {
        var now = time.GetUtcNow();
        await unitOfWork.ExecuteAsync(
            """
            INSERT INTO case_history (case_id, version, change, status, assignee, actor, changed_at, is_response)
            VALUES (@Id, @Version, @change, @status, @Assignee, @actor, @now, @isResponse)
            """,
            new { @case.Id, @case.Version, change = change.ToString(), status = @case.Status.ToString(), @case.Assignee, actor = actor.Required.Subject, now, isResponse },
            cancellationToken);
        unitOfWork.Enqueue(@case.ToEvent(ids.Next(), now, change, comment));
        // What came due before this change and was not swept yet is recorded here: no change undoes it.
        await clocks.SettleAsync([@case.Id], cancellationToken);
    }

    private sealed record Row(
        Guid Id, string Number, Guid CustomerId, string Type, string Priority, string Status, string Channel, string Subject, string Description,
        string? Assignee, string? Resolution, DateTimeOffset OpenedAt, DateTimeOffset? ResolvedAt, long Version)
    {
        public static Row Of(Case @case) => new(
            @case.Id, @case.Number, @case.CustomerId, @case.Type.ToString(), @case.Priority.ToString(), @case.Status.ToString(), @case.Channel,
            @case.Subject, @case.Description, @case.Assignee, @case.Resolution, @case.OpenedAt, @case.ResolvedAt, @case.Version);

        public Case ToCase() => new(
            Id, Number, CustomerId, Enum.Parse<CaseType>(Type), Enum.Parse<CasePriority>(Priority), Enum.Parse<CaseStatus>(Status), Channel,
            Subject, Description, Assignee, Resolution, OpenedAt, ResolvedAt, Version);
    }
}
