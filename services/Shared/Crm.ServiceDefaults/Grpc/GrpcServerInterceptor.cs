using System.Diagnostics;
using System.Diagnostics.Metrics;
using Crm.ServiceDefaults.Errors;
using Crm.ServiceDefaults.Postgres;
using Grpc.Core;
using Grpc.Core.Interceptors;

namespace Crm.ServiceDefaults.Grpc;

/// <summary>
/// Edge of every rpc: a unary call is one transaction, committed when it succeeded (a stream commits its own batches); refusals become
/// gRPC statuses with the stable code in the trailer <c>crm-code</c> and the field in <c>crm-field</c>.
/// </summary>
internal sealed partial class GrpcServerInterceptor(ILogger<GrpcServerInterceptor> log) : Interceptor
{
    private static readonly Histogram<double> Durations = new Meter("Crm.Grpc").CreateHistogram<double>("crm.grpc.server.duration", "s", "Time to answer, by method and status");

    public override Task<TResponse> UnaryServerHandler<TRequest, TResponse>(
        TRequest request, ServerCallContext context, UnaryServerMethod<TRequest, TResponse> continuation) => Guard(context, async () =>
        {
            var response = await continuation(request, context);
            await context.GetHttpContext().RequestServices.GetRequiredService<UnitOfWork>().CommitAsync(context.CancellationToken);
            return response;
        });

    public override Task<TResponse> ClientStreamingServerHandler<TRequest, TResponse>(
        IAsyncStreamReader<TRequest> requestStream, ServerCallContext context, ClientStreamingServerMethod<TRequest, TResponse> continuation) =>
        Guard(context, () => continuation(requestStream, context));

    public override Task ServerStreamingServerHandler<TRequest, TResponse>(
        TRequest request, IServerStreamWriter<TResponse> responseStream, ServerCallContext context, ServerStreamingServerMethod<TRequest, TResponse> continuation) =>
        Guard(context, () => continuation(request, responseStream, context));

    public override Task DuplexStreamingServerHandler<TRequest, TResponse>(
        IAsyncStreamReader<TRequest> requestStream, IServerStreamWriter<TResponse> responseStream, ServerCallContext context,
        DuplexStreamingServerMethod<TRequest, TResponse> continuation) => Guard(context, () => continuation(requestStream, responseStream, context));

    private Task<int> Guard(ServerCallContext context, Func<Task> call) => Guard(context, async () =>
    {
        await call();
        return 0;
    });

    private async Task<T> Guard<T>(ServerCallContext context, Func<Task<T>> call)
    {
        var started = Stopwatch.GetTimestamp();
        var answer = AnswerAsync(context, call);
        await ((Task)answer).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        var status = answer.IsCompletedSuccessfully ? StatusCode.OK : answer.Exception?.InnerException is RpcException refusal ? refusal.StatusCode : StatusCode.Cancelled;
        Durations.Record(Stopwatch.GetElapsedTime(started).TotalSeconds, new("method", context.Method), new("status", status.ToString()));
        return await answer;
    }

    private async Task<T> AnswerAsync<T>(ServerCallContext context, Func<Task<T>> call)
    {
        try
        {
            return await call();
        }
        catch (Exception exception) when (exception is not RpcException && Problems.Explain(exception) is { } error)
        {
            var trailers = new Metadata { { "crm-code", error.Code } };
            if (error.Field is not null) trailers.Add("crm-field", error.Field);
            throw new RpcException(new Status(StatusOf(error.Kind), error.Message), trailers);
        }
        catch (Exception exception) when (exception is not RpcException and not OperationCanceledException)
        {
            Failed(log, context.Method, exception);
            throw new RpcException(new Status(StatusCode.Internal, "The call failed."));
        }
    }

    private static StatusCode StatusOf(ErrorKind kind) => kind switch
    {
        ErrorKind.Invalid => StatusCode.InvalidArgument,
        ErrorKind.Unprocessable => StatusCode.FailedPrecondition,
        ErrorKind.NotFound => StatusCode.NotFound,
        ErrorKind.Conflict => StatusCode.AlreadyExists,
        ErrorKind.Stale => StatusCode.Aborted,
        ErrorKind.Forbidden => StatusCode.PermissionDenied,
        _ => StatusCode.Unavailable,
    };

    [LoggerMessage(LogLevel.Error, "{Method} failed")]
    private static partial void Failed(ILogger log, string method, Exception exception);
}
