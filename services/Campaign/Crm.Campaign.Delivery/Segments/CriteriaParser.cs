using System.Text.Json;
using Crm.ServiceDefaults.Errors;

namespace Crm.Campaign.Domain.Segments;

/// <summary>A checked tree, and what it names that only the database knows.</summary>
internal sealed record ParsedCriteria(Criterion Criterion, IReadOnlyList<Reference> Segments, IReadOnlyList<Reference> Lists, int Comparisons);

/// <param name="Path">Where it stands: <c>criteria.all[1].segment</c>.</param>
internal sealed record Reference(Guid Id, string Path);

/// <summary>
/// Reads <c>{all:[...]}</c>, <c>{any:[...]}</c>, <c>{not:{...}}</c>, <c>{segment:id}</c>, <c>{list:id}</c> and <c>{field, op, value, of}</c>.
/// A refusal names the place: <c>criteria.all[1].field</c>.
/// </summary>
internal sealed class CriteriaParser
{
    public const int MaxDepth = 6;
    public const int MaxClauses = 200;

    /// <summary>Comparisons of a segment with all that it takes from other segments.</summary>
    public const int MaxExpandedClauses = 1_000;

    /// <summary>JSON levels of that.</summary>
    public const int MaxExpandedDepth = 512;

    private readonly bool _stored;
    private readonly List<Reference> _segments = [];
    private readonly List<Reference> _lists = [];
    private int _clauses;

    private CriteriaParser(bool stored) => _stored = stored;

    /// <summary>From outside. Segments that it names are not looked up: <see cref="Criterion.InSegment"/> has no criteria.</summary>
    public static Result<ParsedCriteria> Read(JsonElement json) => new CriteriaParser(stored: false).ReadWhole(json);

    /// <summary>What names no other segment.</summary>
    public static Result<Criterion> Parse(JsonElement json) => Read(json).TryGet(out var parsed, out var error) ? parsed.Criterion : error;

    /// <summary>
    /// Expanded: beside each <c>segment</c> stand its <c>criteria</c>. Only the sum of the comparisons can be wrong, each part was checked.
    /// </summary>
    public static Result<ParsedCriteria> ReadExpanded(string json)
    {
        using var document = JsonDocument.Parse(json, new JsonDocumentOptions { MaxDepth = MaxExpandedDepth });
        return new CriteriaParser(stored: true).ReadWhole(document.RootElement);
    }

    /// <summary>From the database, where only what was checked is stored.</summary>
    public static Criterion ParseStored(string json) => ReadExpanded(json).Value.Criterion;

    private Result<ParsedCriteria> ReadWhole(JsonElement json) =>
        Parse(json, "criteria", 1).TryGet(out var criterion, out var error) ? new ParsedCriteria(criterion, _segments, _lists, _clauses) : error;

    private Result<Criterion> Parse(JsonElement json, string path, int depth)
    {
        if (depth > MaxDepth) return Error.Unprocessable("campaign.criteria_too_deep", $"Groups nest at most {MaxDepth} deep.", path);
        if (json.ValueKind != JsonValueKind.Object) return Malformed("A criterion is an object.", path);

        var names = json.EnumerateObject().Select(member => member.Name).ToArray();
        return names switch
        {
            ["all"] => ParseGroup(json.GetProperty("all"), $"{path}.all", depth, mayBeEmpty: true, parts => new Criterion.All(parts)),
            ["any"] => ParseGroup(json.GetProperty("any"), $"{path}.any", depth, mayBeEmpty: false, parts => new Criterion.Any(parts)),
            ["not"] => Parse(json.GetProperty("not"), $"{path}.not", depth + 1).TryGet(out var part, out var error) ? new Criterion.Not(part) : error,
            ["segment"] => ParseReference(json.GetProperty("segment"), $"{path}.segment", _segments).TryGet(out var id, out var error)
                ? new Criterion.InSegment(id, null)
                : error,
            ["segment", "criteria"] when _stored => ParseExpanded(json, path),
            ["list"] => ParseReference(json.GetProperty("list"), $"{path}.list", _lists).TryGet(out var id, out var error) ? new Criterion.InList(id) : error,
            _ => ParseComparison(json, path),
        };
    }

