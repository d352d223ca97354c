using Crm.ServiceDefaults.Errors;

namespace Crm.Customer.Domain.Identity;

/// <summary>Whose value a field has after a merge.</summary>
internal enum MergeChoice
{
    Survivor,
    Absorbed,
}

/// <summary>A field that a plan decides about, and the columns that it is kept in: they belong together (an address is taken whole).</summary>
internal sealed record MergeField(string Name, params string[] Columns);

/// <summary>
/// What the survivor's record is after a merge, field by field. What the plan leaves open stays as the survivor has it, or is taken over where the
/// survivor has nothing. Tags, interests and preferences are united; the earlier registration and the further lifecycle stage count.
/// </summary>
internal static class MergePlan
{
    public static readonly IReadOnlyList<MergeField> Fields =
    [
        new("displayName", "display_name"), new("givenName", "given_name"), new("familyName", "family_name"), new("email", "email"), new("phone", "phone"),
        new("language", "language"), new("timeZone", "time_zone"), new("address", "street", "city", "province", "postal_code", "country"),
        new("birthDate", "birth_date"), new("gender", "gender"), new("customFields", "custom_fields"), new("referredBy", "referred_by"),
        new("owner", "owner_id", "owner_name", "owner_unit"), new("competitor", "competitor"), new("maritalStatus", "marital_status"), new("occupation", "occupation"),
        new("education", "education"), new("incomeBand", "income_band"),
    ];

    /// <summary>Columns that a merge computes from both.</summary>
    public static readonly IReadOnlyList<string> United = ["tags", "preferences", "lifecycle_stage", "registered_at", "interests", "is_internal"];

    private static readonly string[] Stages = [Lifecycle.Prospect, Lifecycle.New, Lifecycle.Lapsed, Lifecycle.AtRisk, Lifecycle.WonBack, Lifecycle.Active, Lifecycle.Loyal];

    /// <summary>For each field whose value counts.</summary>
    /// <param name="isEmpty">Whether the survivor has nothing in a field.</param>
    public static Result<IReadOnlyDictionary<string, MergeChoice>> Decide(IReadOnlyDictionary<string, MergeChoice>? wanted, Func<MergeField, bool> isEmpty)
    {
        foreach (var name in wanted?.Keys ?? [])
        {
            if (Fields.All(field => field.Name != name)) return IdentityErrors.MergeFieldUnknown("fields." + name);
        }

        return Fields.ToDictionary(
            field => field.Name,
            field => wanted is not null && wanted.TryGetValue(field.Name, out var choice) ? choice : isEmpty(field) ? MergeChoice.Absorbed : MergeChoice.Survivor);
    }

    public static string FurtherStage(string one, string other) => Array.IndexOf(Stages, other) > Array.IndexOf(Stages, one) ? other : one;
}
