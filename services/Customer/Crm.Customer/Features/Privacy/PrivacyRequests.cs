using Crm.Customer.Contracts.Events.V1;
using Crm.Customer.Domain;
using Crm.Customer.Domain.Privacy;
using Crm.Customer.Persistence;
using Crm.ServiceDefaults.Errors;
using Crm.ServiceDefaults.Hosting;
using Crm.ServiceDefaults.Paging;
using Crm.ServiceDefaults.Postgres;
using Crm.ServiceDefaults.Security;

namespace Crm.Customer.Features.Privacy;

/// <summary>
/// What people ask for by right, with the clock of three times 24 hours that starts at receipt (UU PDP articles 30 to 34, 41; GDPR articles 15 to 22). A restriction
/// and an objection take effect at once: nothing but what the relation itself needs is sent or computed any more. An erasure starts the saga.
/// </summary>
internal static class PrivacyRequests
{
    public static readonly TimeSpan Clock = TimeSpan.FromHours(72);
    private const int MaxText = 1000;
    private static readonly string[] Kinds = ["access", "correction", "restriction", "objection", "portability", "erasure"];
    private static readonly string[] Handlers = [Roles.ServiceSupervisor, Roles.SalesManager, Roles.Ops, Roles.Integration];

    internal sealed record Request(string Kind, string VerifiedBy, string? Note = null, DateTimeOffset? ReceivedAt = null);

    internal sealed record Completion(string Outcome);

    internal sealed class Response
    {
        public Guid Id { get; init; }
        public Guid CustomerId { get; init; }
        public string Kind { get; init; } = "";
        public string State { get; init; } = "";
        public string VerifiedBy { get; init; } = "";
        public string? Note { get; init; }
        public DateTimeOffset ReceivedAt { get; init; }
        public DateTimeOffset DueAt { get; init; }
        public bool Overdue { get; init; }
        public string HandledBy { get; init; } = "";
        public DateTimeOffset? FinishedAt { get; init; }
        public string? Outcome { get; init; }

        /// <summary>Of an erasure that is done: what was done where and when, and its HMAC-SHA256 under the installation's key.</summary>
        public string? Certificate { get; init; }
        public string? Signature { get; init; }

        /// <summary>Services that have confirmed an erasure.</summary>
        public string[] ConfirmedBy { get; init; } = [];

        /// <summary>Of access and portability: the package that is gathered for the person.</summary>
        public Guid? PackageId { get; init; }
    }

    private sealed record Position(DateTimeOffset DueAt, Guid Id);

    private sealed record DonePosition(Guid Id);

    private const string Select =
        """
        SELECT r.id, r.customer_id, r.kind, r.state, r.verified_by, r.note, r.received_at, r.due_at, r.handled_by, r.finished_at, r.outcome, r.certificate, r.signature,
               (r.state IN ('open', 'running') AND r.due_at < @now) AS overdue,
               ARRAY(SELECT service FROM erasure_confirmations c WHERE c.request_id = r.id ORDER BY service) AS confirmed_by,
               (SELECT p.id FROM access_packages p WHERE p.request_id = r.id) AS package_id
        FROM privacy_requests r
        """;

    public static void Map(RouteGroupBuilder api)
    {
        api.MapPost("/customers/{id:guid}/privacy-requests", async (Guid id, Request request, Handler handler, CancellationToken cancellationToken) =>
                (await handler.ReceiveAsync(id, request, cancellationToken)).ToCreated(received => $"/api/customer/v1/privacy-requests/{received.Id}"))
            .WithName("ReceivePrivacyRequest").AllowRoles(Handlers);
        api.MapGet("/privacy-requests", async (string? state, PageRequest page, Handler handler, CancellationToken cancellationToken) =>
                (await (state == "done" ? handler.ListDoneAsync(page, cancellationToken) : handler.ListAsync(page, cancellationToken))).ToOk())
            .WithName("ListPrivacyRequests").AllowRoles(Handlers);
        api.MapGet("/privacy-requests/{id:guid}", async (Guid id, Handler handler, CancellationToken cancellationToken) =>
                (await handler.GetAsync(id, cancellationToken)).ToOk())
            .WithName("GetPrivacyRequest").AllowRoles(Handlers);
        api.MapPost("/privacy-requests/{id:guid}/completion", async (Guid id, Completion request, Handler handler, CancellationToken cancellationToken) =>
                (await handler.CompleteAsync(id, request, cancellationToken)).ToOk())
            .WithName("CompletePrivacyRequest").AllowRoles(Handlers);
    }

    internal sealed class Handler(UnitOfWork unitOfWork, CustomerStore store, ConsentLedger ledger, ActorAccessor actor, Ids ids, TimeProvider time)
    {
        /// <summary>Messages that were under way when a person was erased have arrived by then; the second round takes them too.</summary>
        private static readonly TimeSpan SecondRound = TimeSpan.FromMinutes(2);

