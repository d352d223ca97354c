using System.Text.RegularExpressions;
using Crm.Customer.Features.Privacy;
using Crm.Testing;

namespace Crm.Customer.Tests.Features;

/// <summary>Every table and column that an access package can hold has a label in both languages, whichever service added it.</summary>
public sealed partial class AccessLabelTests
{
    private static readonly (string Service, string Folder)[] Holders =
        [("sales", "Sales/Crm.Sales"), ("service", "Service/Crm.ServiceDesk"), ("loyalty", "Loyalty/Crm.Loyalty"), ("campaign", "Campaign/Crm.Campaign"), ("analytics", "Analytics/Crm.Analytics")];

    [Fact]
    public void What_the_other_services_hold_has_labels()
    {
        var (missing, seen) = (new SortedSet<string>(StringComparer.Ordinal), 0);
        foreach (var (service, folder) in Holders)
        {
            var code = File.ReadAllText(Repository.PathOf(["services", .. folder.Split('/'), "Grpc", "SubjectDataService.cs"]));
            var owners = Owner().Matches(code).Select(match => match.Groups[1].Value).ToHashSet();
            var hidden = Regex.Match(code, @"Hidden \{ get; \} = \[([^\]]*)\]").Groups[1].Value.Split(',').Select(name => name.Trim(' ', '"')).ToHashSet();
            foreach (var (table, columns) in Tables(folder).Where(table => table.Value.Overlaps(owners)))
            {
                seen++;
                if (!AccessLabels.Knows(service, table)) missing.Add($"{service}.{table}");
                missing.UnionWith(columns.Where(column => !hidden.Contains(column) && !AccessLabels.Knows(column)));
            }
        }

        Assert.Empty(missing);
        Assert.InRange(seen, 60, 300); // the migrations were read
    }

    [Fact]
    public void What_Customer_holds_has_labels()
    {
        var tables = Tables("Customer/Crm.Customer");
        var missing = new SortedSet<string>(StringComparer.Ordinal);
        foreach (var (name, sql) in DataPackage.Parts)
        {
            if (!AccessLabels.Knows("customer", name)) missing.Add("customer." + name);
            var hidden = Regex.Matches(sql, @"'(\w+)'").Select(match => match.Groups[1].Value);
            missing.UnionWith(tables[Regex.Match(sql, @"FROM (\w+) ").Groups[1].Value].Except(hidden).Where(column => !AccessLabels.Knows(column)));
        }

        Assert.Empty(missing);
    }

    [Fact]
    public void A_label_is_in_the_language_asked_for_and_what_has_none_is_shown_in_words()
    {
        Assert.Equal(("Purchases", "Pembelian"), (AccessLabels.Part("sales", "purchases", "en"), AccessLabels.Part("sales", "purchases", "id")));
        Assert.Equal(("Name", "Nama"), (AccessLabels.Column("display_name", "en"), AccessLabels.Column("display_name", "id")));
        Assert.Equal(("New table", "New column"), (AccessLabels.Part("sales", "new_table", "id"), AccessLabels.Column("new_column", "id")));
    }

    /// <summary>Tables with their columns, as the migrations leave them.</summary>
    private static Dictionary<string, HashSet<string>> Tables(string folder)
    {
        var tables = new Dictionary<string, HashSet<string>>();
        var sql = string.Join('\n', Directory.GetFiles(Repository.PathOf(["services", .. folder.Split('/'), "Persistence", "Migrations"]), "*.sql").Order(StringComparer.Ordinal).Select(File.ReadAllText));
        foreach (Match statement in Statement().Matches(Regex.Replace(sql, "--[^\n]*", "")))
        {
            var (verb, table, rest) = (statement.Groups["verb"].Value, statement.Groups["table"].Value, statement.Groups["rest"].Value);
            if (verb == "DROP") tables.Remove(table);
            else if (verb == "CREATE") tables[table] = [.. Column().Matches(rest).Select(match => match.Groups[1].Value)];
            else if (tables.TryGetValue(table, out var columns))
            {
                columns.UnionWith(Regex.Matches(rest, @"ADD COLUMN (?:IF NOT EXISTS )?(\w+)").Select(match => match.Groups[1].Value));
                columns.ExceptWith(Regex.Matches(rest, @"DROP COLUMN (?:IF EXISTS )?(\w+)").Select(match => match.Groups[1].Value));
                if (Regex.Match(rest, @"RENAME TO (\w+)") is { Success: true } renamed && tables.Remove(table)) tables[renamed.Groups[1].Value] = columns;
            }
        }

        return tables;
    }

    [GeneratedRegex(@"\(""(\w+)"", """)]
    private static partial Regex Owner();

    [GeneratedRegex(@"(?m)^(?<verb>CREATE|ALTER|DROP) (?:UNLOGGED )?TABLE (?:IF (?:NOT )?EXISTS )?(?<table>\w+)(?<rest>[^;]*);")]
    private static partial Regex Statement();

    [GeneratedRegex(@"[(,]\s*([a-z_][a-z0-9_]*)\s+(?:uuid|text|int|integer|bigint|smallint|boolean|bytea|jsonb|date|timestamptz|numeric|double|real|float8|char|interval|bigserial)\b")]
    private static partial Regex Column();
}
