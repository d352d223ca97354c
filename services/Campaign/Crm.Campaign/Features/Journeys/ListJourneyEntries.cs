using Crm.Campaign.Domain.Journeys;
using Crm.ServiceDefaults.Errors;
using Crm.ServiceDefaults.Paging;
using Crm.ServiceDefaults.Postgres;
using Crm.ServiceDefaults.Security;

namespace Crm.Campaign.Features.Journeys;

/// <param name="Occasion">What it entered for; empty where it enters once only.</param>
/// <param name="State">waiting, goal, exited, ended.</param>
/// <param name="DueAt">When it goes on, or left.</param>
public sealed record JourneyEntry(
    Guid EntryId, Guid CustomerId, string Occasion, int Version, string State, string Node, DateTimeOffset NodeSince, DateTimeOffset DueAt, string? WaitsFor);

/// <param name="Outcome">entered, passed, branch:N, otherwise, path:NODE, happened, timed_out, planned, not_sent, tagged, case_requested, goal, exit, ...</param>
public sealed record JourneyLogRow(Guid EntryId, int Step, string Node, string Outcome, DateTimeOffset At);

public sealed record ContactJourney(IReadOnlyList<JourneyEntry> Entries, IReadOnlyList<JourneyLogRow> Log);

/// <summary>Contacts of a journey, and one contact's way through it step by step.</summary>
internal static class ListJourneyEntries
{
    private const int MostEntries = 50;
    private const int MostRows = 1_000;
    private const string Columns = "entry_id, customer_id, occasion, version, state, node, node_since, due_at, waits_for";

    public static void Map(RouteGroupBuilder api)
    {
        api.MapGet("/journeys/{id:guid}/entries", async (Guid id, PageRequest page, UnitOfWork unitOfWork, ActorAccessor actor, CancellationToken cancellationToken) =>
                (await ListAsync(id, page, unitOfWork, actor.Required, cancellationToken)).ToOk())
            .WithName("ListJourneyEntries").WithSummary("Contacts in the order of their ids").AllowRoles(JourneyRights.Readers);
        api.MapGet("/journeys/{id:guid}/contacts/{customerId:guid}", async (Guid id, Guid customerId, UnitOfWork unitOfWork, ActorAccessor actor, CancellationToken cancellationToken) =>
                (await FindAsync(id, customerId, unitOfWork, actor.Required, cancellationToken)).ToOk())
            .WithName("GetJourneyContact").WithSummary("A contact's way through it").AllowRoles(JourneyRights.Readers);
    }

    private static async Task<Result<Page<JourneyEntry>>> ListAsync(Guid id, PageRequest page, UnitOfWork unitOfWork, Actor actor, CancellationToken cancellationToken)
    {
        if (await JourneyRights.FindAsync(id, actor, unitOfWork, cancellationToken) is null) return JourneyErrors.NotFound;
        var after = page.After<CursorKey>();
        var rows = await unitOfWork.QueryAsync<JourneyEntry>(
            $"""
            SELECT {Columns} FROM journey_entries WHERE journey_id = @id AND (@customer::uuid IS NULL OR (customer_id, occasion) > (@customer, @occasion))
            ORDER BY customer_id, occasion LIMIT @limit + 1
            """,
            new { id, customer = after?.CustomerId, occasion = after?.Occasion, limit = page.Limit },
            cancellationToken);
        return Page<JourneyEntry>.From(rows, page.Limit, row => new CursorKey(row.CustomerId, row.Occasion));
    }

    private static async Task<Result<ContactJourney>> FindAsync(Guid id, Guid customerId, UnitOfWork unitOfWork, Actor actor, CancellationToken cancellationToken)
    {
        if (await JourneyRights.FindAsync(id, actor, unitOfWork, cancellationToken) is null) return JourneyErrors.NotFound;
        var entries = await unitOfWork.QueryAsync<JourneyEntry>(
            $"SELECT {Columns} FROM journey_entries WHERE journey_id = @id AND customer_id = @customerId ORDER BY entry_id DESC LIMIT @MostEntries",
            new { id, customerId, MostEntries },
            cancellationToken);
        var log = await unitOfWork.QueryAsync<JourneyLogRow>(
            "SELECT entry_id, step, node, outcome, at FROM journey_log WHERE entry_id = ANY(@entries) ORDER BY entry_id DESC, step LIMIT @MostRows",
            new { entries = entries.Select(entry => entry.EntryId).ToArray(), MostRows },
            cancellationToken);
        return new ContactJourney(entries, log);
    }

    private sealed record CursorKey(Guid CustomerId, string Occasion);
}
