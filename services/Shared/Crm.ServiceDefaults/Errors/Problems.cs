using System.Diagnostics;
using System.Text.Json;
using System.Text.RegularExpressions;
using Microsoft.AspNetCore.Diagnostics;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.AspNetCore.Mvc;
using Npgsql;

namespace Crm.ServiceDefaults.Errors;

/// <summary>
/// The one mapping of refusals to RFC 9457 problem details. Every body has <c>code</c> (stable) and <c>traceId</c>,
/// and <c>field</c> or <c>errors</c> where an input member is at fault.
/// </summary>
public static partial class Problems
{
    public static int StatusOf(ErrorKind kind) => kind switch
    {
        ErrorKind.Invalid => StatusCodes.Status400BadRequest,
        ErrorKind.Unprocessable => StatusCodes.Status422UnprocessableEntity,
        ErrorKind.NotFound => StatusCodes.Status404NotFound,
        ErrorKind.Conflict => StatusCodes.Status409Conflict,
        ErrorKind.Stale => StatusCodes.Status412PreconditionFailed,
        ErrorKind.Forbidden => StatusCodes.Status403Forbidden,
        _ => StatusCodes.Status503ServiceUnavailable,
    };

    public static ProblemHttpResult ToProblem(this Error error)
    {
        var extensions = new Dictionary<string, object?> { ["code"] = error.Code };
        if (error.Field is not null) extensions["field"] = error.Field;
        return TypedResults.Problem(error.Message, statusCode: StatusOf(error.Kind), extensions: extensions);
    }

    public static Results<Ok<T>, ProblemHttpResult> ToOk<T>(this Result<T> result) =>
        result.TryGet(out var value, out var error) ? TypedResults.Ok(value) : error.ToProblem();

    public static Results<Created<T>, ProblemHttpResult> ToCreated<T>(this Result<T> result, Func<T, string> location) =>
        result.TryGet(out var value, out var error) ? TypedResults.Created(location(value), value) : error.ToProblem();

    public static Results<Accepted<T>, ProblemHttpResult> ToAccepted<T>(this Result<T> result, Func<T, string> location) =>
        result.TryGet(out var value, out var error) ? TypedResults.Accepted(location(value), value) : error.ToProblem();

    public static Results<NoContent, ProblemHttpResult> ToNoContent<T>(this Result<T> result) =>
        result.TryGet(out _, out var error) ? TypedResults.NoContent() : error.ToProblem();

    public static void AddProblems(this IServiceCollection services)
    {
        services.AddProblemDetails(options => options.CustomizeProblemDetails = context =>
        {
            var problem = context.ProblemDetails;
            problem.Extensions.TryAdd("code", problem is HttpValidationProblemDetails ? "request.invalid" : DefaultCode(problem.Status));
            problem.Extensions["traceId"] = Activity.Current?.TraceId.ToString() ?? context.HttpContext.TraceIdentifier;
            if (problem is HttpValidationProblemDetails { Errors.Count: > 0 } invalid)
            {
                invalid.Errors = invalid.Errors.ToDictionary(error => AsInJson(error.Key), error => error.Value);
                problem.Extensions.TryAdd("field", invalid.Errors.Keys.First());
            }
        });
        services.AddExceptionHandler<ProblemExceptionHandler>();
        // Malformed input reaches the handler below in every environment, which names the member at fault.
        services.Configure<Microsoft.AspNetCore.Routing.RouteHandlerOptions>(options => options.ThrowOnBadRequest = true);
    }

    /// <summary>Problem bodies for unexpected failures and for bare statuses (404 of an unknown route, 401, 405, ...).</summary>
    public static void UseProblems(this IApplicationBuilder app)
    {
        app.UseExceptionHandler(new ExceptionHandlerOptions { SuppressDiagnosticsCallback = _ => true });
        app.UseStatusCodePages();
    }

    /// <summary>Validation names members as C# does; clients know them as JSON does.</summary>
    private static string AsInJson(string path) => string.Join('.', path.Split('.').Select(JsonNamingPolicy.CamelCase.ConvertName));

    private static string DefaultCode(int? status) => status switch
    {
        400 => "request.malformed",
        401 => "auth.required",
        403 => "auth.forbidden",
        404 => "request.not_found",
        405 => "request.method_not_allowed",
        408 => "request.timeout",
        409 => "request.conflict",
        413 => "request.too_large",
        415 => "request.unsupported_media_type",
        428 => "request.precondition_required",
        429 => "request.rate_limited",
        502 or 503 => "service.unavailable",
        504 => "service.timeout",
        _ => "service.error",
    };

