using Dapper;

namespace Crm.Campaign.Domain.Segments;

/// <summary>A condition over the audience row <c>a</c> and the values it needs; parameters of the caller may be added.</summary>
internal sealed record CompiledCriteria(string Sql, DynamicParameters Parameters);

/// <summary>What one comparison, list or segment of a tree says about a row, and the value it looked at (JSON; SQL <c>NULL</c> where there is none).</summary>
internal sealed record CompiledLeaf(Criterion Criterion, string Sql, string ValueSql);

/// <summary>
/// Turns a checked tree into SQL. Every value becomes a parameter; the text is made of the catalogue's expressions and the words below
/// only. A comparison with a missing value is NULL in SQL and false here, so each is taken <c>IS TRUE</c>.
/// </summary>
internal sealed class CriteriaCompiler
{
    private readonly DynamicParameters _parameters = new();
    private readonly DateTimeOffset _now;
    private readonly bool _bounded;
    private int _count;

    private CriteriaCompiler(DateTimeOffset now, bool bounded)
    {
        (_now, _bounded) = (now, bounded);
        var (ahead, behind) = LocalDays.At(now);
        _parameters.Add("now", now);
        _parameters.Add("today", DateOnly.FromDateTime(now.UtcDateTime));
        _parameters.Add("zonesAhead", ahead);
        _parameters.Add("zonesBehind", behind);
    }

    /// <param name="now">For ages and days since; the same for the whole walk over an audience.</param>
    /// <param name="bounded">
    /// The caller asks about customers after <c>@after</c> up to <c>@upTo</c>: other tables that are joined are bounded by these too, so that
    /// the plan of a slice does not depend on their size.
    /// </param>
    public static CompiledCriteria Compile(Criterion criterion, DateTimeOffset now, bool bounded = false)
    {
        var compiler = new CriteriaCompiler(now, bounded);
        return new CompiledCriteria(compiler.Write(criterion), compiler._parameters);
    }

    /// <summary>Several trees for one statement: a condition for each.</summary>
    public static (IReadOnlyList<string> Conditions, DynamicParameters Parameters) CompileAll(IEnumerable<Criterion> criteria, DateTimeOffset now)
    {
        var compiler = new CriteriaCompiler(now, bounded: false);
        return ([.. criteria.Select(compiler.Write)], compiler._parameters);
    }

    /// <summary>Each comparison and list by itself, in the order of the tree.</summary>
    public static (IReadOnlyList<CompiledLeaf> Leaves, DynamicParameters Parameters) CompileLeaves(Criterion criterion, DateTimeOffset now)
    {
        var compiler = new CriteriaCompiler(now, bounded: false);
        return ([.. Leaves(criterion).Select(compiler.WriteLeaf)], compiler._parameters);
    }

    private static IEnumerable<Criterion> Leaves(Criterion criterion) => criterion switch
    {
        Criterion.All all => all.Parts.SelectMany(Leaves),
        Criterion.Any any => any.Parts.SelectMany(Leaves),
        Criterion.Not not => Leaves(not.Part),
        Criterion.InSegment { Criteria: { } criteria } => Leaves(criteria),
        _ => [criterion],
    };

    private CompiledLeaf WriteLeaf(Criterion leaf) => new(
        leaf, Write(leaf), leaf is Criterion.Comparison comparison ? $"to_jsonb({FieldSql(comparison)})" : "NULL::jsonb");

    private string Write(Criterion criterion) => criterion switch
    {
        Criterion.All { Parts: [] } => "true",
        Criterion.All all => "(" + string.Join(" AND ", all.Parts.Select(Write)) + ")",
        Criterion.Any any => "(" + string.Join(" OR ", any.Parts.Select(Write)) + ")",
        Criterion.Not not => $"(NOT {Write(not.Part)})",
        Criterion.InSegment { Criteria: { } criteria } => Write(criteria),
        Criterion.InList list => $"EXISTS (SELECT 1 FROM list_members m WHERE m.list_id = {Add(list.ListId)} AND m.customer_id = a.customer_id{Bounds("m")})",
        Criterion.Comparison { Operator: "exists" } exists => $"({FieldSql(exists)} IS {((bool)exists.Value ? "NOT " : "")}NULL)",
        Criterion.Comparison comparison => $"(({WriteComparison(comparison)}) IS TRUE)",
        _ => throw new InvalidOperationException($"{criterion.GetType().Name} cannot be asked."),
    };

    private string Bounds(string table) => _bounded ? $" AND {table}.customer_id > @after AND {table}.customer_id <= @upTo" : "";

