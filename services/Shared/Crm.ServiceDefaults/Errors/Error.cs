namespace Crm.ServiceDefaults.Errors;

/// <summary>What sort of refusal it is; decides the HTTP and gRPC status.</summary>
public enum ErrorKind
{
    /// <summary>The request itself is wrong: 400, INVALID_ARGUMENT.</summary>
    Invalid,

    /// <summary>Well formed, but a rule of the domain refuses it: 422, FAILED_PRECONDITION.</summary>
    Unprocessable,

    /// <summary>Absent, or invisible to the caller: 404, NOT_FOUND.</summary>
    NotFound,

    /// <summary>Something else with that key exists: 409, ALREADY_EXISTS.</summary>
    Conflict,

    /// <summary>The caller's version is not the current one: 412, ABORTED.</summary>
    Stale,

    /// <summary>Visible, but not for this caller to do: 403, PERMISSION_DENIED.</summary>
    Forbidden,

    /// <summary>A part that is needed does not answer: 503, UNAVAILABLE.</summary>
    Unavailable,
}

/// <summary>An expected refusal.</summary>
/// <param name="Code">Stable, snake case, <c>service.reason</c>; what clients branch on.</param>
/// <param name="Message">For people, in English.</param>
/// <param name="Kind">Decides the status.</param>
/// <param name="Field">Path of the input member at fault, as in the request body (<c>lines[0].quantity</c>).</param>
public sealed record Error(string Code, string Message, ErrorKind Kind, string? Field = null)
{
    public static Error Invalid(string code, string message, string? field = null) => new(code, message, ErrorKind.Invalid, field);
    public static Error Unprocessable(string code, string message, string? field = null) => new(code, message, ErrorKind.Unprocessable, field);
    public static Error NotFound(string code, string message) => new(code, message, ErrorKind.NotFound);
    public static Error Conflict(string code, string message, string? field = null) => new(code, message, ErrorKind.Conflict, field);
    public static Error Stale(string code, string message) => new(code, message, ErrorKind.Stale);
    public static Error Forbidden(string code, string message) => new(code, message, ErrorKind.Forbidden);
    public static Error Unavailable(string code, string message) => new(code, message, ErrorKind.Unavailable);
}

/// <summary>Carries an <see cref="Error"/> out of places that cannot return a <see cref="Result{T}"/> (binding, gRPC adapters).</summary>
public sealed class ErrorException(Error error) : Exception(error.Message)
{
    public Error Error { get; } = error;
}
