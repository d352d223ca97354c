using System.Text.Json;
using Crm.Customer.Contracts.Events.V1;
using Crm.Customer.Domain;
using Crm.Customer.Domain.Privacy;
using Crm.Customer.Domain.Webhooks;
using Crm.Customer.Features.Intake;
using Crm.ServiceDefaults.Errors;
using Crm.ServiceDefaults.Paging;
using Crm.ServiceDefaults.Postgres;
using Crm.ServiceDefaults.Security;
using Microsoft.AspNetCore.Http.Json;
using Microsoft.Extensions.Options;

namespace Crm.Customer.Features.Webhooks;

/// <summary>
/// Another system tells of a customer: <c>POST /p/webhooks/{source}</c>, signed as Standard Webhooks has it with the source's secret, five minutes old at most. The same
/// message id has its effect once; what it says is taken in as <see cref="TakeInRecord"/> does.
/// </summary>
internal static class ReceiveWebhook
{
    internal sealed record Settings(bool IsActive = true);

    internal sealed record Source(string Name, bool IsActive, int SecretGeneration, DateTimeOffset? PreviousUntil, string Url);

    internal sealed record Body(
        string ExternalId, string Kind, Dictionary<string, string?> Fields, IReadOnlyList<PreferenceState>? Answers = null, IReadOnlyList<string>? Interests = null, string? ResponseId = null, DateTimeOffset? OccurredAt = null);

    private sealed record Position(string Source);

    public static void Map(RouteGroupBuilder api, RouteGroupBuilder pages)
    {
        api.MapGet("/webhook-sources", async (PageRequest page, Sources sources, CancellationToken cancellationToken) => TypedResults.Ok(await sources.ListAsync(page, cancellationToken)))
            .WithName("ListWebhookSources").AllowRoles(Roles.Ops);
        api.MapPut("/webhook-sources/{source}", async (string source, Settings request, Sources sources, CancellationToken cancellationToken) => (await sources.PutAsync(source, request, cancellationToken)).ToOk())
            .WithName("PutWebhookSource").AllowRoles(Roles.Ops);
        api.MapGet("/webhook-sources/{source}", async (string source, Sources sources, CancellationToken cancellationToken) => (await sources.GetAsync(source, cancellationToken)).ToOk())
            .WithName("GetWebhookSource").AllowRoles(Roles.Ops);
        api.MapGet("/webhook-sources/{source}/secret", async (string source, Sources sources, HttpContext http, CancellationToken cancellationToken) => (await sources.SecretAsync(source, http, cancellationToken)).ToOk())
            .WithName("GetWebhookSourceSecret").AllowRoles(Roles.Ops);
        api.MapPost("/webhook-sources/{source}/secret-rotations", async (string source, Sources sources, CancellationToken cancellationToken) => (await sources.RotateAsync(source, cancellationToken)).ToOk())
            .WithName("RotateWebhookSourceSecret").AllowRoles(Roles.Ops);
        pages.MapPost("/p/webhooks/{source}", HandleAsync).DisableAntiforgery();
    }

