using Crm.Testing;

namespace Crm.Campaign.Tests.Retention;

/// <summary>What is forgotten, and what is not.</summary>
public sealed class RetentionTests(ForgetfulHost host) : IClassFixture<ForgetfulHost>
{
    [Fact]
    public async Task Old_steps_facts_and_test_sends_are_forgotten_batch_by_batch_and_others_are_kept()
    {
        var (journey, customer) = (CampaignHost.NewId(), CampaignHost.NewId());
        await host.ListAsync<int>(
            """
            INSERT INTO journeys (id, version, name, state, definition, created_by, changed_by, created_at, changed_at) VALUES (@journey, 1, 'x', 'ended', '{}', 'x', 'x', now(), now());
            INSERT INTO journey_entries (journey_id, customer_id, occasion, entry_id, version, state, node, step, node_since, due_at, occurred_at)
            VALUES (@journey, @customer, '', @journey, 1, 'exited', 'x', 1, now(), now() - interval '900 days', now());
            INSERT INTO journey_log (entry_id, step, node, outcome, at)
            SELECT @journey, n, 'x', 'exit', now() - make_interval(days => CASE WHEN n <= 25 THEN 40 ELSE 20 END) FROM generate_series(1, 30) n;
            INSERT INTO journey_facts (customer_id, kind, occasion, occurred_at)
            SELECT @customer, 'caseClosed', n::text, now() - make_interval(days => CASE WHEN n <= 25 THEN 60 ELSE 40 END) FROM generate_series(1, 30) n;
            SELECT 1
            """,
            new { journey, customer });
        var text = (await host.Marketer.PostAsync("/api/campaign/v1/templates", new { name = "x", contents = new { id = new { subject = "x", html = "<p>x</p>" } } }).OkJsonAsync()).GetProperty("id").GetGuid();
        await host.ListAsync<int>(
            """
            INSERT INTO test_sends (id, template_id, version, language, email, name, sender_name, from_address, subject, html, body, created_by, created_at)
            SELECT gen_random_uuid(), @text, 1, 'id', 'x@example.com', 'x', 'x', 'x@example.com', 'x', 'x', 'x', 'x', now() - make_interval(days => n * 3) FROM generate_series(1, 4) n RETURNING 1
            """,
            new { text });

        await Eventually.Holds(async () => Assert.Equal(
            "5 5 2", await host.QueryAsync<string>(
                "SELECT concat_ws(' ', (SELECT count(*) FROM journey_log), (SELECT count(*) FROM journey_facts), (SELECT count(*) FROM test_sends))")));
        Assert.Equal(1, await host.QueryAsync<long>("SELECT count(*) FROM journey_entries WHERE journey_id = @journey", new { journey })); // nobody enters again
    }
}

public sealed class ForgetfulHost : CampaignHost
{
    protected override async Task ConfigureAsync(IDictionary<string, string?> settings)
    {
        await base.ConfigureAsync(settings);
        settings["Retention:Interval"] = "00:00:00.200";
        settings["Retention:BatchSize"] = "7";
        settings["Retention:JourneyLogDays"] = "31";
        settings["Retention:JourneyFactDays"] = "50";
        settings["Retention:TestSendDays"] = "8";
    }
}
