using Crm.Analytics.Contracts.Events.V1;
using Crm.ServiceDefaults.Postgres;
using MassTransit;

namespace Crm.ServiceDesk.Consumers;

/// <summary>Keeps a suspected product issue for the agents, also where its end was heard of first.</summary>
public sealed class ProductIssueSuspectedConsumer(UnitOfWork unitOfWork) : IConsumer<ProductIssueSuspected>
{
    public Task Consume(ConsumeContext<ProductIssueSuspected> context)
    {
        var issue = context.Message;
        return unitOfWork.ExecuteAsync(
            """
            INSERT INTO product_issues (id, sku, product_name, signal, began_on, events, expected, rate_ratio, lot, reasons, raised_at)
            VALUES (@IssueId, @Sku, @ProductName, @Signal, @BeganOn, @Events, @Expected, @RateRatio, @Lot, @reasons, @OccurredAt)
            ON CONFLICT (id) DO UPDATE SET product_name = excluded.product_name, signal = excluded.signal, began_on = excluded.began_on, events = excluded.events,
                expected = excluded.expected, rate_ratio = excluded.rate_ratio, lot = excluded.lot, reasons = excluded.reasons, raised_at = excluded.raised_at
            """,
            new
            {
                issue.IssueId, issue.Sku, issue.ProductName, issue.Signal, issue.BeganOn, issue.Events, issue.Expected, issue.RateRatio, issue.Lot,
                reasons = issue.Reasons.ToArray(), issue.OccurredAt,
            },
            context.CancellationToken);
    }
}

public sealed class ProductIssueClosedConsumer(UnitOfWork unitOfWork) : IConsumer<ProductIssueClosed>
{
    public Task Consume(ConsumeContext<ProductIssueClosed> context) => unitOfWork.ExecuteAsync(
        """
        INSERT INTO product_issues (id, sku, closed_at, close_reason) VALUES (@IssueId, @Sku, @OccurredAt, @Reason)
        ON CONFLICT (id) DO UPDATE SET closed_at = excluded.closed_at, close_reason = excluded.close_reason
        """,
        new { context.Message.IssueId, context.Message.Sku, context.Message.OccurredAt, context.Message.Reason },
        context.CancellationToken);
}
