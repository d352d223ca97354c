using System.ComponentModel.DataAnnotations;
using Crm.Campaign.Domain.Journeys;
using Crm.Campaign.Journeys;
using Crm.ServiceDefaults.Errors;
using Crm.ServiceDefaults.Postgres;
using Crm.ServiceDefaults.Security;

namespace Crm.Campaign.Features.Journeys;

public sealed record MigrateJourneyRequest([property: Range(1, int.MaxValue)] int FromVersion);

/// <param name="Moved">Contacts who are on the published version now.</param>
/// <param name="Kept">Contacts at nodes that it has not, or has as another kind: they finish on the version that they are on.</param>
public sealed record MigratedEntries(int ToVersion, long Moved, long Kept);

/// <summary>Takes running contacts of an earlier version to the published one, where their node is in both; timers keep their time.</summary>
internal static class MigrateJourneyEntries
{
    public static void Map(RouteGroupBuilder api) =>
        api.MapPost("/journeys/{id:guid}/migrate", async (
                    Guid id, MigrateJourneyRequest request, UnitOfWork unitOfWork, JourneyCatalogue catalogue, ActorAccessor actor, CancellationToken cancellationToken) =>
                (await HandleAsync(id, request, unitOfWork, catalogue, actor.Required, cancellationToken)).ToOk())
            .WithName("MigrateJourneyEntries").WithSummary("Moves running contacts to the published version").AllowRoles(JourneyRights.Writers);

    private static async Task<Result<MigratedEntries>> HandleAsync(
        Guid id, MigrateJourneyRequest request, UnitOfWork unitOfWork, JourneyCatalogue catalogue, Actor actor, CancellationToken cancellationToken)
    {
        if (await JourneyRights.FindOwnAsync(id, actor, unitOfWork, cancellationToken) is not { } journey) return JourneyErrors.NotFound;
        if (journey.Published is not { } version || request.FromVersion >= version) return JourneyErrors.NoSuchVersion;

        var before = (await catalogue.GetAsync(id, request.FromVersion, unitOfWork, cancellationToken)).Definition.Nodes;
        var after = (await catalogue.GetAsync(id, version, unitOfWork, cancellationToken)).Definition.Nodes;
        var both = before.Values.Where(node => after.GetValueOrDefault(node.Id)?.GetType() == node.GetType()).Where(node => Awaits(node) == Awaits(after[node.Id]))
            .Select(node => node.Id).Append("").ToArray();
        var moved = await unitOfWork.QueryAsync<MovedNode>(
            """
            WITH moved AS (
                UPDATE journey_entries SET version = @version WHERE journey_id = @id AND version = @FromVersion AND state = 'waiting' AND node = ANY(@both) RETURNING node)
            SELECT node, count(*)::int AS entries FROM moved GROUP BY node
            """,
            new { id, version, request.FromVersion, both },
            cancellationToken);
        var counts = new JourneyCounts(id);
        foreach (var row in moved)
        {
            counts.Add(request.FromVersion, row.Node, waiting: -row.Entries);
            counts.Add(version, row.Node, waiting: row.Entries);
        }

        await counts.WriteAsync(unitOfWork, cancellationToken);
        var kept = await unitOfWork.QuerySingleOrDefaultAsync<long>(
            "SELECT count(*) FROM journey_entries WHERE journey_id = @id AND version = @FromVersion AND state = 'waiting'", new { id, request.FromVersion }, cancellationToken);
        return new MigratedEntries(version, moved.Sum(row => (long)row.Entries), kept);
    }

    private static string? Awaits(JourneyNode node) => node is JourneyNode.WaitUntil wait ? wait.Event ?? "criteria" : null;

    private sealed record MovedNode(string Node, int Entries);
}
