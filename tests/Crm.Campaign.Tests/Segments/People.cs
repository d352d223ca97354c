using System.Text.Json;
using Dapper;

namespace Crm.Campaign.Tests.Segments;

/// <summary>Generated customers, and the rows that the audience keeps of them.</summary>
internal static class People
{
    private static readonly string[] Channels = ["email", "sms", "whatsapp", "phone", "post", "push", "webhook"];

    public static Person[] Random(string tag, DateTimeOffset now, int count, Guid list, Guid[] campaigns)
    {
        var random = new Random(7);
        return [.. Enumerable.Range(0, count).Select(_ => One(random, tag, now, list, campaigns))];
    }

    private static Person One(Random random, string tag, DateTimeOffset now, Guid list, Guid[] campaigns)
    {
        T Pick<T>(params T[] items) => items[random.Next(items.Length)];
        object? Maybe(object value) => random.Next(5) == 0 ? null : value;
        DateTimeOffset At() => now.AddSeconds(-random.Next(0, 90 * 86400));
        DateTimeOffset? Perhaps(DateTimeOffset at) => random.Next(2) == 0 ? null : at;
        var today = DateOnly.FromDateTime(now.UtcDateTime);
        var lastPurchase = Maybe(Pick(At(), new DateTimeOffset(2026, 2, 1, 0, 0, 0, TimeSpan.Zero), now, now.AddDays(-30)));
        var birth = Maybe(Pick(new DateOnly(1980, 1, 1), new DateOnly(1996, 2, 29), new DateOnly(2000, 3, 15), new DateOnly(2000, 3, 16), today.AddYears(-30).AddDays(random.Next(-2, 3))));
        var (total, counted) = (Pick(0m, 1m, 99.5m, 365m), random.Next(0, 4));
        var email = Maybe(Pick("p@example.com", "P@Shop.EXAMPLE"));
        var values = new Dictionary<string, object?>
        {
            ["language"] = Maybe(Pick("id", "en")), ["city"] = Maybe(Pick("Bandung", "Jakarta", "JAKARTA", "", "O'Brien %")), ["province"] = Maybe(Pick("Jawa Barat", "a_b")),
            ["postalCode"] = Maybe(Pick("40111", "a")), ["country"] = Maybe("id"), ["gender"] = Maybe(Pick("female", "male")), ["birthDate"] = birth,
            ["tags"] = new[] { tag }.Concat(Pick<string[]>([], ["vip"], ["new"], ["vip", "new"])).ToArray(),
            ["lifecycleStage"] = Maybe(Pick("customer", "lead")), ["registeredAt"] = Maybe(Pick(At(), now.AddYears(-1), now.AddYears(-2).AddDays(3))),
            ["purchaseCount"] = (decimal)random.Next(0, 4), ["purchaseTotal"] = total, ["purchaseAverage"] = counted == 0 ? null : Math.Round(total / counted, 4, MidpointRounding.AwayFromZero),
            ["firstPurchaseAt"] = Maybe(At()), ["lastPurchaseAt"] = lastPurchase,
            ["recencyScore"] = Maybe((decimal)random.Next(1, 6)), ["frequencyScore"] = Maybe((decimal)random.Next(1, 6)), ["monetaryScore"] = Maybe((decimal)random.Next(1, 6)),
            ["pAlive"] = Maybe(Pick(0m, 0.25m, 0.5m, 0.9m)), ["expectedPurchases"] = Maybe(Pick(0m, 0.75m, 1m)), ["clv"] = Maybe(Pick(0m, 10m, 99.5m)), ["clvPercentile"] = Maybe(Pick(0.25m, 0.5m, 1m)),
            ["points"] = (decimal)Pick(0, 10, 30), ["isMember"] = Pick(true, false), ["openCases"] = (decimal)random.Next(0, 3),
            ["hasEmail"] = email is not null, ["emailDomain"] = (email as string)?.Split('@')[1].ToLowerInvariant(),
            ["hasPhone"] = Pick(true, false), ["hasAddress"] = Pick(true, false),
            ["preference.colour"] = Pick<string[]>([], ["blue"], ["blue", "a"]), ["custom.text.nickname"] = Maybe(Pick("a", "2026-02-31")),
            ["custom.number.shoeSize"] = Maybe(Pick(30m, 45m, 99.5m)), ["custom.date.renewal"] = Maybe(today.AddDays(random.Next(-400, 400))), ["custom.flag.owner"] = Maybe(Pick(true, false)),
            ["daysSinceLastPurchase"] = lastPurchase is DateTimeOffset last ? (decimal)Math.Floor((now - last).TotalDays) : null,
            ["birthMonth"] = (decimal?)(birth as DateOnly?)?.Month, ["birthDay"] = (decimal?)(birth as DateOnly?)?.Day,
            ["email"] = email, ["counted"] = (decimal)counted,
        };
        foreach (var channel in Channels) values["consent." + channel] = Pick(true, false);
        var person = new Person(CampaignHost.NewId(), Pick("Asia/Jakarta", "Pacific/Kiritimati", "Pacific/Pago_Pago", null), Pick("IDR", "USD", null), values);
        values["timeZone"] = person.Zone;

        foreach (var purchase in Enumerable.Range(0, random.Next(0, 4)).Select(_ => (Id: CampaignHost.NewId(), At: random.Next(8) == 0 ? (DateTimeOffset?)null : At(), Currency: Pick("IDR", "USD"))))
        {
            person.Lines.AddRange(Enumerable.Range(1, random.Next(1, 3)).Select(number => new BoughtLine(
                purchase.Id, number, purchase.At, Pick("TEH", "KOPI", "GULA"), Pick("minuman", "bahan", null), purchase.At is null ? null : purchase.Currency, random.Next(0, 3), random.Next(0, 3) * 10)));
        }

        foreach (var campaign in campaigns)
        {
            foreach (var channel in new[] { "email", "sms" }.Where(_ => random.Next(2) == 0))
            {
                var sent = random.Next(4) > 0;
                person.Messages.Add(new Message(campaign, channel, sent ? "sent" : "skipped", sent ? At() : null, sent ? Perhaps(At()) : null, sent ? Perhaps(At()) : null));
            }
        }

        if (random.Next(3) == 0) person.Lists.Add(list);
        return person;
    }

