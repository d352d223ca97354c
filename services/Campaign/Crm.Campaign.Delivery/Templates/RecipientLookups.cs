using System.Text.Json;
using Crm.ServiceDefaults.Postgres;

namespace Crm.Campaign.Delivery.Templates;

/// <summary>What a template needs beyond the recipients' rows, for a micro-batch at once: a statement for each kind, whatever the number of recipients.</summary>
public static class RecipientLookups
{
    private static readonly ILookup<Guid, RecommendedProduct> NoProducts = Array.Empty<RecommendedProduct>().ToLookup(_ => Guid.Empty);

    /// <summary>By customer; coupons are not among them, because a look must not use one up.</summary>
    public static async Task<IReadOnlyDictionary<Guid, RecipientExtras>> LoadAsync(
        TemplateNeeds needs, IReadOnlyCollection<Guid> customers, DateTimeOffset now, UnitOfWork unitOfWork, CancellationToken cancellationToken)
    {
        var fields = await FieldsAsync(needs, customers, unitOfWork, cancellationToken);
        var products = needs.Products == 0 ? NoProducts : await ProductRecommendations.ForAsync(customers, needs.Products, unitOfWork, cancellationToken);
        var segments = needs.Segments.Count == 0
            ? new Dictionary<Guid, HashSet<Guid>>()
            : await SegmentMembership.OfAsync(needs.Segments, customers, now, unitOfWork, cancellationToken);
        return customers.Distinct().ToDictionary(
            customer => customer,
            customer => RecipientExtras.None with
            {
                Fields = fields.GetValueOrDefault(customer) ?? RecipientExtras.None.Fields,
                Products = [.. products[customer]],
                Segments = segments.GetValueOrDefault(customer) ?? RecipientExtras.None.Segments,
            });
    }

    private static async Task<Dictionary<Guid, IReadOnlyDictionary<string, string>>> FieldsAsync(
        TemplateNeeds needs, IReadOnlyCollection<Guid> customers, UnitOfWork unitOfWork, CancellationToken cancellationToken)
    {
        var names = needs.Fallbacks.Select(fallback => fallback.Field).Where(MergeFields.IsOwn).Distinct().ToArray();
        if (names.Length == 0) return [];
        var rows = await unitOfWork.QueryAsync<FieldsRow>(
            "SELECT customer_id, preferences::text AS preferences, custom_fields::text AS custom FROM audience WHERE customer_id = ANY(@customers)",
            new { customers = customers.ToArray() },
            cancellationToken);
        return rows.ToDictionary(row => row.CustomerId, row =>
        {
            var (preferences, custom) = (JsonSerializer.Deserialize<JsonElement>(row.Preferences), JsonSerializer.Deserialize<JsonElement>(row.Custom));
            return (IReadOnlyDictionary<string, string>)names.ToDictionary(name => name, name => name.Split('.', 2) switch
            {
                ["preference", var key] => Text(preferences, key),
                [_, var key] => Text(custom, key),
                _ => "",
            });
        });
    }

    private static string Text(JsonElement fields, string key) => fields.TryGetProperty(key, out var value) ? Text(value) : "";

    /// <summary>Preferences are lists, custom fields hold one value under the name of its type. A flag that is not set is empty, as conditions want it.</summary>
    private static string Text(JsonElement value) => value.ValueKind switch
    {
        JsonValueKind.Object => string.Concat(value.EnumerateObject().Select(typed => Text(typed.Value))),
        JsonValueKind.Array => string.Join(", ", value.EnumerateArray().Select(Text)),
        JsonValueKind.False or JsonValueKind.Null => "",
        _ => value.ToString(),
    };

    private sealed record FieldsRow(Guid CustomerId, string Preferences, string Custom);
}
