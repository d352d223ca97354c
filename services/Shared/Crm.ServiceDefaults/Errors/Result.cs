using System.Diagnostics.CodeAnalysis;

namespace Crm.ServiceDefaults.Errors;

/// <summary>A value, or the reason why there is none. Handlers just <c>return value;</c> or <c>return CustomerErrors.NotFound;</c>.</summary>
public readonly struct Result<T>
{
    private readonly T? _value;

    private Result(T? value, Error? error)
    {
        _value = value;
        Error = error;
    }

    public Error? Error { get; }

    [MemberNotNullWhen(false, nameof(Error))]
    public bool IsSuccess => Error is null;

    /// <summary>The value; on a refusal throws <see cref="ErrorException"/>, which the edges turn into the right status.</summary>
    public T Value => Error is null ? _value! : throw new ErrorException(Error);

    public bool TryGet([MaybeNullWhen(false)] out T value, [MaybeNullWhen(true)] out Error error)
    {
        value = _value;
        error = Error;
        return Error is null;
    }

    public static implicit operator Result<T>(T value) => new(value, null);
    public static implicit operator Result<T>(Error error) => new(default, error);
}

/// <summary>The value of a <see cref="Result{T}"/> that has nothing to say but "done".</summary>
public readonly record struct Done;
