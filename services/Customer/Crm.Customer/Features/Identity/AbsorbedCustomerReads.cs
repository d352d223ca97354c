using Crm.Customer.Persistence;

namespace Crm.Customer.Features.Identity;

/// <summary>
/// What belongs to a customer who was merged into another belongs to that one: <c>GET</c>, <c>PUT</c> and <c>DELETE /customers/{id}/...</c> of the old id mean the
/// survivor's. A <c>POST</c> keeps the id it names: what it records is the survivor's too, and undoing the merge gives it back.
/// </summary>
internal sealed class AbsorbedCustomerReads(CustomerStore store) : IEndpointFilter
{
    public async ValueTask<object?> InvokeAsync(EndpointFilterInvocationContext context, EndpointFilterDelegate next)
    {
        var http = context.HttpContext;
        if (!HttpMethods.IsPost(http.Request.Method)
            && (http.GetEndpoint() as RouteEndpoint)?.RoutePattern.RawText?.Contains("/customers/{id:guid}/", StringComparison.Ordinal) == true
            && Guid.TryParse(http.GetRouteValue("id") as string, out var named))
        {
            var current = await store.CurrentIdAsync(named, http.RequestAborted);
            for (var i = 0; current != named && i < context.Arguments.Count; i++)
            {
                if (context.Arguments[i] is Guid id && id == named) context.Arguments[i] = current;
            }
        }

        return await next(context);
    }
}
