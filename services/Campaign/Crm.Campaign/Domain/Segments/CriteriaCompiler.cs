using Dapper;

namespace Crm.Campaign.Domain.Segments;

/// <summary>A condition over the audience row <c>a</c> and the values it needs; parameters of the caller may be added.</summary>
internal sealed record CompiledCriteria(string Sql, DynamicParameters Parameters);

/// <summary>
/// Turns a checked tree into SQL. Every value becomes a parameter; the text is made of the catalogue's expressions and the words below
/// only. A comparison with a missing value is NULL in SQL and false here, so each is taken <c>IS TRUE</c>.
/// </summary>
internal sealed class CriteriaCompiler
{
    private readonly DynamicParameters _parameters = new();
    private int _count;

    private CriteriaCompiler()
    {
    }

    /// <param name="now">For ages and days since; the same for the whole walk over an audience.</param>
    public static CompiledCriteria Compile(Criterion criterion, DateTimeOffset now)
    {
        var compiler = new CriteriaCompiler();
        compiler._parameters.Add("now", now);
        compiler._parameters.Add("today", DateOnly.FromDateTime(now.UtcDateTime));
        return new CompiledCriteria(compiler.Write(criterion), compiler._parameters);
    }

    private string Write(Criterion criterion) => criterion switch
    {
        Criterion.All { Parts: [] } => "true",
        Criterion.All all => "(" + string.Join(" AND ", all.Parts.Select(Write)) + ")",
        Criterion.Any any => "(" + string.Join(" OR ", any.Parts.Select(Write)) + ")",
        Criterion.Not not => $"(NOT {Write(not.Part)})",
        Criterion.Comparison { Operator: "exists" } exists => $"({exists.Field.Sql} IS {((bool)exists.Value ? "NOT " : "")}NULL)",
        Criterion.Comparison comparison => $"(({WriteComparison(comparison)}) IS TRUE)",
        _ => throw new InvalidOperationException($"{criterion.GetType().Name} is not a criterion."),
    };

    private string WriteComparison(Criterion.Comparison comparison)
    {
        var (field, value) = (comparison.Field, comparison.Value);
        var sql = field.Sql;
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
            _ => throw new InvalidOperationException($"{comparison.Operator} is not an operator."),
        };
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