        public async Task<Result<Response>> ReceiveAsync(Guid customerId, Request request, CancellationToken cancellationToken)
        {
            var now = time.GetUtcNow();
            if (!Kinds.Contains(request.Kind)) return PrivacyErrors.KindUnknown("kind");
            if (!PlainText.TryClean(request.VerifiedBy, out var verifiedBy) || !PlainText.TryClean(request.Note, out var note)) return CustomerErrors.InvalidCharacters("note");
            if (verifiedBy is null) return PrivacyErrors.VerificationRequired("verifiedBy");
            if (verifiedBy.Length > MaxText) return CustomerErrors.TooLong("verifiedBy", MaxText);
            if (note?.Length > MaxText) return CustomerErrors.TooLong("note", MaxText);
            if (request.ReceivedAt is { } at && !CustomerDetails.IsPlausible(at, now)) return CustomerErrors.InstantInvalid("receivedAt");
            if (await store.FindAsync(customerId, cancellationToken) is not { } customer) return CustomerErrors.NotFound;

            var erasure = request.Kind == "erasure";
            await unitOfWork.ExecuteAsync("SELECT FROM customers WHERE id = @Id FOR UPDATE", new { customer.Id }, cancellationToken);
            var everybody = await unitOfWork.QueryAsync<Guid>("SELECT customer_with_absorbed(@Id)", new { customer.Id }, cancellationToken);
            if (erasure && await unitOfWork.QuerySingleOrDefaultAsync<bool>(
                "SELECT EXISTS (SELECT FROM legal_holds WHERE customer_id = ANY(@everybody) AND released_at IS NULL)", new { everybody = everybody.ToArray() }, cancellationToken)) return PrivacyErrors.LegalHold;

            var (requestId, received) = (ids.Next(), request.ReceivedAt?.ToUniversalTime() ?? now);
            var inserted = await unitOfWork.ExecuteAsync(
                """
                INSERT INTO privacy_requests (id, customer_id, kind, state, verified_by, note, received_at, due_at, handled_by)
                VALUES (@requestId, @CustomerId, @Kind, @state, @verifiedBy, @note, @received, @due, @Subject) ON CONFLICT DO NOTHING
                """,
                new
                {
                    requestId, CustomerId = customer.Id, request.Kind, state = erasure ? "running" : "open", verifiedBy, note = erasure ? null : note, received, due = received + Clock,
                    actor.Required.Subject,
                },
                cancellationToken);
            if (inserted == 0) return PrivacyErrors.ErasureRunning;

            if (request.Kind is "restriction" or "objection") await StopProcessingAsync(customer.Id, now, cancellationToken);
            if (request.Kind is "access" or "portability") await AccessPackages.RequestAsync(customer.Id, requestId, actor.Required, unitOfWork, ids, time, cancellationToken);
            if (erasure)
            {
                await ErasureReplays.KeepAsync(requestId, [.. everybody], now, unitOfWork, cancellationToken);
                unitOfWork.Enqueue(new ErasureRequested(ids.Next(), now, requestId, [.. everybody]));
                unitOfWork.Enqueue(new ErasureRequested(ids.Next(), now, requestId, [.. everybody]), SecondRound);
            }

            return await GetAsync(requestId, cancellationToken);
        }

        public async Task<Result<Response>> GetAsync(Guid id, CancellationToken cancellationToken) =>
            await unitOfWork.QuerySingleOrDefaultAsync<Response>(Select + " WHERE r.id = @id", new { id, now = time.GetUtcNow() }, cancellationToken) is { } found ? found : PrivacyErrors.RequestNotFound;

        /// <summary>What is not done, the most urgent first.</summary>
        public async Task<Result<Page<Response>>> ListAsync(PageRequest page, CancellationToken cancellationToken)
        {
            var after = page.After<Position>();
            var rows = await unitOfWork.QueryAsync<Response>(
                Select + " WHERE r.state IN ('open', 'running') AND (@afterId::uuid IS NULL OR (r.due_at, r.id) > (@afterAt::timestamptz, @afterId)) ORDER BY r.due_at, r.id LIMIT @limit",
                new { now = time.GetUtcNow(), afterAt = after?.DueAt, afterId = after?.Id, limit = page.Limit + 1 },
                cancellationToken);
            return Page<Response>.From(rows, page.Limit, row => new Position(row.DueAt, row.Id));
        }

        /// <summary>What is done, the newest request first.</summary>
        public async Task<Result<Page<Response>>> ListDoneAsync(PageRequest page, CancellationToken cancellationToken)
        {
            var rows = await unitOfWork.QueryAsync<Response>(
                Select + " WHERE r.state = 'done' AND (@after::uuid IS NULL OR r.id < @after) ORDER BY r.id DESC LIMIT @limit",
                new { now = time.GetUtcNow(), after = page.After<DonePosition>()?.Id, limit = page.Limit + 1 },
                cancellationToken);
            return Page<Response>.From(rows, page.Limit, row => new DonePosition(row.Id));
        }

        public async Task<Result<Response>> CompleteAsync(Guid id, Completion request, CancellationToken cancellationToken)
        {
            if (!PlainText.TryClean(request.Outcome, out var outcome)) return CustomerErrors.InvalidCharacters("outcome");
            if (outcome is null) return PrivacyErrors.TextRequired("outcome");
            if (outcome.Length > MaxText) return CustomerErrors.TooLong("outcome", MaxText);
            if (!(await GetAsync(id, cancellationToken)).TryGet(out _, out var error)) return error;
            var closed = await unitOfWork.ExecuteAsync(
                "UPDATE privacy_requests SET state = 'done', outcome = @outcome, finished_at = @now WHERE id = @id AND state = 'open'", new { id, outcome, now = time.GetUtcNow() }, cancellationToken);
            return closed == 0 ? PrivacyErrors.RequestClosed : await GetAsync(id, cancellationToken);
        }

        /// <summary>Marketing and profiling are refused on every channel, which every sender honours within seconds.</summary>
        private async Task StopProcessingAsync(Guid customerId, DateTimeOffset now, CancellationToken cancellationToken)
        {
            foreach (var purpose in new[] { ConsentDecision.Marketing, "profiling" })
            {
                foreach (var channel in ConsentDecision.Channels)
                {
                    await ledger.RecordAsync(
                        new ConsentDecision
                        {
                            Id = ids.Next(), CustomerId = customerId, Channel = channel, Purpose = purpose, Granted = false,
                            NoticeVersion = "privacy request", CaptureSource = ConsentDecision.PrivacyRequest, EffectiveAt = now,
                        },
                        cancellationToken);
                }
            }
        }
    }
}
