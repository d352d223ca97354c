using System.Globalization;
using System.Text.Json;
using System.Text.Json.Nodes;
using Crm.Campaign.Domain.Segments;
using Dapper;
using FsCheck;
using FsCheck.Fluent;

namespace Crm.Campaign.Tests.Segments;

/// <summary>The compiled SQL selects whom the criteria mean: generated criteria, generated customers, and an evaluation apart from the SQL.</summary>
[Collection(CampaignCollection.Name)]
public sealed class CriteriaPropertyTests(CampaignHost host)
{
    private static readonly Guid ListId = CampaignHost.NewId();
    private static readonly Guid[] Campaigns = [CampaignHost.NewId(), CampaignHost.NewId()];
    private static readonly string[] Own = ["preference.colour", "custom.text.nickname", "custom.number.shoeSize", "custom.date.renewal", "custom.flag.owner"];
    private static readonly SegmentField[] Fields = [.. SegmentField.All, .. Own.Select(name => SegmentField.Find(name)!)];

    [Theory]
    [InlineData("2026-03-15T10:00:00Z")]
    [InlineData("2026-02-27T20:00:00Z")] // the 28th in Jakarta: 29 February is kept today
    [InlineData("2028-02-28T11:30:00Z")] // of a leap year
    public async Task Compiled_sql_selects_whom_the_criteria_mean(string instant)
    {
        var now = DateTimeOffset.Parse(instant, CultureInfo.InvariantCulture);
        var (tag, oracle) = (CampaignHost.NewTag(), new CriteriaOracle(now));
        var people = People.Random(tag, now, 150, ListId, Campaigns);
        await People.InsertAsync(host, people, ListId);
        var told = 0;
        await using var connection = await host.Database.OpenConnectionAsync();
        foreach (var json in Gen.Sample(Criteria(4), 160, 8))
        {
            var criterion = CriteriaParser.ReadExpanded(json.ToJsonString()).Value.Criterion;
            var expected = people.Where(person => oracle.Holds(json, person)).Select(person => person.Id).Order().ToArray();

            foreach (var bounded in new[] { false, true })
            {
                var compiled = CriteriaCompiler.Compile(criterion, now, bounded);
                compiled.Parameters.Add("tag", tag);
                compiled.Parameters.Add("after", Guid.Empty);
                compiled.Parameters.Add("upTo", new Guid("ffffffff-ffff-ffff-ffff-ffffffffffff"));
                var selected = await connection.QueryAsync<Guid>(
                    $"SELECT a.customer_id FROM audience a WHERE @tag = ANY(a.tags) AND a.customer_id > @after AND a.customer_id <= @upTo AND {compiled.Sql}", compiled.Parameters);
                Assert.True(expected.SequenceEqual(selected.Order()), $"{json.ToJsonString()}\n{compiled.Sql}");
            }

            if (expected.Length > 0 && expected.Length < people.Length) told++;
        }

        Assert.True(told > 40, $"Only {told} of the criteria told people apart.");
    }

    private static Gen<JsonNode> Criteria(int depth)
    {
        var leaf = Gen.Frequency(
            (20, Gen.Elements(Fields).SelectMany(Comparison)),
            (1, Gen.Constant(0).Select(_ => (JsonNode)new JsonObject { ["list"] = ListId })));
        if (depth == 0) return leaf;
        var inner = Criteria(depth - 1);
        return Gen.Frequency(
            (6, leaf),
            (2, inner.Select(part => (JsonNode)new JsonObject { ["not"] = part.DeepClone() })),
            (1, inner.Select(part => (JsonNode)new JsonObject { ["segment"] = CampaignHost.NewId(), ["criteria"] = part.DeepClone() })),
            (2, Group("any", Gen.Choose(1, 3).SelectMany(count => inner.ListOf(count)))),
            (2, Group("all", Gen.Choose(0, 3).SelectMany(count => inner.ListOf(count)))));
    }

