using System.ComponentModel.DataAnnotations;
using System.Text.Json;
using Crm.Campaign.Domain.Journeys;
using Crm.ServiceDefaults.Errors;
using Crm.ServiceDefaults.Hosting;
using Crm.ServiceDefaults.Paging;
using Crm.ServiceDefaults.Postgres;
using Crm.ServiceDefaults.Security;

namespace Crm.Campaign.Features.Journeys;

/// <param name="Months">Of real events up to now.</param>
/// <param name="CapMessages">Messages to one contact in <paramref name="CapDays"/> days at most: what goes beyond is a cap collision.</param>
public sealed record SimulationRequest([property: Range(1, 24)] int Months = 6, [property: Range(1, 1_000)] int CapMessages = 3, [property: Range(1, 365)] int CapDays = 7);

/// <param name="State">queued, running, succeeded, failed.</param>
/// <param name="Looked">Contacts whose past is in the result so far, of <paramref name="Total"/>.</param>
public sealed record SimulationResponse(
    Guid Id, Guid JourneyId, string State, DateTimeOffset Since, DateTimeOffset Until, long Looked, long Total, string? Error, DateTimeOffset CreatedAt,
    DateTimeOffset? FinishedAt, SimulationResult Result);

/// <param name="Contacts">Who would have entered; <paramref name="Entries"/>: how often.</param>
/// <param name="EntriesPerDay">By UTC day.</param>
/// <param name="PointsCost">No action of a journey awards points, so it costs none.</param>
public sealed record SimulationResult(
    long Contacts, long Entries, IReadOnlyDictionary<string, long> EntriesPerDay, IReadOnlyList<SimulatedNode> Nodes, IReadOnlyList<SimulatedChannel> Channels,
    long PointsCost, IReadOnlyList<SimulationAssumption> Assumptions);

/// <param name="Waiting">At the end of the window.</param>
/// <param name="Excluded">Messages that would not be sent, by reason: no_consent, no_email, suppressed, ...</param>
/// <param name="MessagesPerDay">By UTC day.</param>
public sealed record SimulatedNode(
    string Node, long Passed, long Waiting, long Left, long Messages, long CapCollisions, IReadOnlyDictionary<string, long> Excluded, IReadOnlyDictionary<string, long> MessagesPerDay);

public sealed record SimulatedChannel(string Channel, long Messages, long CapCollisions, IReadOnlyDictionary<string, long> Excluded);

/// <param name="Id">In Indonesian.</param>
/// <param name="En">In English.</param>
public sealed record SimulationAssumption(string Code, string Id, string En);

/// <summary>What the journey, as it is saved, would have done with the events of the last months. Nothing is sent and nobody enters.</summary>
internal static class SimulateJourney
{
    private const string Columns = "id, journey_id, definition::text AS definition, state, since, until, report::text AS report, total, error, created_at, finished_at";

    public static void Map(RouteGroupBuilder api)
    {
        api.MapPost("/journeys/{id:guid}/simulations", async (
                    Guid id, SimulationRequest request, UnitOfWork unitOfWork, Ids ids, TimeProvider time, ActorAccessor actor, CancellationToken cancellationToken) =>
                (await StartAsync(id, request, unitOfWork, ids, time, actor.Required, cancellationToken)).ToAccepted(job => $"/api/campaign/v1/journeys/{job.JourneyId}/simulations/{job.Id}"))
            .WithName("SimulateJourney").WithSummary("Replays the last months of real events; nothing is sent").AllowRoles(JourneyRights.Writers);
        api.MapGet("/journeys/{id:guid}/simulations", async (Guid id, PageRequest page, UnitOfWork unitOfWork, ActorAccessor actor, CancellationToken cancellationToken) =>
                (await ListAsync(id, page, unitOfWork, actor.Required, cancellationToken)).ToOk())
            .WithName("ListJourneySimulations").WithSummary("Newest first").AllowRoles(JourneyRights.Readers);
        api.MapGet("/journeys/{id:guid}/simulations/{simulationId:guid}", async (Guid id, Guid simulationId, UnitOfWork unitOfWork, ActorAccessor actor, CancellationToken cancellationToken) =>
                (await FindAsync(id, simulationId, unitOfWork, actor.Required, cancellationToken)).ToOk())
            .WithName("GetJourneySimulation").WithSummary("Progress, and the figures so far").AllowRoles(JourneyRights.Readers);
    }

