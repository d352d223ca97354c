using System.Globalization;
using Dapper;
using Npgsql;

namespace Crm.Testing.Faults;

/// <summary>One thing that must hold, how much was looked at, and every case where it does not.</summary>
public sealed record Check(string Name, long Examined, IReadOnlyList<string> Violations);

/// <summary>What the ledger and the platform disagree about, and every other rule that was looked at.</summary>
/// <param name="Lost">Answered with success, without effect.</param>
/// <param name="Doubled">Effects that are there more than once for their key.</param>
/// <param name="Phantom">Effects that nobody asked for, or that were refused.</param>
/// <param name="Unanswered">Asked for until the end, and never answered.</param>
public sealed record Verdict(long Lost, long Doubled, long Phantom, long Unanswered, IReadOnlyList<Check> Checks)
{
    public long Broken => Checks.Sum(check => check.Violations.Count);

    public bool IsClean => Broken == 0;

    public string Describe() => string.Join('\n', Checks.SelectMany(check => check.Violations.Take(3)
        .Select(violation => $"    {check.Name}: {violation}")
        .Prepend(string.Create(CultureInfo.InvariantCulture, $"  {(check.Violations.Count == 0 ? "ok  " : "FAIL")} {check.Name,-62} {check.Examined,8:N0} examined, {check.Violations.Count} wrong"))));
}

/// <summary>
/// Nothing lost, nothing doubled: compares the client's ledger with the services' tables, and the services with each other. Reads the
/// databases directly, because what is asked is what is stored.
/// </summary>
public sealed class Oracle(Platform platform, ClientLedger ledger)
{
    /// <summary>All that talk to the broker.</summary>
    public static IReadOnlyList<string> Services { get; } = ["customer", "sales", "service", "loyalty", "analytics", "campaign", "campaign-sender"];

    private static readonly string[] Databases = ["customer", "sales", "service", "loyalty", "analytics", "campaign", "gateway"];
    private readonly List<Check> _checks = [];

    /// <summary>Outbox rows and messages that are still on their way.</summary>
    public async Task<long> PendingAsync()
    {
        var pending = (await platform.QueuesAsync()).Where(queue => !IsGraveyard(queue.Key)).Sum(queue => queue.Value);
        foreach (var database in Databases) pending += (await RowsAsync<long>(database, "SELECT count(*) FROM outbox"))[0];
        return pending;
    }

    public async Task<Verdict> JudgeAsync()
    {
        _checks.Clear();
        var (lost, doubled, phantom, unanswered) = await EffectsAsync();
        Add("both answers to a request that was sent twice are the same", ledger.Entries.Count, ledger.Disagreements);
        await LedgerOfPointsAsync();
        await PointsOfPurchasesAsync();
        await TotalsAsync();
        await AudienceAsync();
        await TimelineAsync();
        await KnownCustomersAsync();
        await EventsAsync();
        await LeftoversAsync();
        return new Verdict(lost, doubled, phantom, unanswered, [.. _checks]);
    }

    private async Task<(long Lost, long Doubled, long Phantom, long Unanswered)> EffectsAsync()
    {
        var effects = new Dictionary<(Effect, string), long>();
        await CountAsync(Effect.Registration, "customer", $"SELECT split_part(email, '@', 1), count(*) FROM customers WHERE email LIKE '%@{Workload.MailDomain}' GROUP BY 1");
        await CountAsync(Effect.Import, "customer", $"SELECT source_id, count(*) FROM customers WHERE source = '{Workload.Source}' GROUP BY 1");
        await CountAsync(Effect.Consent, "customer", "SELECT notice_version, count(*) FROM consent_decisions WHERE notice_version LIKE 'n-%' GROUP BY 1");
        await CountAsync(Effect.Enrolment, "loyalty", "SELECT customer_id::text, count(*) FROM members GROUP BY 1");
        await CountAsync(Effect.Redemption, "loyalty", "SELECT source_id, count(*) FROM journals WHERE kind = 'redeem' GROUP BY 1");
        await CountAsync(Effect.Purchase, "sales", "SELECT source_id, count(*) FROM purchases GROUP BY 1");
        await CountAsync(Effect.Return, "sales", "SELECT reason, count(*) FROM return_lines GROUP BY 1");
        await CountAsync(Effect.Case, "service", "SELECT subject, count(*) FROM cases GROUP BY 1");

        var lost = ledger.Entries.Where(entry => entry.Value == Outcome.Ok && !effects.ContainsKey(entry.Key)).Select(entry => entry.Key).ToList();
        var doubled = effects.Where(effect => effect.Value > 1).ToList();
        var phantom = effects.Keys.Where(key => !ledger.Entries.TryGetValue(key, out var outcome) || outcome == Outcome.Refused).ToList();
        var unanswered = ledger.Entries.Where(entry => entry.Value == Outcome.Unknown).Select(entry => entry.Key).ToList();
        Add("what was confirmed is there (lost)", ledger.Entries.Count(entry => entry.Value == Outcome.Ok), [.. lost.Select(Text)]);
        Add("each effect is there once (doubled)", effects.Count, [.. doubled.Select(effect => $"{effect.Key} {effect.Value} times")]);
        Add("each effect was asked for, and not refused (phantom)", effects.Count, [.. phantom.Select(Text)]);
        Add("every operation was answered in the end", ledger.Entries.Count, [.. unanswered.Select(Text)]);
        return (lost.Count, doubled.Count, phantom.Count, unanswered.Count);

        async Task CountAsync(Effect effect, string database, string sql)
        {
            foreach (var (key, count) in await RowsAsync<(string, long)>(database, sql)) effects[(effect, key)] = count;
        }

        static string Text((Effect, string) key) => key.ToString();
    }

