using System.Globalization;
using System.Text.Json;
using System.Text.Json.Nodes;
using Crm.Campaign.Domain.Segments;
using Crm.ServiceDefaults.Security;
using Crm.Testing;
using Dapper;
using FsCheck;
using FsCheck.Fluent;

namespace Crm.Campaign.Tests.Segments;

[Collection(CampaignCollection.Name)]
public sealed class SegmentTests(CampaignHost host)
{
    private static readonly DateTimeOffset Now = new(2026, 3, 15, 10, 0, 0, TimeSpan.Zero);

    /// <summary>One row of the audience as plain values, by the field's name; null where nothing is known.</summary>
    private sealed record Person(Guid Id, Dictionary<string, object?> Values);

    [Fact]
    public async Task Compiled_sql_selects_whom_the_criteria_mean()
    {
        var tag = CampaignHost.NewTag();
        var people = RandomPeople(tag);
        await InsertAsync(people, tag);
        var matched = 0;
        foreach (var json in Gen.Sample(Criteria(4), 400, 8))
        {
            using var document = JsonDocument.Parse(json.ToJsonString());
            var criterion = CriteriaParser.Parse(document.RootElement).Value;
            var expected = people.Where(person => Holds(json, person)).Select(person => person.Id).Order().ToArray();

            var compiled = CriteriaCompiler.Compile(criterion, Now);
            compiled.Parameters.Add("tag", tag);
            await using var connection = await host.Database.OpenConnectionAsync();
            var selected = await connection.QueryAsync<Guid>($"SELECT a.customer_id FROM audience a WHERE @tag = ANY(a.tags) AND {compiled.Sql}", compiled.Parameters);

            Assert.True(expected.SequenceEqual(selected.Order()), $"{json.ToJsonString()}\n{compiled.Sql}");
            if (expected.Length > 0 && expected.Length < people.Length) matched++;
        }

        Assert.True(matched > 100, $"Only {matched} of the criteria told people apart.");
    }

    [Theory]
    [InlineData("""{"field":"shoeSize","op":"eq","value":42}""", "campaign.unknown_field", "criteria.field")]
    [InlineData("""{"all":[{"field":"city","op":"eq","value":"Bandung"},{"field":"nope","op":"eq","value":1}]}""", "campaign.unknown_field", "criteria.all[1].field")]
    [InlineData("""{"not":{"any":[{"field":"purchaseCount","op":"gte","value":"two"}]}}""", "campaign.criteria_value", "criteria.not.any[0].value")]
    [InlineData("""{"field":"pAlive","op":"lt","value":1e400}""", "campaign.criteria_value", "criteria.value")]
    [InlineData("""{"field":"city","op":"eq","value":"a\u0000b"}""", "campaign.criteria_value", "criteria.value")]
    [InlineData("""{"field":"birthDate","op":"lt","value":"2026-02-30"}""", "campaign.criteria_value", "criteria.value")]
    [InlineData("""{"field":"isMember","op":"gt","value":true}""", "campaign.unknown_operator", "criteria.op")]
    [InlineData("""{"field":"city","op":"eq","value":"x","sql":"1=1"}""", "campaign.criteria_malformed", "criteria.sql")]
    [InlineData("""{"any":[]}""", "campaign.criteria_malformed", "criteria.any")]
    [InlineData("""{"not":{"not":{"not":{"not":{"not":{"not":{"field":"city","op":"eq","value":"x"}}}}}}}""", "campaign.criteria_too_deep", "criteria.not.not.not.not.not.not")]
    public async Task A_criterion_that_cannot_be_asked_is_refused_with_its_place(string criteria, string code, string field)
    {
        var before = await host.QueryAsync<long>("SELECT count(*) FROM segments");

        Assert.Equal((422, code, field), await host.Marketer.PostAsync("/api/campaign/v1/segments", $$"""{"name":"s","criteria":{{criteria}}}""").ProblemAsync());
        Assert.Equal((422, code, field), await host.Marketer.PostAsync("/api/campaign/v1/segments/preview", $$"""{"criteria":{{criteria}}}""").ProblemAsync());
        Assert.Equal(before, await host.QueryAsync<long>("SELECT count(*) FROM segments"));
    }

    [Fact]
    public async Task More_than_two_hundred_comparisons_are_refused()
    {
        var clause = """{"field":"city","op":"eq","value":"x"}""";
        var criteria = $$"""{"any":[{{string.Join(',', Enumerable.Repeat(clause, 201))}}]}""";

        Assert.Equal(
            (422, "campaign.criteria_too_long", "criteria.any[200]"),
            await host.Marketer.PostAsync("/api/campaign/v1/segments/preview", $$"""{"criteria":{{criteria}}}""").ProblemAsync());
    }

