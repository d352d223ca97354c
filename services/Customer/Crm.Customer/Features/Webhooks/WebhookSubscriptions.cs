using Crm.Customer.Domain;
using Crm.Customer.Domain.Privacy;
using Crm.Customer.Domain.Webhooks;
using Crm.ServiceDefaults.Errors;
using Crm.ServiceDefaults.Hosting;
using Crm.ServiceDefaults.Paging;
using Crm.ServiceDefaults.Postgres;
using Crm.ServiceDefaults.Security;
using Microsoft.Extensions.Options;

namespace Crm.Customer.Features.Webhooks;

/// <summary>Who is told of what: subscriptions, their secrets, and the log of their deliveries.</summary>
internal static class WebhookSubscriptions
{
    private static readonly IReadOnlyList<string> States = ["waiting", "delivered", "dead"];

    internal sealed record Request(string Url, IReadOnlyList<string> EventTypes, string? Description = null, bool IsActive = true);

    internal sealed class Response : IVersioned
    {
        public Guid Id { get; init; }
        public long Version { get; init; }
        public string Url { get; init; } = "";
        public string? Description { get; init; }
        public string[] EventTypes { get; init; } = [];

        /// <summary>False: nothing is sent; a receiver that answered 410 is switched off by itself.</summary>
        public bool IsActive { get; init; }
        public int SecretGeneration { get; init; }
        public DateTimeOffset? PreviousUntil { get; init; }
        public DateTimeOffset CreatedAt { get; init; }
    }

    internal sealed class Delivery
    {
        public Guid Id { get; init; }
        public Guid EventId { get; init; }
        public string Type { get; init; } = "";
        public string Body { get; init; } = "";
        public string State { get; init; } = "";
        public int Attempts { get; init; }
        public DateTimeOffset NextAttemptAt { get; init; }
        public int? LastStatus { get; init; }

        /// <summary>status, timeout, unreachable, address_refused or no_key (Privacy:LinkKey is not set).</summary>
        public string? LastFailure { get; init; }
        public DateTimeOffset CreatedAt { get; init; }
        public DateTimeOffset? DeliveredAt { get; init; }
    }

    internal sealed record Secret(string Value);

    private sealed record Position(Guid Id);

    private const string Columns = "id, version, url, description, event_types, is_active, secret_generation, previous_until, created_at";
    private const string DeliveryColumns = "id, event_id, type, body, state, attempts, next_attempt_at, last_status, last_failure, created_at, delivered_at";

    public static void Map(RouteGroupBuilder api)
    {
        api.MapPost("/webhook-subscriptions", async (Request request, Handler handler, CancellationToken cancellationToken) =>
                (await handler.AddAsync(request, cancellationToken)).ToCreated(subscription => $"/api/customer/v1/webhook-subscriptions/{subscription.Id}"))
            .WithName("AddWebhookSubscription").AllowRoles(Roles.Ops);
        api.MapGet("/webhook-subscriptions", async (PageRequest page, Handler handler, CancellationToken cancellationToken) => TypedResults.Ok(await handler.ListAsync(page, cancellationToken)))
            .WithName("ListWebhookSubscriptions").AllowRoles(Roles.Ops);
        api.MapGet("/webhook-subscriptions/{id:guid}", async (Guid id, Handler handler, CancellationToken cancellationToken) => (await handler.GetAsync(id, cancellationToken)).ToOk())
            .WithName("GetWebhookSubscription").AllowRoles(Roles.Ops);
        api.MapPut("/webhook-subscriptions/{id:guid}", async (Guid id, Request request, IfMatch ifMatch, Handler handler, CancellationToken cancellationToken) =>
                (await handler.ChangeAsync(id, request, ifMatch.Version, cancellationToken)).ToOk())
            .WithName("ChangeWebhookSubscription").AllowRoles(Roles.Ops);
        api.MapDelete("/webhook-subscriptions/{id:guid}", async (Guid id, Handler handler, CancellationToken cancellationToken) => (await handler.RemoveAsync(id, cancellationToken)).ToNoContent())
            .WithName("RemoveWebhookSubscription").AllowRoles(Roles.Ops);
        api.MapGet("/webhook-subscriptions/{id:guid}/secret", async (Guid id, Handler handler, HttpContext http, CancellationToken cancellationToken) => (await handler.SecretAsync(id, http, cancellationToken)).ToOk())
            .WithName("GetWebhookSecret").AllowRoles(Roles.Ops);
        api.MapPost("/webhook-subscriptions/{id:guid}/secret-rotations", async (Guid id, Handler handler, CancellationToken cancellationToken) => (await handler.RotateAsync(id, cancellationToken)).ToOk())
            .WithName("RotateWebhookSecret").AllowRoles(Roles.Ops);
        api.MapPost("/webhook-subscriptions/{id:guid}/tests", async (Guid id, Handler handler, CancellationToken cancellationToken) => (await handler.TestAsync(id, cancellationToken)).ToOk())
            .WithName("TestWebhook").AllowRoles(Roles.Ops);
        api.MapGet("/webhook-subscriptions/{id:guid}/deliveries", async (Guid id, PageRequest page, Handler handler, CancellationToken cancellationToken, string? state = null) =>
                (await handler.DeliveriesAsync(id, state, page, cancellationToken)).ToOk())
            .WithName("ListWebhookDeliveries").AllowRoles(Roles.Ops);
        api.MapPost("/webhook-deliveries/{id:guid}/replay", async (Guid id, Handler handler, CancellationToken cancellationToken) => (await handler.ReplayAsync(id, cancellationToken)).ToOk())
            .WithName("ReplayWebhookDelivery").AllowRoles(Roles.Ops);
    }