    public static async Task InsertAsync(CampaignHost host, Person[] people, Guid list)
    {
        await using var connection = await host.Database.OpenConnectionAsync();
        await connection.ExecuteAsync("INSERT INTO lists (id, name, kind, created_by, created_at) VALUES (@list, 'L', 'default', 'test', now()) ON CONFLICT DO NOTHING", new { list });
        foreach (var person in people)
        {
            var parameters = new DynamicParameters();
            foreach (var (name, value) in person.Values) parameters.Add(name.Replace('.', '_'), value);
            parameters.Add("id", person.Id);
            parameters.Add("zone", person.Zone);
            parameters.Add("currency", person.Currency);
            parameters.Add("preferences", JsonSerializer.Serialize(new { colour = person.Values["preference.colour"] }));
            parameters.Add("custom", JsonSerializer.Serialize(Custom(person)));
            await connection.ExecuteAsync(
                """
                INSERT INTO audience (customer_id, profile_version, display_name, email, phone, street, language, time_zone, city, province, postal_code, country, gender, birth_date, tags,
                    lifecycle_stage, registered_at, preferences, custom_fields, purchase_count, purchase_total, purchase_total_count, purchase_currency, first_purchased_at, last_purchased_at,
                    recency_score, frequency_score, monetary_score, p_alive, expected_purchases,
                    clv, clv_percentile, points, is_member, open_cases, consent_email, consent_sms, consent_phone, consent_post, consent_push, consent_whatsapp, consent_webhook)
                VALUES (@id, 1, 'P', @email, CASE WHEN @hasPhone THEN '+62812' END, CASE WHEN @hasAddress THEN 'Jl.' END, @language, @zone, @city, @province, @postalCode, @country, @gender, @birthDate, @tags,
                    @lifecycleStage, @registeredAt, @preferences::jsonb, @custom::jsonb, @purchaseCount, @purchaseTotal, @counted, @currency, @firstPurchaseAt, @lastPurchaseAt,
                    @recencyScore::int, @frequencyScore::int, @monetaryScore::int, @pAlive::float8, @expectedPurchases::float8,
                    @clv, @clvPercentile::float8, @points, @isMember, @openCases, @consent_email, @consent_sms, @consent_phone, @consent_post, @consent_push, @consent_whatsapp, @consent_webhook)
                """,
                parameters);
            await connection.ExecuteAsync(
                """
                INSERT INTO audience_purchase_lines (customer_id, purchase_id, line, purchased_at, sku, category, currency, bought, bought_total, returned, returned_total)
                VALUES (@Id, @Purchase, @Number, @At, @Sku, @Category, @Currency, @Quantity + 1, @Total + 5, 1, 5)
                """,
                person.Lines.Select(line => new { person.Id, line.Purchase, line.Number, line.At, line.Sku, line.Category, line.Currency, line.Quantity, line.Total }));
            await connection.ExecuteAsync(
                """
                INSERT INTO deliveries (campaign_id, customer_id, channel, delivery_id, chunk, state, language, not_before, sent_at, opened_at, clicked_at)
                VALUES (@Campaign, @Id, @Channel, @delivery, 1, @State, 'id', now(), @SentAt, @OpenedAt, @ClickedAt)
                """,
                person.Messages.Select(message => new { person.Id, message.Campaign, message.Channel, message.State, message.SentAt, message.OpenedAt, message.ClickedAt, delivery = CampaignHost.NewId() }));
            if (person.Lists.Contains(list))
            {
                await connection.ExecuteAsync("INSERT INTO list_members (list_id, customer_id, added_by, added_at) VALUES (@list, @Id, 'test', now())", new { list, person.Id });
            }
        }
    }

    private static Dictionary<string, object> Custom(Person person)
    {
        var custom = new Dictionary<string, object>();
        foreach (var (type, name) in new[] { ("text", "nickname"), ("number", "shoeSize"), ("date", "renewal"), ("flag", "owner") })
        {
            if (person.Values[$"custom.{type}.{name}"] is { } value) custom[name] = new Dictionary<string, object> { [type] = value };
        }

        return custom;
    }
}