    [Fact]
    public async Task What_would_be_sql_is_a_text_like_any_other()
    {
        var tag = CampaignHost.NewTag();
        await host.RegisterAsync(tag, 2);
        var criteria = new { all = new object[] { new { field = "tags", op = "contains", value = tag }, new { field = "city", op = "eq", value = "' OR 1=1; DROP TABLE audience; --" } } };

        var preview = await host.Marketer.PostAsync("/api/campaign/v1/segments/preview", new { criteria }).OkJsonAsync();

        Assert.Equal(0, preview.GetProperty("matching").GetInt64());
    }

    [Fact]
    public async Task A_preview_counts_samples_and_says_who_is_excluded_why()
    {
        var tag = CampaignHost.NewTag();
        var customers = await host.RegisterAsync(tag, 15, number => CampaignHost.Customer(tag, number, consent: number != 0) with { Email = number == 1 ? null : $"{tag}{number}@example.com" });
        await using (var connection = await host.Database.OpenConnectionAsync())
        {
            await connection.ExecuteAsync("INSERT INTO suppressions VALUES (@id, 'email', 'complaint', NULL, now())", new { id = customers[2].CustomerId });
        }

        var preview = await host.Marketer.PostAsync("/api/campaign/v1/segments/preview", new { criteria = new { field = "tags", op = "contains", value = tag } }).OkJsonAsync();

        Assert.Equal((15, 12), (preview.GetProperty("matching").GetInt64(), preview.GetProperty("reachable").GetInt64()));
        var excluded = preview.GetProperty("excluded");
        Assert.Equal((1, 1, 1), (excluded.GetProperty("no_consent").GetInt64(), excluded.GetProperty("no_email").GetInt64(), excluded.GetProperty("suppressed").GetInt64()));
        Assert.Equal(10, preview.GetProperty("sample").GetArrayLength());
    }

    [Fact]
    public async Task A_segment_is_saved_read_changed_under_its_version_and_counted()
    {
        var tag = CampaignHost.NewTag();
        await host.RegisterAsync(tag, 3);
        var created = await host.Marketer.PostAsync("/api/campaign/v1/segments", new { name = "A", criteria = new { field = "city", op = "eq", value = tag } }).OkJsonAsync();
        var path = "/api/campaign/v1/segments/" + created.GetProperty("id").GetGuid();
        var change = new { name = "B", criteria = new { field = "tags", op = "contains", value = tag } };

        Assert.Equal(0, (await host.Marketer.GetAsync(path + "/count").OkJsonAsync()).GetProperty("matching").GetInt64());
        Assert.Equal(2, (await host.Marketer.PutAsync(path, change, 1).OkJsonAsync()).GetProperty("version").GetInt64());
        Assert.Equal((412, "campaign.stale", null), await host.Marketer.PutAsync(path, change, 1).ProblemAsync());
        Assert.Equal(3, (await host.Marketer.GetAsync(path + "/count").OkJsonAsync()).GetProperty("matching").GetInt64());
        Assert.Equal("B", (await host.Marketer.GetAsync(path).OkJsonAsync()).GetProperty("name").GetString());
        Assert.Equal((403, "auth.forbidden", null), await host.ClientFor(Roles.Viewer).PutAsync(path, change, 2).ProblemAsync());
    }

    private static Gen<JsonNode> Criteria(int depth)
    {
        var leaf = Gen.Elements(SegmentField.All.ToArray()).SelectMany(field => Gen.Elements(field.Operators.ToArray()).SelectMany(op => Value(field, op).Select(value =>
            (JsonNode)new JsonObject { ["field"] = field.Name, ["op"] = op, ["value"] = value })));
        if (depth == 0) return leaf;
        var inner = Criteria(depth - 1);
        return Gen.Frequency(
            (3, leaf),
            (1, inner.Select(part => (JsonNode)new JsonObject { ["not"] = part.DeepClone() })),
            (1, Gen.Choose(1, 3).SelectMany(count => inner.ListOf(count)).Select(parts => (JsonNode)new JsonObject { ["any"] = new JsonArray([.. parts.Select(part => part.DeepClone())]) })),
            (1, Gen.Choose(0, 3).SelectMany(count => inner.ListOf(count)).Select(parts => (JsonNode)new JsonObject { ["all"] = new JsonArray([.. parts.Select(part => part.DeepClone())]) })));
    }