    /// <summary>The refusal behind an exception, or null when it is a fault of ours.</summary>
    public static Error? Explain(Exception exception) => exception switch
    {
        ErrorException refusal => refusal.Error,
        BadHttpRequestException { InnerException: JsonException json } => FromJson(json),
        BadHttpRequestException bad when bad.StatusCode == 413 => null,
        BadHttpRequestException bad => Error.Invalid("request.malformed", bad.Message, ParameterIn(bad.Message)),
        JsonException json => FromJson(json),
        PostgresException { SqlState: PostgresErrorCodes.UniqueViolation } =>
            Error.Conflict("request.conflict", "Something else with that key exists."),
        PostgresException { SqlState: PostgresErrorCodes.CharacterNotInRepertoire or PostgresErrorCodes.UntranslatableCharacter } =>
            Error.Invalid("request.malformed", "A text contains a character that cannot be stored (U+0000)."),
        PostgresException { SqlState: PostgresErrorCodes.QueryCanceled or PostgresErrorCodes.LockNotAvailable } =>
            Error.Unavailable("service.busy", "The database was too busy to answer in time. Try again."),
        NpgsqlException { IsTransient: true } => Error.Unavailable("service.unavailable", "The database does not answer at the moment."),
        TimeoutException => Error.Unavailable("service.unavailable", "A part that is needed did not answer in time."),
        _ => null,
    };

    private static Error FromJson(JsonException json)
    {
        var unknown = UnknownMember().Match(json.Message);
        if (unknown.Success)
        {
            var name = unknown.Groups[1].Value;
            var path = json.Path is { Length: > 2 } found ? found[2..] : name;
            var whole = path == name || path.EndsWith("." + name, StringComparison.Ordinal) ? path : path + "." + name;
            return Error.Invalid("request.unknown_field", $"There is no field '{name}'.", whole);
        }

        var missing = MissingMember().Match(json.Message);
        if (missing.Success)
        {
            return Error.Invalid("request.missing_field", "A required field is missing: " + missing.Groups[1].Value, missing.Groups[1].Value);
        }

        var field = json.Path is { Length: > 2 } at ? at[2..] : null;
        return Error.Invalid("request.malformed", field is null ? "The body is not valid JSON." : $"The value of '{field}' has the wrong type or form.", field);
    }

    private static string? ParameterIn(string message) => ParameterName().Match(message) is { Success: true } match ? match.Groups[1].Value : null;

    [GeneratedRegex("The JSON property '([^']+)' could not be mapped")]
    private static partial Regex UnknownMember();

    [GeneratedRegex("missing required properties[^:]*: '?([A-Za-z0-9_]+)")]
    private static partial Regex MissingMember();

    [GeneratedRegex("parameter \"[^\"]* ([A-Za-z0-9_]+)\"")]
    private static partial Regex ParameterName();
}

internal sealed partial class ProblemExceptionHandler(IProblemDetailsService problems, ILogger<ProblemExceptionHandler> log) : IExceptionHandler
{
    public async ValueTask<bool> TryHandleAsync(HttpContext http, Exception exception, CancellationToken cancellationToken)
    {
        if (exception is OperationCanceledException && http.RequestAborted.IsCancellationRequested)
        {
            http.Response.StatusCode = 499; // the client went away; nobody reads this
            return true;
        }

        var error = Problems.Explain(exception);
        var details = new ProblemDetails { Status = exception is BadHttpRequestException bad ? bad.StatusCode : StatusCodes.Status500InternalServerError };
        if (error is not null)
        {
            details.Status = error.Code == "request.precondition_required" ? 428 : Problems.StatusOf(error.Kind);
            details.Detail = error.Message;
            details.Extensions["code"] = error.Code;
            if (error.Field is not null) details.Extensions["field"] = error.Field;
            if (error.Kind == ErrorKind.Unavailable) http.Response.Headers.RetryAfter = "2";
        }

        if (details.Status >= 500) RequestFailed(log, http.Request.Method, http.Request.Path, exception);
        http.Response.StatusCode = details.Status.Value;
        return await problems.TryWriteAsync(new ProblemDetailsContext { HttpContext = http, ProblemDetails = details, Exception = exception });
    }

    [LoggerMessage(LogLevel.Error, "{Method} {Path} failed")]
    private static partial void RequestFailed(ILogger log, string method, PathString path, Exception exception);
}