    private Result<Criterion> ParseGroup(JsonElement json, string path, int depth, bool mayBeEmpty, Func<IReadOnlyList<Criterion>, Criterion> create)
    {
        if (json.ValueKind != JsonValueKind.Array) return Malformed("A group is an array of criteria.", path);
        if (json.GetArrayLength() == 0 && !mayBeEmpty) return Malformed("A group 'any' needs a criterion.", path);
        var parts = new List<Criterion>();
        foreach (var item in json.EnumerateArray())
        {
            if (!Parse(item, $"{path}[{parts.Count}]", depth + 1).TryGet(out var part, out var error)) return error;
            parts.Add(part);
        }

        return create(parts);
    }

    private Result<Guid> ParseReference(JsonElement json, string path, List<Reference> references)
    {
        if (Counted(path) is { } error) return error;
        if (json.ValueKind != JsonValueKind.String || !json.TryGetGuid(out var id)) return Malformed("This names something by its id.", path);
        references.Add(new Reference(id, path));
        return id;
    }

    /// <summary>Each segment has its own depth; how many lead to each other is limited where they are put together.</summary>
    private Result<Criterion> ParseExpanded(JsonElement json, string path)
    {
        var id = json.GetProperty("segment").GetGuid();
        return Parse(json.GetProperty("criteria"), $"{path}.criteria", 1).TryGet(out var criteria, out var error) ? new Criterion.InSegment(id, criteria) : error;
    }

    private Result<Criterion> ParseComparison(JsonElement json, string path)
    {
        if (Counted(path) is { } tooLong) return tooLong;
        foreach (var member in json.EnumerateObject())
        {
            if (member.Name is not ("field" or "op" or "value" or "of")) return Malformed($"There is no '{member.Name}' in a criterion.", $"{path}.{member.Name}");
        }

        if (!json.TryGetProperty("field", out var name) || name.ValueKind != JsonValueKind.String) return Malformed("A comparison names its field.", $"{path}.field");
        if (!json.TryGetProperty("op", out var op) || op.ValueKind != JsonValueKind.String) return Malformed("A comparison names its operator.", $"{path}.op");
        if (!json.TryGetProperty("value", out var value)) return Malformed("A comparison has a value.", $"{path}.value");
        if (SegmentField.Find(name.GetString()!) is not { } field)
        {
            return Error.Unprocessable("campaign.unknown_field", $"There is no field '{name.GetString()}' to ask about.", $"{path}.field");
        }

        var operation = op.GetString()!;
        if (!field.Operators.Contains(operation))
        {
            return Error.Unprocessable(
                "campaign.unknown_operator", $"'{field.Name}' has no operator '{operation}'. It has: {string.Join(", ", field.Operators)}.", $"{path}.op");
        }

        if (CriterionValues.Parse(field, operation, value) is not { } parsed)
        {
            return Error.Unprocessable("campaign.criteria_value", $"The value does not fit '{field.Name} {operation}'.", $"{path}.value");
        }

        if (!json.TryGetProperty("of", out var of)) return new Criterion.Comparison(field, operation, parsed);
        return CriterionValues.ParseScope(field, of, $"{path}.of").TryGet(out var scope, out var error) ? new Criterion.Comparison(field, operation, parsed, scope) : error;
    }

    private Error? Counted(string path)
    {
        var max = _stored ? MaxExpandedClauses : MaxClauses;
        return ++_clauses > max ? Error.Unprocessable("campaign.criteria_too_long", $"A segment has at most {max} comparisons{(_stored ? ", with those of the segments that it names" : "")}.", path) : null;
    }

    private static Error Malformed(string message, string path) => Error.Unprocessable("campaign.criteria_malformed", message, path);
}