    private static async Task<Result<SimulationResponse>> StartAsync(
        Guid id, SimulationRequest request, UnitOfWork unitOfWork, Ids ids, TimeProvider time, Actor actor, CancellationToken cancellationToken)
    {
        if (await JourneyRights.FindOwnAsync(id, actor, unitOfWork, cancellationToken) is not { } journey) return JourneyErrors.NotFound;
        if (SimulationAssumptions.WhyNot(DefinitionParser.ParseStored(journey.Definition).Trigger) is { } refusal) return refusal;

        var now = time.GetUtcNow();
        return (await unitOfWork.QuerySingleOrDefaultAsync<Row>(
            $"""
            INSERT INTO journey_simulations (id, journey_id, definition, audience_tag, since, until, cap_messages, cap_days, state, report, total, run_after, created_by, created_at)
            SELECT @simulation, id, definition, audience_tag, @since, @now, @CapMessages, @CapDays, 'queued', @report::jsonb,
                (SELECT count(*) FROM audience WHERE profile_version IS NOT NULL), @now, @Subject, @now
            FROM journeys WHERE id = @id RETURNING {Columns}
            """,
            new
            {
                id, simulation = ids.Next(), since = now.AddMonths(-request.Months), now, request.CapMessages, request.CapDays, actor.Subject,
                report = JsonSerializer.Serialize(new SimulationReport(), JsonSerializerOptions.Web),
            },
            cancellationToken))!.ToResponse();
    }

    private static async Task<Result<Page<SimulationResponse>>> ListAsync(Guid id, PageRequest page, UnitOfWork unitOfWork, Actor actor, CancellationToken cancellationToken)
    {
        if (await JourneyRights.FindAsync(id, actor, unitOfWork, cancellationToken) is null) return JourneyErrors.NotFound;
        var rows = await unitOfWork.QueryAsync<Row>(
            $"SELECT {Columns} FROM journey_simulations WHERE journey_id = @id AND (@before::uuid IS NULL OR id < @before) ORDER BY id DESC LIMIT @limit + 1",
            new { id, before = page.After<CursorKey>()?.Id, limit = page.Limit },
            cancellationToken);
        return Page<SimulationResponse>.From([.. rows.Select(row => row.ToResponse())], page.Limit, row => new CursorKey(row.Id));
    }

    private static async Task<Result<SimulationResponse>> FindAsync(Guid id, Guid simulationId, UnitOfWork unitOfWork, Actor actor, CancellationToken cancellationToken)
    {
        if (await JourneyRights.FindAsync(id, actor, unitOfWork, cancellationToken) is null) return JourneyErrors.NotFound;
        var row = await unitOfWork.QuerySingleOrDefaultAsync<Row>(
            $"SELECT {Columns} FROM journey_simulations WHERE id = @simulationId AND journey_id = @id", new { id, simulationId }, cancellationToken);
        return row is null ? JourneyErrors.SimulationNotFound : row.ToResponse();
    }

    private sealed record CursorKey(Guid Id);

    private sealed record Row(
        Guid Id, Guid JourneyId, string Definition, string State, DateTimeOffset Since, DateTimeOffset Until, string Report, long Total, string? Error,
        DateTimeOffset CreatedAt, DateTimeOffset? FinishedAt)
    {
        public SimulationResponse ToResponse()
        {
            var report = JsonSerializer.Deserialize<SimulationReport>(Report, JsonSerializerOptions.Web)!;
            var definition = DefinitionParser.ParseStored(Definition);
            var channels = definition.Nodes.Values.OfType<JourneyNode.Send>().GroupBy(send => send.Channel).OrderBy(same => same.Key, StringComparer.Ordinal).Select(same =>
            {
                var figures = same.Select(send => report.Node(send.Id)).ToArray();
                return new SimulatedChannel(
                    same.Key, figures.Sum(node => node.Messages), figures.Sum(node => node.CapCollisions),
                    figures.SelectMany(node => node.Excluded).GroupBy(pair => pair.Key).ToDictionary(reason => reason.Key, reason => reason.Sum(pair => pair.Value)));
            }).ToArray();
            var nodes = report.Nodes.Select(pair => new SimulatedNode(
                pair.Key, pair.Value.Passed, pair.Value.Waiting, pair.Value.Left, pair.Value.Messages, pair.Value.CapCollisions, pair.Value.Excluded, pair.Value.ByDay));
            return new SimulationResponse(
                Id, JourneyId, State, Since, Until, report.Looked, Total, Error, CreatedAt, FinishedAt,
                new SimulationResult(report.Contacts, report.Entries, report.EntriesByDay, [.. nodes], channels, 0, SimulationAssumptions.Of(definition)));
        }
    }
}
