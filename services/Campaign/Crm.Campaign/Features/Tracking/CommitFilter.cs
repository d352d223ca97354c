using Crm.ServiceDefaults.Postgres;

namespace Crm.Campaign.Features.Tracking;

/// <summary>
/// Edge of the public pages: what a visit records is one transaction, committed when the handler succeeded. Visits need no
/// <c>Idempotency-Key</c>: mail programs cannot send one, and recording twice is told apart by the delivery.
/// </summary>
internal sealed class CommitFilter(UnitOfWork unitOfWork) : IEndpointFilter
{
    public async ValueTask<object?> InvokeAsync(EndpointFilterInvocationContext context, EndpointFilterDelegate next)
    {
        var result = await next(context);
        await unitOfWork.CommitAsync(context.HttpContext.RequestAborted);
        return result;
    }
}
