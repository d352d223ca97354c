using System.Diagnostics.CodeAnalysis;

namespace Grpc.Core.Utils;

/// <summary>Argument and state checks, public because callers of the API use them too.</summary>
public static class GrpcPreconditions
{
    public static void CheckArgument([DoesNotReturnIf(false)] bool condition)
    {
        if (!condition)
            throw new ArgumentException("The argument is not valid.");
    }

    public static void CheckArgument([DoesNotReturnIf(false)] bool condition, string errorMessage)
    {
        if (!condition)
            throw new ArgumentException(errorMessage);
    }

    [return: NotNull]
    public static T CheckNotNull<T>([NotNull] T? reference) =>
        reference is null ? throw new ArgumentNullException(nameof(reference)) : reference;

    [return: NotNull]
    public static T CheckNotNull<T>([NotNull] T? reference, string paramName) =>
        reference is null ? throw new ArgumentNullException(paramName) : reference;

    public static void CheckState([DoesNotReturnIf(false)] bool condition)
    {
        if (!condition)
            throw new InvalidOperationException("The object is in the wrong state for this call.");
    }

    public static void CheckState([DoesNotReturnIf(false)] bool condition, string errorMessage)
    {
        if (!condition)
            throw new InvalidOperationException(errorMessage);
    }
}