    private async Task LedgerOfPointsAsync()
    {
        var journals = await RowsAsync<(Guid, long)>("loyalty", "SELECT j.id, coalesce(sum(p.points), 999999) FROM journals j LEFT JOIN postings p ON p.journal_id = j.id GROUP BY j.id");
        Add("the postings of each journal sum to zero", journals.Count, [.. journals.Where(journal => journal.Item2 != 0).Select(journal => journal.ToString())]);
        Compare(
            "each member's cached balance is the sum of the ledger",
            await PairsAsync<long, long>("loyalty", """
                SELECT m.id, coalesce(sum(p.points) FILTER (WHERE p.account = 'available'), 0)::bigint, coalesce(-sum(p.points) FILTER (WHERE p.account = 'debt'), 0)::bigint
                FROM members m LEFT JOIN postings p ON p.member_id = m.id GROUP BY m.id
                """),
            await PairsAsync<long, long>("loyalty", "SELECT id, available, debt FROM members"));
        Compare(
            "each member's lots hold the balance",
            await RowsAsync<(Guid, long)>("loyalty", "SELECT id, available FROM members"),
            await RowsAsync<(Guid, long)>("loyalty", "SELECT m.id, coalesce(sum(l.remaining), 0)::bigint FROM members m LEFT JOIN lots l ON l.member_id = m.id GROUP BY m.id"));
    }

    private async Task PointsOfPurchasesAsync()
    {
        var enrolled = (await RowsAsync<(Guid, DateTime)>("loyalty", "SELECT customer_id, enrolled_at FROM members")).ToDictionary(row => row.Item1, row => row.Item2);
        var purchases = await RowsAsync<(Guid Id, Guid Customer, DateTime At, decimal Left)>("sales", "SELECT id, customer_id, purchased_at, total - returned_total FROM purchases");
        var expected = purchases
            .Where(purchase => enrolled.TryGetValue(purchase.Customer, out var since) && purchase.At >= since)
            .Select(purchase => (purchase.Id, (long)decimal.Floor(purchase.Left / 10_000)));
        Compare("points follow from what members bought and kept", expected, await RowsAsync<(Guid, long)>("loyalty", "SELECT purchase_id, points FROM baskets"));
        Compare(
            "each member's points are those of the purchases less what was redeemed",
            await RowsAsync<(Guid, long)>("loyalty", "SELECT m.id, coalesce(sum(b.points), 0)::bigint FROM members m LEFT JOIN baskets b ON b.member_id = m.id GROUP BY m.id"),
            await RowsAsync<(Guid, long)>("loyalty", """
                SELECT m.id, m.available - m.debt + coalesce(-sum(j.points) FILTER (WHERE j.kind = 'redeem'), 0)::bigint
                FROM members m LEFT JOIN journals j ON j.member_id = m.id GROUP BY m.id
                """));
    }