    internal sealed class Handler(UnitOfWork unitOfWork, PrivacyKeys keys, IOptions<WebhookOptions> options, ActorAccessor actor, Ids ids, TimeProvider time)
    {
        public async Task<Result<Response>> AddAsync(Request request, CancellationToken cancellationToken)
        {
            if (!Check(request).TryGet(out var clean, out var error)) return error;
            var id = ids.Next();
            await unitOfWork.ExecuteAsync(
                "INSERT INTO webhook_subscriptions (id, url, description, event_types, is_active, created_by, created_at) VALUES (@id, @Url, @Description, @types, @IsActive, @Subject, @now)",
                new { id, clean.Url, clean.Description, types = clean.EventTypes.ToArray(), clean.IsActive, actor.Required.Subject, now = time.GetUtcNow() },
                cancellationToken);
            return await GetAsync(id, cancellationToken);
        }

        public async Task<Page<Response>> ListAsync(PageRequest page, CancellationToken cancellationToken) => Page<Response>.From(
            await unitOfWork.QueryAsync<Response>(
                $"SELECT {Columns} FROM webhook_subscriptions WHERE @after::uuid IS NULL OR id > @after ORDER BY id LIMIT @limit", new { after = page.After<Position>()?.Id, limit = page.Limit + 1 }, cancellationToken),
            page.Limit, row => new Position(row.Id));

        public async Task<Result<Response>> GetAsync(Guid id, CancellationToken cancellationToken) =>
            await unitOfWork.QuerySingleOrDefaultAsync<Response>($"SELECT {Columns} FROM webhook_subscriptions WHERE id = @id", new { id }, cancellationToken) is { } found ? found : WebhookErrors.NotFound;

        public async Task<Result<Response>> ChangeAsync(Guid id, Request request, long version, CancellationToken cancellationToken)
        {
            if (!Check(request).TryGet(out var clean, out var error)) return error;
            if (!(await GetAsync(id, cancellationToken)).TryGet(out _, out error)) return error;
            var changed = await unitOfWork.ExecuteAsync(
                "UPDATE webhook_subscriptions SET version = version + 1, url = @Url, description = @Description, event_types = @types, is_active = @IsActive WHERE id = @id AND version = @version",
                new { id, version, clean.Url, clean.Description, types = clean.EventTypes.ToArray(), clean.IsActive },
                cancellationToken);
            return changed == 0 ? CustomerErrors.RecordStale : await GetAsync(id, cancellationToken);
        }

        public async Task<Result<Done>> RemoveAsync(Guid id, CancellationToken cancellationToken) =>
            await unitOfWork.ExecuteAsync("DELETE FROM webhook_subscriptions WHERE id = @id", new { id }, cancellationToken) == 1 ? new Done() : WebhookErrors.NotFound;

