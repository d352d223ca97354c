using Crm.ServiceDefaults.Errors;

namespace Crm.Customer.Domain;

/// <summary>Cleans the texts of one request and remembers the first thing that is wrong with them.</summary>
internal sealed class InputCheck
{
    public Error? Error { get; private set; }

    public string? Text(string? text, string field, int max)
    {
        if (!PlainText.TryClean(text, out var clean)) Fail(CustomerErrors.InvalidCharacters(field));
        else if (clean?.Length > max) Fail(CustomerErrors.TooLong(field, max));
        return clean;
    }

    public string Required(string? text, string field, int max)
    {
        var clean = Text(text, field, max);
        if (clean is null) Fail(CustomerErrors.ValueRequired(field));
        return clean ?? "";
    }

    /// <summary>One of the known words, in any case.</summary>
    public string OneOf(string? text, string field, IReadOnlyList<string> known)
    {
        var found = known.FirstOrDefault(word => string.Equals(word, text, StringComparison.OrdinalIgnoreCase));
        if (found is null) Fail(CustomerErrors.ValueUnknown(field, known));
        return found ?? "";
    }

    /// <summary>Without repetition, sorted.</summary>
    public string[] List(IReadOnlyList<string>? values, string field, int max, int maxText)
    {
        if (values?.Count > max) Fail(CustomerErrors.TooManyFields(field, max));
        return [.. (values ?? []).Take(max).Select(value => Text(value, field, maxText)).OfType<string>().Distinct().Order(StringComparer.Ordinal)];
    }

    public void Fail(Error error) => Error ??= error;
}