    private async Task TotalsAsync()
    {
        const string Kept = "coalesce(sum(total - returned_total), 0)";
        Compare(
            "each purchase in Analytics is the one in Sales",
            await PairsAsync<decimal, decimal>("sales", "SELECT id, total, returned_total FROM purchases"),
            await PairsAsync<decimal, decimal>("analytics", "SELECT purchase_id, coalesce(total, -1), returned FROM purchases"));
        Compare(
            "each customer's total in Analytics is the one in Sales",
            await RowsAsync<(Guid, decimal)>("sales", $"SELECT customer_id, {Kept} FROM purchases GROUP BY 1"),
            await RowsAsync<(Guid, decimal)>("analytics", "SELECT customer_id, sum(net_revenue) FROM purchase_days GROUP BY 1"));
        Compare(
            "the overall total in Analytics is the one in Sales",
            (await RowsAsync<decimal>("sales", $"SELECT {Kept} FROM purchases")).Select(total => ("all", total)),
            (await RowsAsync<decimal>("analytics", "SELECT coalesce(sum(net_revenue), 0) FROM purchase_days")).Select(total => ("all", total)));
        Compare(
            "each customer's count and total in Campaign are those in Sales",
            await PairsAsync<long, decimal>("sales", $"SELECT customer_id, count(*), {Kept} FROM purchases GROUP BY 1"),
            await PairsAsync<long, decimal>("campaign", "SELECT customer_id, purchase_count, purchase_total FROM audience WHERE purchase_count > 0 OR purchase_total <> 0"));
        Compare(
            "each customer's activity in Customer is that in Sales",
            await RowsAsync<(Guid, long)>("sales", "SELECT customer_id, count(*) FROM purchases GROUP BY 1"),
            await RowsAsync<(Guid, long)>("customer", "SELECT customer_id, purchase_count::bigint FROM customer_activity"));
    }

    private async Task AudienceAsync()
    {
        Compare(
            "each customer's profile and consent in Campaign are those in Customer",
            await PairsAsync<long, bool>("customer", """
                SELECT c.id, c.version, coalesce(n.granted, false) FROM customers c
                LEFT JOIN consents n ON n.customer_id = c.id AND n.channel = 'email' AND n.purpose = 'marketing'
                """),
            await PairsAsync<long, bool>("campaign", "SELECT customer_id, coalesce(profile_version, 0), consent_email FROM audience"));
        Compare(
            "each member's points in Campaign are those in Loyalty",
            await RowsAsync<(Guid, long)>("loyalty", "SELECT customer_id, available FROM members"),
            await RowsAsync<(Guid, long)>("campaign", "SELECT customer_id, points FROM audience WHERE is_member"));
        Compare(
            "each customer's open cases in Campaign are those in Service",
            await RowsAsync<(Guid, long)>("service", "SELECT customer_id, count(*) FROM cases GROUP BY 1"),
            await RowsAsync<(Guid, long)>("campaign", "SELECT customer_id, open_cases FROM audience WHERE open_cases > 0"));
    }

    private async Task TimelineAsync()
    {
        await OnTheTimelineAsync("purchase", "purchase.recorded", "sales", "SELECT 'purchase:' || id, 1::bigint FROM purchases");
        await OnTheTimelineAsync("return", "purchase.returned", "sales", "SELECT 'purchase:' || purchase_id, count(*) FROM returns GROUP BY 1");
        await OnTheTimelineAsync("enrolment", "loyalty.enrolled", "loyalty", "SELECT 'member:' || id, 1::bigint FROM members");
        await OnTheTimelineAsync("redemption", "points.redeemed", "loyalty", "SELECT 'journal:' || id, 1::bigint FROM journals WHERE kind = 'redeem'");
        await OnTheTimelineAsync("earning", "points.earned", "loyalty", "SELECT 'journal:' || id, 1::bigint FROM journals WHERE kind = 'earn'");
        await OnTheTimelineAsync("case", "case.opened", "service", "SELECT 'case:' || id, 1::bigint FROM cases");

        async Task OnTheTimelineAsync(string what, string kind, string database, string sql) => Compare(
            $"each {what} is on the timeline once",
            await RowsAsync<(string, long)>(database, sql),
            await RowsAsync<(string, long)>("customer", $"SELECT subject_ref, count(*) FROM timeline_entries WHERE kind = '{kind}' GROUP BY 1"));
    }

    private async Task KnownCustomersAsync()
    {
        var customers = (await RowsAsync<Guid>("customer", "SELECT id FROM customers")).Select(id => (id, true)).ToList();
        foreach (var database in new[] { "sales", "service", "loyalty" })
        {
            Compare($"{database} knows each customer", customers, (await RowsAsync<Guid>(database, "SELECT customer_id FROM customers")).Select(id => (id, true)));
        }
    }

