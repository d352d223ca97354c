using System.Text.Json;
using System.Text.Json.Nodes;

namespace Crm.Customer.Features.Records;

/// <summary>The fields of a stored version of a customer (columns) under the names that the API gives them.</summary>
internal static class RecordFields
{
    /// <summary>Fields that somebody says about a customer, by column: those whose origin is worth knowing.</summary>
    public static readonly IReadOnlyDictionary<string, string> Stated = new Dictionary<string, string>
    {
        ["display_name"] = "displayName", ["given_name"] = "givenName", ["family_name"] = "familyName", ["email"] = "email", ["phone"] = "phone",
        ["language"] = "language", ["time_zone"] = "timeZone", ["street"] = "address.street", ["city"] = "address.city",
        ["province"] = "address.province", ["postal_code"] = "address.postalCode", ["country"] = "address.country",
        ["birth_date"] = "birthDate", ["gender"] = "gender", ["tags"] = "tags", ["preferences"] = "preferences", ["custom_fields"] = "customFields",
        ["owner_id"] = "ownerId", ["is_internal"] = "isInternal", ["competitor"] = "competitor", ["marital_status"] = "maritalStatus",
        ["occupation"] = "occupation", ["education"] = "education", ["income_band"] = "incomeBand", ["interests"] = "interests",
    };

    private static readonly HashSet<string> Hidden = ["referred_by_source_id", "import_job"];

    public static JsonElement ToApi(string record)
    {
        var api = new JsonObject();
        foreach (var (column, value) in JsonNode.Parse(record)!.AsObject())
        {
            if (!Hidden.Contains(column)) api[JsonNamingPolicy.CamelCase.ConvertName(Pascal(column))] = value?.DeepClone();
        }

        return JsonSerializer.SerializeToElement(api);
    }

    private static string Pascal(string column) => string.Concat(column.Split('_').Select(word => char.ToUpperInvariant(word[0]) + word[1..]));
}
