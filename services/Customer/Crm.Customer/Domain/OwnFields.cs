using System.Text.Json;
using System.Text.Json.Serialization;
using System.Text.RegularExpressions;
using Crm.Customer.Contracts.Events.V1;
using Crm.ServiceDefaults.Errors;

namespace Crm.Customer.Domain;

/// <summary>Preferences and custom fields of a customer, checked, sorted by name.</summary>
internal sealed partial record OwnFields(IReadOnlyList<PreferenceState> Preferences, IReadOnlyList<CustomFieldState> CustomFields)
{
    private const int MaxFields = 50;
    private const int MaxValues = 20;
    private const int MaxText = 200;
    private const decimal MaxNumber = 1_000_000_000_000_000m;
    private static readonly JsonSerializerOptions Json = new(JsonSerializerDefaults.Web) { DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull };

    public string PreferencesJson => JsonSerializer.Serialize(Preferences, Json);

    public string CustomFieldsJson => JsonSerializer.Serialize(CustomFields, Json);

    /// <summary>The first thing that is wrong, named as in the request. Null: none.</summary>
    public static Result<OwnFields> From(IReadOnlyList<PreferenceState>? preferences, IReadOnlyList<CustomFieldState>? customFields)
    {
        var (likes, facts) = (new SortedDictionary<string, PreferenceState>(StringComparer.Ordinal), new SortedDictionary<string, CustomFieldState>(StringComparer.Ordinal));
        if (preferences?.Count > MaxFields) return CustomerErrors.TooManyFields("preferences", MaxFields);
        if (customFields?.Count > MaxFields) return CustomerErrors.TooManyFields("customFields", MaxFields);
        for (var i = 0; i < preferences?.Count; i++)
        {
            var (name, values) = preferences[i];
            var path = $"preferences[{i}]";
            if (!NamePattern().IsMatch(name ?? "")) return CustomerErrors.FieldNameInvalid(path + ".name");
            if (values is not { Count: >= 1 and <= MaxValues }) return CustomerErrors.PreferenceValuesInvalid(path + ".values", MaxValues);
            var clean = new SortedSet<string>(StringComparer.Ordinal);
            foreach (var value in values)
            {
                if (!PlainText.TryClean(value, out var text) || text is null) return CustomerErrors.InvalidCharacters(path + ".values");
                if (text.Length > MaxText) return CustomerErrors.TooLong(path + ".values", MaxText);
                clean.Add(text);
            }

            if (!likes.TryAdd(name!, new PreferenceState(name!, [.. clean]))) return CustomerErrors.FieldRepeated(path + ".name");
        }

        for (var i = 0; i < customFields?.Count; i++)
        {
            var field = customFields[i];
            var path = $"customFields[{i}]";
            if (!NamePattern().IsMatch(field.Name ?? "")) return CustomerErrors.FieldNameInvalid(path + ".name");
            var given = (field.Text is null ? 0 : 1) + (field.Number is null ? 0 : 1) + (field.Date is null ? 0 : 1) + (field.Flag is null ? 0 : 1);
            if (given != 1) return CustomerErrors.FieldValueInvalid(path);
            if (field.Text is not null)
            {
                if (!PlainText.TryClean(field.Text, out var text) || text is null) return CustomerErrors.InvalidCharacters(path + ".text");
                if (text.Length > MaxText) return CustomerErrors.TooLong(path + ".text", MaxText);
                field = field with { Text = text };
            }

            if (field.Number is { } number && Math.Abs(number) > MaxNumber) return CustomerErrors.FieldValueInvalid(path + ".number");
            if (!facts.TryAdd(field.Name!, field)) return CustomerErrors.FieldRepeated(path + ".name");
        }

        return new OwnFields([.. likes.Values], [.. facts.Values]);
    }

    public static OwnFields FromStored(string preferences, string customFields) => new(
        JsonSerializer.Deserialize<List<PreferenceState>>(preferences, Json)!, JsonSerializer.Deserialize<List<CustomFieldState>>(customFields, Json)!);

    // Campaign's segments name them: custom.number.shoeSize.
    [GeneratedRegex(@"\A[A-Za-z][A-Za-z0-9_]{0,49}\z")]
    private static partial Regex NamePattern();
}
