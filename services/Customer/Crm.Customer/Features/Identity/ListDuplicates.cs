using System.Text.Json;
using Crm.Customer.Domain;
using Crm.Customer.Domain.Identity;
using Crm.ServiceDefaults.Errors;
using Crm.ServiceDefaults.Paging;
using Crm.ServiceDefaults.Postgres;
using Crm.ServiceDefaults.Security;

namespace Crm.Customer.Features.Identity;

/// <summary>The review queue: pairs that wait for a decision, the surest first.</summary>
internal static class ListDuplicates
{
    internal sealed record Item(
        Guid Id, Guid OneId, string OneName, Guid OtherId, string OtherName, MatchVerdict Verdict, double Probability, double Weight, IReadOnlyList<MatchReason> Reasons, DateTimeOffset FoundAt);

    private sealed record Position(double Weight, Guid Id);

    public static void Map(RouteGroupBuilder api) => api
        .MapGet("/duplicates", async (PageRequest page, UnitOfWork unitOfWork, CancellationToken cancellationToken, Guid? customerId = null) =>
            (await HandleAsync(page, customerId, unitOfWork, cancellationToken)).ToOk())
        .WithName("ListDuplicates")
        .AllowRoles(Roles.CustomerEditors);

    private static async Task<Result<Page<Item>>> HandleAsync(PageRequest page, Guid? customerId, UnitOfWork unitOfWork, CancellationToken cancellationToken)
    {
        var after = page.After<Position>();
        var rows = await unitOfWork.QueryAsync<Row>(
            $"""
            SELECT d.id, d.low_id, l.display_name AS low_name, d.high_id, h.display_name AS high_name, d.weight, d.reasons::text AS reasons, d.found_at
            FROM duplicate_pairs d JOIN customers l ON l.id = d.low_id JOIN customers h ON h.id = d.high_id
            WHERE d.state = 'open' AND l.merged_into IS NULL AND h.merged_into IS NULL
                AND {(customerId is null ? "true" : "(d.low_id = @customerId OR d.high_id = @customerId)")}
                AND d.weight <= @afterWeight AND (d.weight < @afterWeight OR d.id > coalesce(@afterId::uuid, '00000000-0000-0000-0000-000000000000'))
            ORDER BY d.weight DESC, d.id LIMIT @limit
            """,
            new { customerId, afterWeight = after?.Weight ?? double.PositiveInfinity, afterId = after?.Id, limit = page.Limit + 1 },
            cancellationToken);
        return Page<Item>.From([.. rows.Select(row => row.ToItem())], page.Limit, item => new Position(item.Weight, item.Id));
    }

    private sealed class Row
    {
        public Guid Id { get; init; }
        public Guid LowId { get; init; }
        public string LowName { get; init; } = "";
        public Guid HighId { get; init; }
        public string HighName { get; init; } = "";
        public double Weight { get; init; }
        public string Reasons { get; init; } = "[]";
        public DateTimeOffset FoundAt { get; init; }

        public Item ToItem() => new(
            Id, LowId, LowName, HighId, HighName, MatchModel.Judge(Weight), Math.Round(MatchModel.Probability(Weight), 4), Weight,
            JsonSerializer.Deserialize<List<MatchReason>>(Reasons, JsonSerializerOptions.Web)!, FoundAt);
    }
}