    private static async Task<IResult> HandleAsync(
        string source, HttpContext http, Sources sources, UnitOfWork unitOfWork, PrivacyKeys keys, TakeInRecord.Handler intake, IOptions<JsonOptions> json, TimeProvider time, CancellationToken cancellationToken)
    {
        using var buffer = new MemoryStream();
        await http.Request.Body.CopyToAsync(buffer, cancellationToken); // the server's limit of a body holds
        var (headers, body, now) = (http.Request.Headers, buffer.ToArray(), time.GetUtcNow());
        var id = headers[WebhookSignature.IdHeader].ToString();
        // Neither who is registered here nor what was wrong with a signature is told.
        if ((await sources.GetAsync(source, cancellationToken)) is not { IsSuccess: true, Value: { IsActive: true } known }
            || !WebhookSignature.IsValid(
                keys.WebhookSecrets("in:" + source, known.SecretGeneration, known.PreviousUntil), id, headers[WebhookSignature.TimestampHeader].ToString(), headers[WebhookSignature.SignatureHeader].ToString(), body, now))
        {
            return TypedResults.Problem("The signature is not one of this source, or too old.", statusCode: 401, extensions: new Dictionary<string, object?> { ["code"] = "customer.webhook_signature_invalid" });
        }

        // A second one with this id waits here until the first one is done.
        var first = await unitOfWork.ExecuteAsync("INSERT INTO webhook_receipts (source, message_id, received_at) VALUES (@source, @id, @now) ON CONFLICT DO NOTHING", new { source, id, now }, cancellationToken);
        if (first == 0) return TypedResults.Ok(new { outcome = "repeated" });
        Body? told;
        try
        {
            told = JsonSerializer.Deserialize<Body>(body, json.Value.SerializerOptions);
        }
        catch (JsonException exception)
        {
            return Error.Invalid("request.malformed", "The body is not what this endpoint takes.", exception.Path).ToProblem();
        }

        if (told is null) return Error.Invalid("request.malformed", "The body is empty.").ToProblem();
        var taken = await intake.HandleAsync(new TakeInRecord.Request(source, told.ExternalId, told.Kind, told.Fields, told.Answers, told.Interests, told.ResponseId, told.OccurredAt), cancellationToken);
        return taken.TryGet(out var response, out var error) ? TypedResults.Ok(response) : error.ToProblem();
    }

    internal sealed class Sources(UnitOfWork unitOfWork, PrivacyKeys keys, IOptions<PrivacyOptions> options, TimeProvider time)
    {
        private const string Select = "SELECT source, is_active, secret_generation, previous_until FROM webhook_sources";

        public async Task<Result<Source>> GetAsync(string source, CancellationToken cancellationToken) =>
            await unitOfWork.QuerySingleOrDefaultAsync<Row>(Select + " WHERE source = @source", new { source }, cancellationToken) is { } row ? Read(row) : WebhookErrors.SourceNotFound;

        public async Task<Page<Source>> ListAsync(PageRequest page, CancellationToken cancellationToken)
        {
            var rows = await unitOfWork.QueryAsync<Row>(
                Select + " WHERE @after::text IS NULL OR source > @after ORDER BY source LIMIT @limit", new { after = page.After<Position>()?.Source, limit = page.Limit + 1 }, cancellationToken);
            return Page<Source>.From([.. rows.Select(Read)], page.Limit, source => new Position(source.Name));
        }

        public async Task<Result<Source>> PutAsync(string source, Settings settings, CancellationToken cancellationToken)
        {
            if (CustomerDetails.SourceRefusal(source, "-", out _) is { } refusal) return refusal;
            await unitOfWork.ExecuteAsync(
                "INSERT INTO webhook_sources (source, is_active) VALUES (@source, @IsActive) ON CONFLICT (source) DO UPDATE SET is_active = excluded.is_active", new { source, settings.IsActive }, cancellationToken);
            return await GetAsync(source, cancellationToken);
        }

        public async Task<Result<WebhookSubscriptions.Secret>> SecretAsync(string source, HttpContext http, CancellationToken cancellationToken)
        {
            if (!(await GetAsync(source, cancellationToken)).TryGet(out var found, out var error)) return error;
            http.Response.Headers.CacheControl = "no-store";
            return new WebhookSubscriptions.Secret(PrivacyKeys.ShownSecret(keys.WebhookSecrets("in:" + source, found.SecretGeneration, null).Single()));
        }

        public async Task<Result<Source>> RotateAsync(string source, CancellationToken cancellationToken)
        {
            await unitOfWork.ExecuteAsync(
                "UPDATE webhook_sources SET secret_generation = secret_generation + 1, previous_until = @until WHERE source = @source", new { source, until = time.GetUtcNow() + PrivacyKeys.Rotation }, cancellationToken);
            return await GetAsync(source, cancellationToken);
        }

        private Source Read(Row row) =>
            new(row.Source, row.IsActive, row.SecretGeneration, row.PreviousUntil, $"{options.Value.PublicBaseUrl.AbsoluteUri.TrimEnd('/')}/p/webhooks/{row.Source}");

        private sealed class Row
        {
            public string Source { get; init; } = "";
            public bool IsActive { get; init; }
            public int SecretGeneration { get; init; }
            public DateTimeOffset? PreviousUntil { get; init; }
        }
    }
}