    private static Gen<JsonNode> Group(string name, Gen<List<JsonNode>> parts) =>
        parts.Select(items => (JsonNode)new JsonObject { [name] = new JsonArray([.. items.Select(item => item.DeepClone())]) });

    private static Gen<JsonNode> Comparison(SegmentField field) =>
        from op in Gen.Elements(field.Operators.ToArray())
        from value in Value(field, op)
        from scope in field.Scope == ScopeKind.None ? Gen.Constant<JsonObject?>(null) : Scope(field.Scope)
        select (JsonNode)Write(field.Name, op, value, scope);

    private static JsonObject Write(string field, string op, JsonNode value, JsonObject? scope)
    {
        var json = new JsonObject { ["field"] = field, ["op"] = op, ["value"] = value.DeepClone() };
        if (scope is not null) json["of"] = scope.DeepClone();
        return json;
    }

    private static Gen<JsonObject?> Scope(ScopeKind kind) =>
        from what in Gen.Choose(0, 3)
        from time in Gen.Choose(0, 3)
        from days in Gen.Elements(0, 7, 30, 90)
        select Narrow(kind, what, time, days);

    private static JsonObject? Narrow(ScopeKind kind, int what, int time, int days)
    {
        var scope = new JsonObject();
        if (kind == ScopeKind.Purchases)
        {
            if (what == 1) scope["sku"] = new JsonArray("TEH", "KOPI");
            if (what == 2) scope["category"] = new JsonArray("minuman");
        }
        else
        {
            if (what == 1) scope["campaign"] = new JsonArray(Campaigns[0].ToString());
            if (what == 2) scope["channel"] = new JsonArray("email");
        }

        if (time == 1) scope["lastDays"] = days;
        if (time == 2) scope["from"] = "2026-02-01";
        if (time == 3) scope["to"] = "2026-03-01T00:00:00Z";
        return scope.Count == 0 && what == 3 ? null : scope;
    }

    private static Gen<JsonNode> Value(SegmentField field, string op) => SegmentOperator.Named(op).Operand switch
    {
        OperandKind.YesNo => Gen.Elements(true, false).Select(value => (JsonNode)JsonValue.Create(value)),
        OperandKind.Days => Gen.Elements(0, 1, 7, 30, 365).Select(value => (JsonNode)JsonValue.Create(value)),
        OperandKind.Range => Scalar(field).ListOf(2).Select(items => (JsonNode)new JsonArray([.. items.Select(item => item.DeepClone())])),
        OperandKind.Many => Gen.Choose(1, 3).SelectMany(count => Scalar(field).ListOf(count))
            .Select(items => (JsonNode)new JsonArray([.. items.Select(item => item.DeepClone())])),
        _ => Scalar(field),
    };

    private static Gen<JsonNode> Scalar(SegmentField field) => field.Type switch
    {
        FieldType.Text or FieldType.Tags => Gen.Elements("id", "en", "Bandung", "Jakarta", "jak", "a", "", "vip", "new", "%", "_", "'", "female", "male", "blue", "example.com")
            .Select(text => (JsonNode)JsonValue.Create(text)!),
        FieldType.Boolean => Gen.Elements(true, false).Select(value => (JsonNode)JsonValue.Create(value)),
        FieldType.Number when field.IsFloating => Gen.Elements(0m, 0.25m, 0.5m, 0.75m, 1m).Select(value => (JsonNode)JsonValue.Create(value)),
        FieldType.Number => Gen.Elements(-1m, 0m, 1m, 2m, 3m, 5m, 10m, 29m, 30m, 45m, 99.5m, 365m).Select(value => (JsonNode)JsonValue.Create(value)),
        FieldType.Date => Gen.Elements("1980-01-01", "1996-02-29", "2000-03-15", "2000-03-16", "2026-03-15").Select(text => (JsonNode)JsonValue.Create(text)!),
        _ => Gen.Elements("2025-12-31", "2026-01-01T00:00:00Z", "2026-02-01T07:00:00+07:00", "2026-03-15T10:00:00Z").Select(text => (JsonNode)JsonValue.Create(text)!),
    };
}