        /// <summary>The secret in force. Only ever an answer to a GET, which nothing keeps.</summary>
        public async Task<Result<Secret>> SecretAsync(Guid id, HttpContext http, CancellationToken cancellationToken)
        {
            if (!(await GetAsync(id, cancellationToken)).TryGet(out var found, out var error)) return error;
            http.Response.Headers.CacheControl = "no-store";
            return new Secret(PrivacyKeys.ShownSecret(keys.WebhookSecrets(id.ToString(), found.SecretGeneration, null).Single()));
        }

        /// <summary>A new secret; for a day what is sent is signed with the one before as well.</summary>
        public async Task<Result<Response>> RotateAsync(Guid id, CancellationToken cancellationToken)
        {
            await unitOfWork.ExecuteAsync(
                "UPDATE webhook_subscriptions SET version = version + 1, secret_generation = secret_generation + 1, previous_until = @until WHERE id = @id", new { id, until = time.GetUtcNow() + PrivacyKeys.Rotation }, cancellationToken);
            return await GetAsync(id, cancellationToken);
        }

        public async Task<Result<Delivery>> TestAsync(Guid id, CancellationToken cancellationToken)
        {
            if (!(await GetAsync(id, cancellationToken)).TryGet(out _, out var error)) return error;
            var (delivery, now) = (ids.Next(), time.GetUtcNow());
            await unitOfWork.ExecuteAsync(
                "INSERT INTO webhook_deliveries (id, subscription_id, event_id, type, body, next_attempt_at, created_at) VALUES (@delivery, @id, @delivery, 'ping', @body, @now, @now)",
                new { delivery, id, now, body = WebhookConsumer.Body("ping", now, new { }) },
                cancellationToken);
            return await FindAsync(delivery, cancellationToken);
        }

        public async Task<Result<Page<Delivery>>> DeliveriesAsync(Guid id, string? state, PageRequest page, CancellationToken cancellationToken)
        {
            if (state is not null && !States.Contains(state)) return CustomerErrors.ValueUnknown("state", States);
            if (!(await GetAsync(id, cancellationToken)).TryGet(out _, out var error)) return error;
            return Page<Delivery>.From(
                await unitOfWork.QueryAsync<Delivery>(
                    $"SELECT {DeliveryColumns} FROM webhook_deliveries WHERE subscription_id = @id AND (@state::text IS NULL OR state = @state) AND (@after::uuid IS NULL OR id < @after) ORDER BY id DESC LIMIT @limit",
                    new { id, state, after = page.After<Position>()?.Id, limit = page.Limit + 1 },
                    cancellationToken),
                page.Limit, row => new Position(row.Id));
        }

        public async Task<Result<Delivery>> ReplayAsync(Guid id, CancellationToken cancellationToken)
        {
            if (!(await FindAsync(id, cancellationToken)).TryGet(out _, out var error)) return error;
            var replayed = await unitOfWork.ExecuteAsync(
                "UPDATE webhook_deliveries SET state = 'waiting', attempts = 0, next_attempt_at = @now, delivered_at = NULL WHERE id = @id AND state <> 'waiting'", new { id, now = time.GetUtcNow() }, cancellationToken);
            return replayed == 0 ? WebhookErrors.Waiting : await FindAsync(id, cancellationToken);
        }

        private async Task<Result<Delivery>> FindAsync(Guid id, CancellationToken cancellationToken) =>
            await unitOfWork.QuerySingleOrDefaultAsync<Delivery>($"SELECT {DeliveryColumns} FROM webhook_deliveries WHERE id = @id", new { id }, cancellationToken) is { } found ? found : WebhookErrors.DeliveryNotFound;

        private Result<Request> Check(Request request)
        {
            var check = new InputCheck();
            var description = check.Text(request.Description, "description", 200);
            if (request.EventTypes.Count is 0 || request.EventTypes.Count > WebhookConsumer.Types.Count) check.Fail(CustomerErrors.ValueUnknown("eventTypes", WebhookConsumer.Types));
            string[] types = [.. request.EventTypes.Take(20).Select((type, i) => check.OneOf(type, $"eventTypes[{i}]", WebhookConsumer.Types)).Distinct()];
            if (!WebhookConnections.MayBe(request.Url, options.Value.AllowPrivateAddresses, out var url)) check.Fail(WebhookErrors.UrlRefused("url"));
            return check.Error is { } error ? error : new Request(url.AbsoluteUri, types, description, request.IsActive);
        }
    }
}
