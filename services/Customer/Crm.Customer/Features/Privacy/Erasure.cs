using System.Globalization;
using System.Text;
using Crm.Customer.Domain.Privacy;
using Crm.Customer.Persistence;
using Crm.ServiceDefaults.Postgres;

namespace Crm.Customer.Features.Privacy;

/// <summary>
/// Takes the services' confirmations of an erasure; with the last one the request is done and certified. Its state is rows and its steps are messages: a crash
/// anywhere leaves either a message that comes again or a step that is committed.
/// </summary>
public sealed class Erasure(UnitOfWork unitOfWork, PrivacyKeys keys, SubjectKeys subjectKeys, TimeProvider time)
{
    private static readonly string[] Services = ["analytics", "campaign", "customer", "loyalty", "sales", "service"];

    internal async Task ConfirmAsync(Guid requestId, string service, long rows, CancellationToken cancellationToken)
    {
        var now = time.GetUtcNow();
        var request = await unitOfWork.QuerySingleOrDefaultAsync<Row>(
            "SELECT customer_id, state, received_at FROM privacy_requests WHERE id = @requestId AND kind = 'erasure' FOR UPDATE", new { requestId }, cancellationToken);
        if (request is null) return;
        await unitOfWork.ExecuteAsync(
            """
            INSERT INTO erasure_confirmations AS c (request_id, service, rows, confirmed_at) VALUES (@requestId, @service, @rows, @now)
            ON CONFLICT (request_id, service) DO UPDATE SET rows = c.rows + excluded.rows
            """,
            new { requestId, service, rows, now },
            cancellationToken);
        var confirmed = await unitOfWork.QueryAsync<Confirmation>(
            "SELECT service, rows, confirmed_at FROM erasure_confirmations WHERE request_id = @requestId ORDER BY service", new { requestId }, cancellationToken);
        if (request.State != "running" || Services.Except(confirmed.Select(confirmation => confirmation.Service)).Any()) return;

        var certificate = new StringBuilder();
        certificate.Append(CultureInfo.InvariantCulture, $"Erasure {requestId} of customer {request.CustomerId}\nReceived {request.ReceivedAt:O}\n");
        foreach (var confirmation in confirmed) certificate.Append(CultureInfo.InvariantCulture, $"{confirmation.Service} confirmed {confirmation.ConfirmedAt:O}, {confirmation.Rows} rows\n");
        if (subjectKeys.AreInUse) certificate.Append("The keys of what was written about the person are destroyed\n"); // before customer confirmed
        certificate.Append(CultureInfo.InvariantCulture, $"Done {now:O}\n");
        await unitOfWork.ExecuteAsync(
            "UPDATE privacy_requests SET state = 'done', finished_at = @now, outcome = 'erased', certificate = @certificate, signature = @signature WHERE id = @requestId",
            new { requestId, now, certificate = certificate.ToString(), signature = keys.Certify(certificate.ToString()) },
            cancellationToken);
    }

    private sealed class Row
    {
        public Guid CustomerId { get; init; }
        public string State { get; init; } = "";
        public DateTimeOffset ReceivedAt { get; init; }
    }

    private sealed class Confirmation
    {
        public string Service { get; init; } = "";
        public long Rows { get; init; }
        public DateTimeOffset ConfirmedAt { get; init; }
    }
}
