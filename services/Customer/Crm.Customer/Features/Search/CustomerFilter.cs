using System.Globalization;
using System.Text;
using System.Text.Json;
using System.Text.RegularExpressions;
using Crm.Customer.Domain;
using Crm.ServiceDefaults.Errors;
using Dapper;

namespace Crm.Customer.Features.Search;

/// <summary>
/// Conditions on customers as JSON: <c>{"all": [...]}</c>, <c>{"any": [...]}</c>, <c>{"not": {...}}</c> or
/// <c>{"field": "city", "op": "eq", "value": "Bandung"}</c>, nested five deep, fifty conditions at most. Becomes SQL whose texts are
/// constants of this file; what the user said is only ever a parameter.
/// </summary>
internal sealed partial class CustomerFilter
{
    private const int MaxConditions = 50;
    private const int MaxDepth = 5;
    private const int MaxValues = 200;

    private static readonly Dictionary<string, (string Sql, string Type)> Fields = new()
    {
        ["number"] = ("c.number", "text"), ["displayName"] = ("c.display_name", "text"), ["email"] = ("c.email", "text"), ["phone"] = ("c.phone", "text"),
        ["street"] = ("c.street", "text"), ["city"] = ("c.city", "text"), ["province"] = ("c.province", "text"), ["postalCode"] = ("c.postal_code", "text"),
        ["country"] = ("c.country", "text"), ["language"] = ("c.language", "text"), ["gender"] = ("c.gender", "text"), ["lifecycleStage"] = ("c.lifecycle_stage", "text"),
        ["source"] = ("c.source", "text"), ["sourceId"] = ("c.source_id", "text"), ["ownerId"] = ("c.owner_id", "text"), ["ownerUnit"] = ("c.owner_unit", "text"),
        ["competitor"] = ("c.competitor", "text"), ["occupation"] = ("c.occupation", "text"), ["education"] = ("c.education", "text"), ["incomeBand"] = ("c.income_band", "text"),
        ["maritalStatus"] = ("c.marital_status", "text"), ["birthDate"] = ("c.birth_date", "date"), ["registeredAt"] = ("c.registered_at", "instant"),
        ["changedAt"] = ("c.changed_at", "instant"), ["isInternal"] = ("c.is_internal", "flag"), ["tag"] = ("c.tags", "list"), ["interest"] = ("c.interests", "list"),
    };

    private static readonly Dictionary<string, string> Comparisons = new() { ["gt"] = ">", ["gte"] = ">=", ["lt"] = "<", ["lte"] = "<=" };
    private readonly StringBuilder _sql = new();
    private readonly DynamicParameters _parameters;
    private int _conditions;

    private CustomerFilter(DynamicParameters parameters) => _parameters = parameters;

    /// <summary>The condition on <c>customers c</c>, with its parameters added to those given. No filter: always true.</summary>
    public static Result<string> Compile(JsonElement? filter, DynamicParameters parameters)
    {
        if (filter is not { ValueKind: not JsonValueKind.Null } json) return "true";
        var compiler = new CustomerFilter(parameters);
        return compiler.Node(json, "filter", 1) is { } error ? error : compiler._sql.ToString();
    }

    /// <summary>From the query string.</summary>
    public static Result<string> Compile(string? filter, DynamicParameters parameters)
    {
        if (string.IsNullOrWhiteSpace(filter)) return "true";
        try
        {
            return Compile(JsonElement.Parse(filter), parameters);
        }
        catch (JsonException)
        {
            return CustomerErrors.FilterInvalid("filter");
        }
    }

    private Error? Node(JsonElement node, string path, int depth)
    {
        if (depth > MaxDepth || node.ValueKind != JsonValueKind.Object) return CustomerErrors.FilterInvalid(path);
        if (node.TryGetProperty("all", out var all)) return Group(all, "AND", "true", path + ".all", depth);
        if (node.TryGetProperty("any", out var any)) return Group(any, "OR", "false", path + ".any", depth);
        if (!node.TryGetProperty("not", out var not)) return Condition(node, path);
        _sql.Append("NOT coalesce(");
        var error = Node(not, path + ".not", depth + 1);
        _sql.Append(", false)");
        return error;
    }

    private Error? Group(JsonElement nodes, string with, string empty, string path, int depth)
    {
        if (nodes.ValueKind != JsonValueKind.Array) return CustomerErrors.FilterInvalid(path);
        _sql.Append('(').Append(empty);
        var i = 0;
        foreach (var node in nodes.EnumerateArray())
        {
            _sql.Append(' ').Append(with).Append(' ');
            if (Node(node, $"{path}[{i++}]", depth + 1) is { } error) return error;
        }

        _sql.Append(')');
        return null;
    }