    private static Gen<JsonNode> Value(SegmentField field, string op) => op switch
    {
        "exists" => Gen.Elements(true, false).Select(value => (JsonNode)JsonValue.Create(value)),
        "between" => Scalar(field).ListOf(2).Select(items => (JsonNode)new JsonArray([.. items.Select(item => item.DeepClone())])),
        "in" or "notIn" or "containsAny" or "containsAll" => Gen.Choose(1, 3).SelectMany(count => Scalar(field).ListOf(count))
            .Select(items => (JsonNode)new JsonArray([.. items.Select(item => item.DeepClone())])),
        _ => Scalar(field),
    };

    private static Gen<JsonNode> Scalar(SegmentField field) => field.Type switch
    {
        FieldType.Text or FieldType.Tags => Gen.Elements("id", "en", "Bandung", "Jakarta", "jak", "a", "", "vip", "new", "%", "_", "'", "female", "male").Select(text => (JsonNode)JsonValue.Create(text)!),
        FieldType.Boolean => Gen.Elements(true, false).Select(value => (JsonNode)JsonValue.Create(value)),
        FieldType.Number when field.IsFloating => Gen.Elements(0m, 0.25m, 0.5m, 0.75m, 1m).Select(value => (JsonNode)JsonValue.Create(value)),
        FieldType.Number => Gen.Elements(-1m, 0m, 1m, 2m, 3m, 5m, 10m, 30m, 45m, 99.5m, 365m).Select(value => (JsonNode)JsonValue.Create(value)),
        FieldType.Date => Gen.Elements("1980-01-01", "1996-02-29", "2000-03-15", "2000-03-16", "2026-03-15").Select(text => (JsonNode)JsonValue.Create(text)!),
        _ => Gen.Elements("2025-12-31", "2026-01-01T00:00:00Z", "2026-02-01T07:00:00+07:00", "2026-03-15T10:00:00Z").Select(text => (JsonNode)JsonValue.Create(text)!),
    };

    private static Person[] RandomPeople(string tag)
    {
        var random = new Random(7);
        return [.. Enumerable.Range(0, 250).Select(_ => RandomPerson(random, tag))];
    }

    private static Person RandomPerson(Random random, string tag)
    {
        T Pick<T>(params T[] items) => items[random.Next(items.Length)];
        object? Maybe(object value) => random.Next(5) == 0 ? null : value;
        DateTimeOffset At() => Now.AddSeconds(-random.Next(0, 90 * 86400));
        var lastPurchase = Maybe(Pick(At(), new DateTimeOffset(2026, 2, 1, 0, 0, 0, TimeSpan.Zero), Now, Now.AddDays(-30)));
        var birth = Maybe(Pick(new DateOnly(1980, 1, 1), new DateOnly(1996, 2, 29), new DateOnly(2000, 3, 15), new DateOnly(2000, 3, 16)));
        var values = new Dictionary<string, object?>
        {
            ["language"] = Maybe(Pick("id", "en")), ["city"] = Maybe(Pick("Bandung", "Jakarta", "JAKARTA", "", "O'Brien %")), ["province"] = Maybe(Pick("Jawa Barat", "a_b")),
            ["gender"] = Maybe(Pick("female", "male")), ["birthDate"] = birth, ["tags"] = new[] { tag }.Concat(Pick<string[]>([], ["vip"], ["new"], ["vip", "new"])).ToArray(),
            ["lifecycleStage"] = Maybe(Pick("customer", "lead")), ["registeredAt"] = Maybe(At()),
            ["purchaseCount"] = (decimal)random.Next(0, 4), ["purchaseTotal"] = Pick(0m, 1m, 99.5m, 365m), ["firstPurchaseAt"] = Maybe(At()), ["lastPurchaseAt"] = lastPurchase,
            ["recencyScore"] = Maybe((decimal)random.Next(1, 6)), ["frequencyScore"] = Maybe((decimal)random.Next(1, 6)), ["monetaryScore"] = Maybe((decimal)random.Next(1, 6)),
            ["pAlive"] = Maybe(Pick(0m, 0.25m, 0.5m, 0.9m)), ["expectedPurchases"] = Maybe(Pick(0m, 0.75m, 1m)), ["clv"] = Maybe(Pick(0m, 10m, 99.5m)), ["clvPercentile"] = Maybe(Pick(0.25m, 0.5m, 1m)),
            ["points"] = (decimal)Pick(0, 10, 30), ["isMember"] = Pick(true, false), ["openCases"] = (decimal)random.Next(0, 3), ["hasEmail"] = Pick(true, false),
        };
        foreach (var channel in new[] { "email", "sms", "phone", "post", "push" }) values["consent." + channel] = Pick(true, false);

        // Derived, by rules written apart from the SQL.
        values["daysSinceLastPurchase"] = lastPurchase is DateTimeOffset last ? (decimal)Math.Floor((Now - last).TotalDays) : null;
        values["age"] = birth is DateOnly born ? (decimal)(Now.Year - born.Year - ((Now.Month, Now.Day).CompareTo((born.Month, born.Day)) < 0 ? 1 : 0)) : null;
        return new Person(CampaignHost.NewId(), values);
    }

