using Crm.Customer.Contracts.Events.V1;
using Crm.Customer.Domain;
using Crm.ServiceDefaults.Errors;
using Crm.ServiceDefaults.Postgres;

namespace Crm.Customer.Features.Records;

/// <summary>Checks own fields against their definitions; a field that nobody defined may hold anything.</summary>
internal static class CustomFieldRules
{
    public static readonly IReadOnlyList<string> Types = ["text", "number", "date", "flag", "choice"];
    public static readonly IReadOnlyList<string> RecordTypes = ["customer", "account"];

    public static async Task<Error?> RefusalAsync(UnitOfWork unitOfWork, string recordType, IReadOnlyList<CustomFieldState> fields, CancellationToken cancellationToken)
    {
        var definitions = await unitOfWork.QueryAsync<Definition>(
            "SELECT name, type, options, is_required FROM custom_field_definitions WHERE record_type = @recordType", new { recordType }, cancellationToken);
        if (definitions.Count == 0) return null;
        var byName = definitions.ToDictionary(definition => definition.Name);
        for (var i = 0; i < fields.Count; i++)
        {
            if (byName.TryGetValue(fields[i].Name, out var definition) && !Fits(fields[i], definition)) return CustomerErrors.CustomFieldMismatch($"customFields.{fields[i].Name}", definition.Type);
        }

        var missing = definitions.FirstOrDefault(definition => definition.IsRequired && fields.All(field => field.Name != definition.Name));
        return missing is null ? null : CustomerErrors.CustomFieldRequired($"customFields.{missing.Name}");
    }

    private static bool Fits(CustomFieldState field, Definition definition) => definition.Type switch
    {
        "text" => field.Text is not null,
        "number" => field.Number is not null,
        "date" => field.Date is not null,
        "flag" => field.Flag is not null,
        _ => field.Text is { } text && definition.Options.Contains(text),
    };

    private sealed class Definition
    {
        public string Name { get; init; } = "";
        public string Type { get; init; } = "";
        public string[] Options { get; init; } = [];
        public bool IsRequired { get; init; }
    }
}
