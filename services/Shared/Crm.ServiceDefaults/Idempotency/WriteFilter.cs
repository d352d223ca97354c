using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using Crm.ServiceDefaults.Errors;
using Crm.ServiceDefaults.Paging;
using Crm.ServiceDefaults.Postgres;
using Crm.ServiceDefaults.Security;
using Microsoft.AspNetCore.Http.Json;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.Options;

namespace Crm.ServiceDefaults.Idempotency;

/// <summary>A POST that has no effect to repeat (a preview, a calculation) says so and needs no key.</summary>
[AttributeUsage(AttributeTargets.Method | AttributeTargets.Class)]
public sealed class NoEffectAttribute : Attribute;

/// <summary>An answer of which less is kept for the repetition of its request than was given: what the caller said themselves.</summary>
public interface IKeptInPart { object Kept { get; } }

/// <summary>
/// Edge of every route of a service. Reads: just the ETag of a versioned answer. Writes: one transaction, committed when the handler
/// succeeded, with the answer to an <c>Idempotency-Key</c> in that same transaction (IETF draft-ietf-httpapi-idempotency-key-header):
/// same key and body, the stored answer; other body, 422; still running, 409; a POST without key, 400. A refusal stores nothing.
/// </summary>
public sealed class WriteFilter(UnitOfWork unitOfWork, ActorAccessor actor, TimeProvider time, IOptions<JsonOptions> json) : IEndpointFilter
{
    public const string HeaderName = "Idempotency-Key";
    private const string HashItem = "crm.request-hash";

    public async ValueTask<object?> InvokeAsync(EndpointFilterInvocationContext context, EndpointFilterDelegate next)
    {
        var http = context.HttpContext;
        var cancellationToken = http.RequestAborted;
        if (HttpMethods.IsGet(http.Request.Method) || HttpMethods.IsHead(http.Request.Method)) return WithETag(http, await next(context));

        if (http.GetEndpoint()?.Metadata.GetMetadata<NoEffectAttribute>() is not null) return await next(context);

        var key = http.Request.Headers[HeaderName].ToString();
        if (key.Length == 0)
        {
            if (HttpMethods.IsPost(http.Request.Method))
                return Error.Invalid("request.idempotency_key_required", $"A POST needs the header {HeaderName}.", HeaderName).ToProblem();

            var written = await next(context);
            if (StatusOf(written) < 400) await unitOfWork.CommitAsync(cancellationToken);
            return WithETag(http, written);
        }

        if (key.Length > 200) return Error.Invalid("request.idempotency_key_invalid", $"{HeaderName} is longer than 200 characters.", HeaderName).ToProblem();
        return await OnceAsync(context, next, key, cancellationToken);
    }

    private async Task<object?> OnceAsync(EndpointFilterInvocationContext context, EndpointFilterDelegate next, string key, CancellationToken cancellationToken)
    {
        var http = context.HttpContext;
        var scope = new { Actor = actor.Current?.Subject ?? "anonymous", Route = http.Request.Method + " " + http.Request.Path, Key = key };
        var hash = (byte[]?)http.Items[HashItem] ?? [];

        // The lock ends with the transaction: whoever comes second meanwhile is told to wait, whoever comes later finds the answer.
        var alone = await unitOfWork.QuerySingleOrDefaultAsync<bool>(
            "SELECT pg_try_advisory_xact_lock(hashtextextended(@Actor || ' ' || @Route || ' ' || @Key, 0))", scope, cancellationToken);
        if (!alone)
        {
            http.Response.Headers.RetryAfter = "1";
            return Error.Conflict("request.in_progress", "A request with this key is being worked on. Try again in a moment.").ToProblem();
        }

        var stored = await unitOfWork.QuerySingleOrDefaultAsync<StoredAnswer>(
            "SELECT request_hash, status, location, etag, body FROM idempotency WHERE actor = @Actor AND route = @Route AND key = @Key", scope, cancellationToken);
        if (stored is not null)
        {
            await unitOfWork.DisposeAsync();
            return stored.RequestHash.AsSpan().SequenceEqual(hash)
                ? new Replay(stored)
                : Error.Unprocessable("request.idempotency_key_reused", "This key was used for a request with another body.", HeaderName).ToProblem();
        }

        var result = await next(context);
        if (StatusOf(result) >= 400) return result;

        var inner = Unwrap(result);
        var body = inner is IValueHttpResult { Value: { } value } ? JsonSerializer.Serialize((value as IKeptInPart)?.Kept ?? value, json.Value.SerializerOptions) : null;
        await unitOfWork.ExecuteAsync(
            """
            INSERT INTO idempotency (actor, route, key, request_hash, status, location, etag, body, created_at)
            VALUES (@Actor, @Route, @Key, @hash, @status, @location, @etag, @body, @now)
            """,
            new
            {
                scope.Actor, scope.Route, scope.Key, hash, body,
                status = StatusOf(result),
                location = inner.GetType().GetProperty("Location")?.GetValue(inner)?.ToString(),
                etag = ETagOf(inner),
                now = time.GetUtcNow(),
            },
            cancellationToken);
        await unitOfWork.CommitAsync(cancellationToken);
        return WithETag(http, result);
    }

    /// <summary>Hashes the bodies of keyed requests before they are bound; runs as middleware.</summary>
    internal static async Task HashBodyAsync(HttpContext http, RequestDelegate next)
    {
        if (http.Request.Headers.ContainsKey(HeaderName))
        {
            http.Request.EnableBuffering(bufferThreshold: 64 * 1024);
            var query = SHA256.HashData(Encoding.UTF8.GetBytes(http.Request.QueryString.ToString()));
            var body = await SHA256.HashDataAsync(http.Request.Body, http.RequestAborted);
            http.Request.Body.Position = 0;
            http.Items[HashItem] = SHA256.HashData([.. query, .. body]);
        }

        await next(http);
    }

    private static object? WithETag(HttpContext http, object? result)
    {
        if (ETagOf(Unwrap(result)) is { } etag) http.Response.Headers.ETag = etag;
        return result;
    }

    private static string? ETagOf(object? inner) => inner is IValueHttpResult { Value: IVersioned versioned } ? $"\"{versioned.Version}\"" : null;

    private static object Unwrap(object? result) => result is INestedHttpResult nested ? Unwrap(nested.Result) : result ?? TypedResults.Ok();

    private static int StatusOf(object? result) => Unwrap(result) is IStatusCodeHttpResult { StatusCode: { } status } ? status : 200;

    private sealed record StoredAnswer(byte[] RequestHash, int Status, string? Location, string? Etag, string? Body);

    private sealed class Replay(StoredAnswer answer) : IResult
    {
        public async Task ExecuteAsync(HttpContext http)
        {
            http.Response.StatusCode = answer.Status;
            http.Response.Headers["Idempotency-Replayed"] = "true";
            if (answer.Location is not null) http.Response.Headers.Location = answer.Location;
            if (answer.Etag is not null) http.Response.Headers.ETag = answer.Etag;
            if (answer.Body is null) return;
            http.Response.ContentType = "application/json; charset=utf-8";
            await http.Response.WriteAsync(answer.Body, http.RequestAborted);
        }
    }
}

public static class WriteFilterExtensions
{
    /// <summary>The group of all routes of a service: <c>/api/{service}/v1</c>, authorised, each write one transaction.</summary>
    public static RouteGroupBuilder MapApi(this IEndpointRouteBuilder app, string service) =>
        app.MapGroup($"/api/{service}/v1").AddEndpointFilter<WriteFilter>().RequireAuthorization().ProducesProblem(400).WithTags(service);
}