    private string WriteComparison(Criterion.Comparison comparison)
    {
        var (field, value) = (comparison.Field, comparison.Value);
        var sql = FieldSql(comparison);
        return comparison.Operator switch
        {
            "eq" => $"{sql} = {Parameter(field, value)}",
            "ne" => $"{sql} <> {Parameter(field, value)}",
            "lt" => $"{sql} < {Parameter(field, value)}",
            "lte" => $"{sql} <= {Parameter(field, value)}",
            "gt" => $"{sql} > {Parameter(field, value)}",
            "gte" => $"{sql} >= {Parameter(field, value)}",
            "between" => $"{sql} BETWEEN {Parameter(field, ((object[])value)[0])} AND {Parameter(field, ((object[])value)[1])}",
            "in" => $"{sql} = ANY({Array(field, value)})",
            "notIn" => $"{sql} <> ALL({Array(field, value)})",
            "contains" when field.Type == FieldType.Tags => $"{sql} @> ARRAY[{Parameter(field, value)}]::text[]",
            "containsAny" => $"{sql} && {Array(field, value)}",
            "containsAll" => $"{sql} @> {Array(field, value)}",
            "contains" => $"strpos(lower({sql}), lower({Parameter(field, value)})) > 0",
            "startsWith" => $"starts_with(lower({sql}), lower({Parameter(field, value)}))",
            _ => WriteDays(field, sql, comparison.Operator, (int)value),
        };
    }

    /// <summary>Dates by the calendar where the customer lives, instants by the clock.</summary>
    private string WriteDays(SegmentField field, string sql, string operation, int days)
    {
        const string Today = SegmentCatalogue.LocalToday;
        var isDate = field.Type == FieldType.Date;
        return operation switch
        {
            "inLastDays" => isDate ? $"{sql} BETWEEN {Today} - {Add(days)} AND {Today}" : $"{sql} BETWEEN {Add(_now.AddDays(-days))} AND @now",
            "beforeLastDays" => isDate ? $"{sql} < {Today} - {Add(days)}" : $"{sql} < {Add(_now.AddDays(-days))}",
            "inNextDays" => isDate ? $"{sql} BETWEEN {Today} AND {Today} + {Add(days)}" : $"{sql} BETWEEN @now AND {Add(_now.AddDays(days))}",
            "anniversaryInDays" => $"anniversary_within({(isDate ? sql : $"({sql} AT TIME ZONE 'UTC')::date")}, {Today}, {Add(days)})",
            _ => throw new InvalidOperationException($"{operation} is not an operator."),
        };
    }

    private string FieldSql(Criterion.Comparison comparison)
    {
        var field = comparison.Field;
        return field.Scope == ScopeKind.None ? field.Sql : field.Sql.Replace("{scope}", comparison.Scope is { } scope ? WriteScope(field, scope) : "", StringComparison.Ordinal);
    }

    private string WriteScope(SegmentField field, Scope scope)
    {
        var conditions = new List<string>();
        if (scope.Skus is { } skus) conditions.Add($"l.sku = ANY({Add(skus)})");
        if (scope.Categories is { } categories) conditions.Add($"l.category = ANY({Add(categories)})");
        if (scope.Campaigns is { } campaigns) conditions.Add($"d.campaign_id = ANY({Add(campaigns)})");
        if (scope.Channels is { } channels) conditions.Add($"d.channel = ANY({Add(channels)})");
        if (scope.LastDays is { } days) conditions.Add($"{field.TimeColumn} BETWEEN {Add(_now.AddDays(-days))} AND @now");
        if (scope.From is { } from) conditions.Add($"{field.TimeColumn} >= {Add(from)}");
        if (scope.To is { } to) conditions.Add($"{field.TimeColumn} < {Add(to)}");
        return string.Concat(conditions.Select(condition => " AND " + condition));
    }

    private string Parameter(SegmentField field, object value) => Add(field.IsFloating ? (double)(decimal)value : value);

    private string Array(SegmentField field, object value)
    {
        var items = (object[])value;
        return field switch
        {
            { Type: FieldType.Text or FieldType.Tags } => Add(items.Cast<string>().ToArray()),
            { IsFloating: true } => Add(items.Select(item => (double)(decimal)item).ToArray()),
            _ => Add(items.Cast<decimal>().ToArray()),
        };
    }

    private string Add(object value)
    {
        var name = $"p{_count++}";
        _parameters.Add(name, value);
        return "@" + name;
    }
}
