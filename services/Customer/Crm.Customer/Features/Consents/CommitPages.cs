using Crm.ServiceDefaults.Postgres;

namespace Crm.Customer.Features.Consents;

/// <summary>The edge of the public pages: nobody signs in there and no key is asked for; what the handler wrote is committed, a refusal stores nothing.</summary>
internal sealed class CommitPages(UnitOfWork unitOfWork) : IEndpointFilter
{
    public async ValueTask<object?> InvokeAsync(EndpointFilterInvocationContext context, EndpointFilterDelegate next)
    {
        var result = await next(context);
        if (result is not IStatusCodeHttpResult { StatusCode: >= 400 }) await unitOfWork.CommitAsync(context.HttpContext.RequestAborted);
        return result;
    }
}