    /// <summary>Analytics keeps every event: the messages that it has handled, every other consumer of the type must have handled too.</summary>
    private async Task EventsAsync()
    {
        var repeated = await RowsAsync<(Guid, long)>("analytics", "SELECT event_id, count(*) FROM event_log GROUP BY 1 HAVING count(*) > 1");
        Add("each event is in the log once", (await RowsAsync<long>("analytics", "SELECT count(*) FROM event_log"))[0], [.. repeated.Select(row => row.ToString())]);
        var published = (await InboxAsync("analytics")).ToLookup(row => EventOf(row.Consumer));
        foreach (var database in Databases.Except(["gateway", "analytics"]))
        {
            foreach (var consumer in (await InboxAsync(database)).GroupBy(row => row.Consumer).Where(consumer => published.Contains(EventOf(consumer.Key))))
            {
                Compare(
                    $"{consumer.Key} handled each event that was published",
                    published[EventOf(consumer.Key)].Select(row => (row.MessageId, true)),
                    consumer.Select(row => (row.MessageId, true)));
            }
        }

        Task<List<(string Consumer, Guid MessageId)>> InboxAsync(string database) => RowsAsync<(string, Guid)>(database, "SELECT consumer, message_id FROM inbox ORDER BY processed_at");
        static string EventOf(string consumer) => consumer[(consumer.IndexOf('-', StringComparison.Ordinal) + 1)..];
    }

    private async Task LeftoversAsync()
    {
        var queues = await platform.QueuesAsync();
        Add("nothing is in an error or dead-letter queue", queues.Count(queue => IsGraveyard(queue.Key)), [.. queues.Where(queue => IsGraveyard(queue.Key) && queue.Value > 0).Select(queue => queue.ToString())]);
        Add("every queue is empty", queues.Count(queue => !IsGraveyard(queue.Key)), [.. queues.Where(queue => !IsGraveyard(queue.Key) && queue.Value > 0).Select(queue => queue.ToString())]);
        var outboxes = new List<string>();
        foreach (var database in Databases)
        {
            outboxes.AddRange((await RowsAsync<(string, string)>(database, "SELECT type, coalesce(last_error, '') FROM outbox")).Select(row => $"{database}: {row}"));
        }

        Add("every outbox is empty", Databases.Length, outboxes);
        var letters = new List<string>();
        foreach (var database in Databases)
        {
            letters.AddRange((await RowsAsync<(string, string)>(database, "SELECT queue, error FROM dead_letters")).Select(row => $"{database}: {row}"));
        }

        Add("there is no dead letter", Databases.Length, letters);
        var ill = new List<string>();
        foreach (var service in Services)
        {
            if (await platform.HealthAsync(service) is var health and not "Healthy") ill.Add($"{service}: {health}");
        }

        Add("every service is well, the broker included", Services.Count, ill);
        var parked = await RowsAsync<Guid>("loyalty", "SELECT return_id FROM parked_returns p WHERE EXISTS (SELECT FROM baskets b WHERE b.purchase_id = p.purchase_id)");
        Add("no return waits for a purchase that is there", (await RowsAsync<long>("loyalty", "SELECT count(*) FROM parked_returns"))[0], [.. parked.Select(id => id.ToString())]);
    }

    private void Compare<TKey, TValue>(string name, IEnumerable<(TKey, TValue)> expected, IEnumerable<(TKey, TValue)> actual)
        where TKey : notnull
    {
        var (wanted, found) = (expected.ToDictionary(row => row.Item1, row => row.Item2), actual.ToDictionary(row => row.Item1, row => row.Item2));
        Add(name, wanted.Count,
        [
            .. wanted.Where(row => !found.ContainsKey(row.Key)).Select(row => $"{row.Key}: missing, should be {row.Value}"),
            .. wanted.Where(row => found.TryGetValue(row.Key, out var value) && !EqualityComparer<TValue>.Default.Equals(value, row.Value)).Select(row => $"{row.Key}: {found[row.Key]}, should be {row.Value}"),
            .. found.Where(row => !wanted.ContainsKey(row.Key)).Select(row => $"{row.Key}: {row.Value}, should not be there"),
        ]);
    }

    private void Add(string name, long examined, IReadOnlyCollection<string> violations) => _checks.Add(new Check(name, examined, [.. violations]));

    private async Task<IEnumerable<(Guid, (T1, T2))>> PairsAsync<T1, T2>(string database, string sql) =>
        (await RowsAsync<(Guid, T1, T2)>(database, sql)).Select(row => (row.Item1, (row.Item2, row.Item3)));

    private async Task<List<T>> RowsAsync<T>(string database, string sql)
    {
        await using var source = NpgsqlDataSource.Create(await platform.DatabaseAsync(database) + ";Pooling=false");
        await using var connection = await source.OpenConnectionAsync();
        return (await connection.QueryAsync<T>(sql)).AsList();
    }

    private static bool IsGraveyard(string queue) =>
        queue.EndsWith("_error", StringComparison.Ordinal) || queue.EndsWith("_skipped", StringComparison.Ordinal) || queue == "crm-dead-letter";
}
