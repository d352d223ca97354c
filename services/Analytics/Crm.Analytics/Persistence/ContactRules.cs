using Crm.Campaign.Contracts.Events.V1;
using Crm.Customer.Contracts.Events.V1;
using Crm.ServiceDefaults.Postgres;

namespace Crm.Analytics.Persistence;

/// <summary>Whether a customer may be approached: consents and how often they were written to lately.</summary>
public sealed class ContactRules(UnitOfWork unitOfWork)
{
    /// <summary>Channels on which the customer came to us: nobody is approached, so that no consent to marketing is needed.</summary>
    public static readonly string[] Inbound = ["store", "inbound"];

    public static readonly string[] Outbound = ["email", "sms", "phone", "post", "push"];

    public Task RecordAsync(IEnumerable<CustomerSnapshot> customers, CancellationToken cancellationToken) =>
        RecordAsync([.. customers.SelectMany(customer => customer.Consents.Select(consent => (customer.CustomerId, consent)))], cancellationToken);

    /// <summary>A later decision wins over an earlier one, in whatever order they come.</summary>
    public Task RecordAsync(IReadOnlyList<(Guid CustomerId, ConsentState Consent)> decisions, CancellationToken cancellationToken)
    {
        var latest = decisions.GroupBy(item => (item.CustomerId, item.Consent.Channel, item.Consent.Purpose))
            .Select(group => group.MaxBy(item => item.Consent.EffectiveAt)).OrderBy(item => item.CustomerId).ToArray();
        if (latest.Length == 0) return Task.CompletedTask;
        return unitOfWork.ExecuteAsync(
            """
            INSERT INTO consents AS c (customer_id, channel, purpose, granted, effective_at)
            SELECT * FROM unnest(@customers, @channels, @purposes, @granted, @instants)
            ON CONFLICT (customer_id, channel, purpose) DO UPDATE SET granted = excluded.granted, effective_at = excluded.effective_at
            WHERE c.effective_at < excluded.effective_at
            """,
            new
            {
                customers = latest.Select(item => item.CustomerId).ToArray(),
                channels = latest.Select(item => item.Consent.Channel).ToArray(),
                purposes = latest.Select(item => item.Consent.Purpose).ToArray(),
                granted = latest.Select(item => item.Consent.Granted).ToArray(),
                instants = latest.Select(item => item.Consent.EffectiveAt.ToUniversalTime()).ToArray(),
            },
            cancellationToken);
    }

    public Task RecordAsync(MessagesSent sent, CancellationToken cancellationToken) => unitOfWork.ExecuteAsync(
        """
        INSERT INTO messages_sent (delivery_id, customer_id, channel, sent_at)
        SELECT id, customer, @Channel, sent FROM unnest(@ids, @customers, @sent) AS a (id, customer, sent) ORDER BY id
        ON CONFLICT DO NOTHING
        """,
        new
        {
            sent.Channel,
            ids = sent.Messages.Select(message => message.DeliveryId).ToArray(),
            customers = sent.Messages.Select(message => message.CustomerId).ToArray(),
            sent = sent.Messages.Select(message => message.SentAt.ToUniversalTime()).ToArray(),
        },
        cancellationToken);

    /// <summary>Why no offer may be made: <c>no_consent</c>, <c>profiling_refused</c>, <c>frequency_cap</c>; null where one may.</summary>
    public async Task<string?> RefusalAsync(Guid customer, string channel, DateTimeOffset since, int cap, CancellationToken cancellationToken)
    {
        var row = await unitOfWork.QuerySingleOrDefaultAsync<Row>(
            """
            SELECT
                EXISTS (SELECT FROM consents WHERE customer_id = @customer AND purpose = 'profiling' AND NOT granted) AS profiling_refused,
                EXISTS (SELECT FROM consents WHERE customer_id = @customer AND channel = @channel AND purpose = 'marketing' AND granted) AS consented,
                (SELECT count(*) FROM (SELECT FROM messages_sent WHERE customer_id = @customer AND sent_at >= @since LIMIT @cap) recent) AS messages
            """,
            new { customer, channel, since, cap },
            cancellationToken);
        if (row!.ProfilingRefused) return "profiling_refused";
        if (Inbound.Contains(channel)) return null;
        if (!row.Consented) return "no_consent";
        return row.Messages >= cap ? "frequency_cap" : null;
    }

    private sealed record Row(bool ProfilingRefused, bool Consented, long Messages);
}