    private Error? Condition(JsonElement node, string path)
    {
        if (++_conditions > MaxConditions) return CustomerErrors.FilterTooLong(path, MaxConditions);
        if (Text(node, "field") is not { } field || Text(node, "op") is not { } op) return CustomerErrors.FilterInvalid(path);
        node.TryGetProperty("value", out var value);
        if (CustomField().Match(field) is { Success: true } own) return OwnField(own.Groups[1].Value, op, value, path);
        if (!Fields.TryGetValue(field, out var known)) return CustomerErrors.FilterFieldUnknown(path + ".field");
        var (sql, type) = known;
        if (op is "isEmpty" or "isNotEmpty")
        {
            var empty = type == "list" ? $"cardinality({sql}) = 0" : $"{sql} IS NULL";
            _sql.Append(op == "isEmpty" ? empty : $"NOT ({empty})");
            return null;
        }

        switch (type, op)
        {
            case ("list", "eq" or "contains") when One(value, "text", out var item):
                _sql.Append(CultureInfo.InvariantCulture, $"{sql} @> ARRAY[{Add(item)}::text]");
                return null;
            case ("list", "in") when Many(value, "text", out var items):
                _sql.Append(CultureInfo.InvariantCulture, $"{sql} && {Add(items)}::text[]");
                return null;
            case ("list", _):
                return CustomerErrors.FilterInvalid(path);
            case (_, "eq") when One(value, type, out var equal):
                _sql.Append(CultureInfo.InvariantCulture, $"{sql} = {Add(equal)}");
                return null;
            case (_, "ne") when One(value, type, out var unequal):
                _sql.Append(CultureInfo.InvariantCulture, $"{sql} IS DISTINCT FROM {Add(unequal)}");
                return null;
            case ("text", "in") when Many(value, type, out var several):
                _sql.Append(CultureInfo.InvariantCulture, $"{sql} = ANY({Add(several)})");
                return null;
            case ("text", "contains" or "startsWith") when One(value, type, out var part):
                _sql.Append(CultureInfo.InvariantCulture, $"lower({sql}) LIKE {Add((op == "contains" ? "%" : "") + SearchCustomers.Escape(((string)part).ToLowerInvariant()) + "%")}");
                return null;
            case ("date" or "instant", "gt" or "gte" or "lt" or "lte") when One(value, type, out var bound):
                _sql.Append(CultureInfo.InvariantCulture, $"{sql} {Comparisons[op]} {Add(bound)}");
                return null;
            default:
                return CustomerErrors.FilterInvalid(path);
        }
    }

    private Error? OwnField(string name, string op, JsonElement value, string path)
    {
        var member = value.ValueKind switch { JsonValueKind.String => "text", JsonValueKind.Number => "number", JsonValueKind.True or JsonValueKind.False => "flag", _ => null };
        if (op != "eq" || member is null) return CustomerErrors.FilterInvalid(path);
        // A date is told apart from a text only by the field's definition: either may be meant.
        string Holding(string kind) => $"(c.custom_fields <> '[]' AND c.custom_fields @> {Add($"[{{\"name\":{JsonSerializer.Serialize(name)},\"{kind}\":{value.GetRawText()}}}]")}::jsonb)";
        _sql.Append(member == "text" ? $"({Holding("text")} OR {Holding("date")})" : Holding(member));
        return null;
    }

    private string Add(object value)
    {
        var name = "f" + _parameters.ParameterNames.Count().ToString(CultureInfo.InvariantCulture);
        _parameters.Add(name, value);
        return "@" + name;
    }

    private static string? Text(JsonElement node, string member) =>
        node.TryGetProperty(member, out var value) && value.ValueKind == JsonValueKind.String ? value.GetString() : null;

    private static bool One(JsonElement value, string type, out object parsed)
    {
        parsed = "";
        switch (type, value.ValueKind)
        {
            case ("text", JsonValueKind.String) when value.GetString() is { Length: <= 300 } text && !text.Contains('\0', StringComparison.Ordinal):
                parsed = text;
                return true;
            case ("date", JsonValueKind.String) when DateOnly.TryParseExact(value.GetString(), "yyyy-MM-dd", CultureInfo.InvariantCulture, DateTimeStyles.None, out var date):
                parsed = date;
                return true;
            case ("instant", JsonValueKind.String) when DateTimeOffset.TryParse(value.GetString(), CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal, out var instant):
                parsed = instant.ToUniversalTime();
                return true;
            case ("flag", JsonValueKind.True or JsonValueKind.False):
                parsed = value.GetBoolean();
                return true;
            default:
                return false;
        }
    }

    private static bool Many(JsonElement value, string type, out string[] parsed)
    {
        parsed = [];
        if (value.ValueKind != JsonValueKind.Array || value.GetArrayLength() is 0 or > MaxValues) return false;
        var texts = value.EnumerateArray().Select(item => One(item, type, out var one) ? (string)one : null).ToList();
        parsed = [.. texts.OfType<string>()];
        return parsed.Length == texts.Count;
    }

    [GeneratedRegex(@"\Acustom\.([A-Za-z][A-Za-z0-9_]{0,49})\z")]
    private static partial Regex CustomField();
}
