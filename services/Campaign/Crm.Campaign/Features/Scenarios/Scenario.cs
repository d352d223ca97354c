using System.ComponentModel.DataAnnotations;
using System.Text.Json;
using Crm.ServiceDefaults.Errors;
using Crm.ServiceDefaults.Paging;
using Crm.ServiceDefaults.Postgres;

namespace Crm.Campaign.Features.Scenarios;

/// <param name="Persona">Whose scenario it is.</param>
/// <param name="Goal">What the customer wants to reach.</param>
/// <param name="Measures">How we tell that it gets better.</param>
public sealed record ScenarioContent(
    [property: Required, StringLength(2_000, MinimumLength = 1)] string Goal,
    [property: Required, MinLength(1), MaxLength(50)] IReadOnlyList<ScenarioStep> Steps,
    [property: StringLength(500)] string Persona = "",
    [property: MaxLength(20)] IReadOnlyList<ScenarioMeasure>? Measures = null);

/// <param name="Touchpoint">Where it happens: shop, web, phone, ...</param>
public sealed record ScenarioStep(
    [property: Required, StringLength(200, MinimumLength = 1)] string Name,
    [property: StringLength(2_000)] string Description = "",
    [property: StringLength(100)] string Touchpoint = "",
    [property: MaxLength(20)] IReadOnlyList<string>? PainPoints = null,
    [property: MaxLength(20)] IReadOnlyList<ScenarioAction>? Actions = null);

/// <param name="Kind">journey, campaign: of this service; sales, service, loyalty, analytics, other: what another does.</param>
/// <param name="Ref">Id of the journey or campaign; a name or address of what another service does.</param>
public sealed record ScenarioAction(
    [property: Required, RegularExpression("journey|campaign|sales|service|loyalty|analytics|other", ErrorMessage = "The kind is journey, campaign, sales, service, loyalty, analytics or other.")] string Kind,
    [property: Required, StringLength(200, MinimumLength = 1)] string Ref,
    [property: StringLength(500)] string Description = "");

/// <param name="Unit">Of target and baseline: percent, days, IDR, ...</param>
public sealed record ScenarioMeasure(
    [property: Required, StringLength(200, MinimumLength = 1)] string Name, [property: StringLength(50)] string Unit = "", decimal? Baseline = null, decimal? Target = null);

public sealed record ScenarioRequest([property: Required, StringLength(200, MinimumLength = 1)] string Name, [property: Required] ScenarioContent Content);

/// <param name="State">active, archived.</param>
public sealed record ScenarioResponse(
    Guid Id, long Version, string Name, string State, ScenarioContent Content, string CreatedBy, DateTimeOffset CreatedAt, DateTimeOffset ChangedAt) : IVersioned;

internal sealed record ScenarioRow(Guid Id, long Version, string Name, string State, string Content, string CreatedBy, DateTimeOffset CreatedAt, DateTimeOffset ChangedAt)
{
    private const string Select =
        """
        SELECT s.id, s.version, s.name, s.state, v.content::text AS content, s.created_by, s.created_at, s.changed_at
        FROM scenarios s JOIN scenario_versions v ON v.scenario_id = s.id AND v.version = s.version
        """;

    public static Task<ScenarioRow?> FindAsync(Guid id, UnitOfWork unitOfWork, CancellationToken cancellationToken) =>
        unitOfWork.QuerySingleOrDefaultAsync<ScenarioRow>($"{Select} WHERE s.id = @id", new { id }, cancellationToken);

    public static Task<IReadOnlyList<ScenarioRow>> ListAsync(Guid? before, int limit, UnitOfWork unitOfWork, CancellationToken cancellationToken) =>
        unitOfWork.QueryAsync<ScenarioRow>($"{Select} WHERE @before::uuid IS NULL OR s.id < @before ORDER BY s.id DESC LIMIT @limit", new { before, limit }, cancellationToken);

    public static Task<int> AddVersionAsync(Guid id, long version, ScenarioRequest request, string changedBy, DateTimeOffset now, UnitOfWork unitOfWork, CancellationToken cancellationToken) =>
        unitOfWork.ExecuteAsync(
            "INSERT INTO scenario_versions (scenario_id, version, name, content, changed_by, changed_at) VALUES (@id, @version, @Name, @content::jsonb, @changedBy, @now)",
            new { id, version, request.Name, content = JsonSerializer.Serialize(request.Content, JsonSerializerOptions.Web), changedBy, now },
            cancellationToken);

    public ScenarioResponse ToResponse() => new(Id, Version, Name, State, ReadContent(Content), CreatedBy, CreatedAt, ChangedAt);

    public static ScenarioContent ReadContent(string content) => JsonSerializer.Deserialize<ScenarioContent>(content, JsonSerializerOptions.Web)!;

    /// <summary>Journeys and campaigns that actions name exist; texts are there.</summary>
    public static async Task<Error?> CheckAsync(ScenarioContent content, UnitOfWork unitOfWork, CancellationToken cancellationToken)
    {
        foreach (var (step, index) in content.Steps.Select((step, index) => (step, index)))
        {
            var pains = step.PainPoints ?? [];
            var pain = Enumerable.Range(0, pains.Count).FirstOrDefault(place => pains[place] is not { Length: > 0 and <= 1_000 }, -1);
            if (pain >= 0) return Error.Unprocessable("campaign.scenario_pain_point", "A pain point is a text of 1 to 1,000 characters.", $"content.steps[{index}].painPoints[{pain}]");
            foreach (var (action, place) in (step.Actions ?? []).Select((action, place) => (action, place)))
            {
                if (action.Kind is not ("journey" or "campaign")) continue;
                var table = action.Kind == "journey" ? "journeys" : "campaigns";
                if (!Guid.TryParse(action.Ref, out var id)
                    || !await unitOfWork.QuerySingleOrDefaultAsync<bool>($"SELECT EXISTS (SELECT FROM {table} WHERE id = @id)", new { id }, cancellationToken))
                {
                    return Error.Unprocessable($"campaign.unknown_{action.Kind}", $"There is no such {action.Kind}.", $"content.steps[{index}].actions[{place}].ref");
                }
            }
        }

        return null;
    }
}