    private static bool Holds(JsonNode json, Person person)
    {
        if (json["all"] is JsonArray all) return all.All(part => Holds(part!, person));
        if (json["any"] is JsonArray any) return any.Any(part => Holds(part!, person));
        if (json["not"] is { } not) return !Holds(not, person);

        var (op, value, actual) = (json["op"]!.GetValue<string>(), json["value"]!, person.Values[json["field"]!.GetValue<string>()]);
        if (op == "exists") return actual is not null == value.GetValue<bool>();
        if (actual is null) return false;
        if (actual is string[] tags)
        {
            return op switch
            {
                "contains" => tags.Contains(value.GetValue<string>()),
                "containsAny" => value.AsArray().Any(item => tags.Contains(item!.GetValue<string>())),
                _ => value.AsArray().All(item => tags.Contains(item!.GetValue<string>())),
            };
        }

        int Compare(JsonNode other) => actual switch
        {
            string text => string.CompareOrdinal(text, other.GetValue<string>()),
            decimal number => number.CompareTo(decimal.Parse(other.ToJsonString(), CultureInfo.InvariantCulture)),
            bool flag => flag.CompareTo(other.GetValue<bool>()),
            DateOnly date => date.CompareTo(DateOnly.Parse(other.GetValue<string>(), CultureInfo.InvariantCulture)),
            DateTimeOffset instant => instant.CompareTo(DateTimeOffset.Parse(other.GetValue<string>(), CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal)),
            _ => throw new InvalidOperationException(actual.GetType().Name),
        };
        return op switch
        {
            "eq" => Compare(value) == 0,
            "ne" => Compare(value) != 0,
            "lt" => Compare(value) < 0,
            "lte" => Compare(value) <= 0,
            "gt" => Compare(value) > 0,
            "gte" => Compare(value) >= 0,
            "between" => Compare(value[0]!) >= 0 && Compare(value[1]!) <= 0,
            "in" => value.AsArray().Any(item => Compare(item!) == 0),
            "notIn" => value.AsArray().All(item => Compare(item!) != 0),
            "contains" => ((string)actual).Contains(value.GetValue<string>(), StringComparison.OrdinalIgnoreCase),
            "startsWith" => ((string)actual).StartsWith(value.GetValue<string>(), StringComparison.OrdinalIgnoreCase),
            _ => throw new InvalidOperationException(op),
        };
    }

    private async Task InsertAsync(Person[] people, string tag)
    {
        await using var connection = await host.Database.OpenConnectionAsync();
        foreach (var person in people)
        {
            var parameters = new DynamicParameters();
            foreach (var (name, value) in person.Values) parameters.Add(name.Replace('.', '_'), value);
            parameters.Add("id", person.Id);
            await connection.ExecuteAsync(
                """
                INSERT INTO audience (customer_id, profile_version, display_name, email, language, city, province, gender, birth_date, tags, lifecycle_stage, registered_at,
                    purchase_count, purchase_total, first_purchased_at, last_purchased_at, recency_score, frequency_score, monetary_score, p_alive, expected_purchases,
                    clv, clv_percentile, points, is_member, open_cases, consent_email, consent_sms, consent_phone, consent_post, consent_push)
                VALUES (@id, 1, 'P', CASE WHEN @hasEmail THEN 'p@example.com' END, @language, @city, @province, @gender, @birthDate, @tags, @lifecycleStage, @registeredAt,
                    @purchaseCount, @purchaseTotal, @firstPurchaseAt, @lastPurchaseAt, @recencyScore::int, @frequencyScore::int, @monetaryScore::int, @pAlive::float8, @expectedPurchases::float8,
                    @clv, @clvPercentile::float8, @points, @isMember, @openCases, @consent_email, @consent_sms, @consent_phone, @consent_post, @consent_push)
                """,
                parameters);
        }

        Assert.Equal(people.Length, await host.QueryAsync<long>("SELECT count(*) FROM audience WHERE @tag = ANY(tags)", new { tag }));
    }
}
