namespace Crm.Campaign.Domain.Segments;

/// <summary>How the value of an operator is written.</summary>
internal enum OperandKind
{
    /// <summary>One value of the field's type.</summary>
    One,

    /// <summary>An array of two, both included.</summary>
    Range,

    /// <summary>An array of 1 to 1,000.</summary>
    Many,

    /// <summary>A whole number of days.</summary>
    Days,

    /// <summary>true or false.</summary>
    YesNo,
}

internal sealed record SegmentOperator(string Name, OperandKind Operand, string Indonesian, string English)
{
    /// <summary>Anniversaries come once a year; a longer look ahead would find everybody.</summary>
    public const int MaxAnniversaryDays = 365;

    public const int MaxDays = 36_500;

    public static readonly IReadOnlyList<SegmentOperator> All =
    [
        new("eq", OperandKind.One, "sama dengan", "is"),
        new("ne", OperandKind.One, "tidak sama dengan", "is not"),
        new("lt", OperandKind.One, "kurang dari", "is less than"),
        new("lte", OperandKind.One, "paling banyak", "is at most"),
        new("gt", OperandKind.One, "lebih dari", "is more than"),
        new("gte", OperandKind.One, "paling sedikit", "is at least"),
        new("between", OperandKind.Range, "antara", "is between"),
        new("in", OperandKind.Many, "salah satu dari", "is one of"),
        new("notIn", OperandKind.Many, "bukan salah satu dari", "is none of"),
        new("contains", OperandKind.One, "memuat", "contains"),
        new("containsAny", OperandKind.Many, "memuat salah satu dari", "contains any of"),
        new("containsAll", OperandKind.Many, "memuat semua dari", "contains all of"),
        new("startsWith", OperandKind.One, "diawali dengan", "starts with"),
        new("exists", OperandKind.YesNo, "diketahui", "is known"),
        new("inLastDays", OperandKind.Days, "dalam sekian hari terakhir", "is within the last days"),
        new("beforeLastDays", OperandKind.Days, "lebih lama dari sekian hari lalu", "is longer ago than days"),
        new("inNextDays", OperandKind.Days, "dalam sekian hari mendatang", "is within the next days"),
        new("anniversaryInDays", OperandKind.Days, "hari jadinya dalam sekian hari mendatang", "has its anniversary within the next days"),
    ];

    private static readonly Dictionary<string, SegmentOperator> ByName = All.ToDictionary(item => item.Name, StringComparer.Ordinal);

    public static SegmentOperator Named(string name) => ByName[name];

    public static IReadOnlyList<string> Of(FieldType type) => type switch
    {
        FieldType.Text => ["eq", "ne", "in", "notIn", "contains", "startsWith", "exists"],
        FieldType.Number => ["eq", "ne", "lt", "lte", "gt", "gte", "between", "in", "exists"],
        FieldType.Instant or FieldType.Date => ["lt", "lte", "gt", "gte", "between", "exists", "inLastDays", "beforeLastDays", "inNextDays", "anniversaryInDays"],
        FieldType.Tags => ["contains", "containsAny", "containsAll"],
        _ => ["eq"],
    };
}
