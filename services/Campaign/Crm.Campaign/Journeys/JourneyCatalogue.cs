using System.Collections.Concurrent;
using Crm.Campaign.Domain.Journeys;
using Crm.ServiceDefaults.Postgres;

namespace Crm.Campaign.Journeys;

/// <summary>A version as it was published, ready to be walked.</summary>
internal sealed record PublishedJourney(
    Guid JourneyId, int Version, JourneyDefinition Definition, IReadOnlyList<string> Order, IReadOnlyDictionary<string, Guid> Campaigns);

/// <summary>Published versions, read once each: they never change.</summary>
internal sealed class JourneyCatalogue
{
    private const int Capacity = 1_000;
    private readonly ConcurrentDictionary<(Guid JourneyId, int Version), PublishedJourney> _known = new();

    public async Task<PublishedJourney> GetAsync(Guid journeyId, int version, UnitOfWork unitOfWork, CancellationToken cancellationToken)
    {
        if (_known.TryGetValue((journeyId, version), out var known)) return known;

        var json = await unitOfWork.QuerySingleOrDefaultAsync<string>(
            "SELECT definition::text FROM journey_versions WHERE journey_id = @journeyId AND version = @version", new { journeyId, version }, cancellationToken)
            ?? throw new InvalidOperationException($"Journey {journeyId} has no version {version}.");
        var sends = await unitOfWork.QueryAsync<NodeCampaign>(
            "SELECT node, campaign_id FROM journey_sends WHERE journey_id = @journeyId AND version = @version", new { journeyId, version }, cancellationToken);
        var definition = DefinitionParser.ParseStored(json);
        var journey = new PublishedJourney(
            journeyId, version, definition, DefinitionGraph.InOrder(definition), sends.ToDictionary(send => send.Node, send => send.CampaignId, StringComparer.Ordinal));
        if (_known.Count >= Capacity) _known.Clear();
        return _known[(journeyId, version)] = journey;
    }

    private sealed record NodeCampaign(string Node, Guid CampaignId);
}
