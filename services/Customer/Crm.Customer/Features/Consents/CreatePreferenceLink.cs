using Crm.Customer.Domain;
using Crm.Customer.Domain.Privacy;
using Crm.Customer.Persistence;
using Crm.ServiceDefaults.Errors;
using Crm.ServiceDefaults.Security;

namespace Crm.Customer.Features.Consents;

/// <summary>A link to the customer's own preference centre, to be sent to them. Nobody else should have it.</summary>
internal static class CreatePreferenceLink
{
    private static readonly TimeSpan Lifetime = TimeSpan.FromDays(90);

    internal sealed record Response(string Url, DateTimeOffset ExpiresAt);

    public static void Map(RouteGroupBuilder api) => api
        .MapPost("/customers/{id:guid}/preference-links", async (Guid id, CustomerStore store, PrivacyKeys keys, TimeProvider time, CancellationToken cancellationToken) =>
            (await HandleAsync(id, store, keys, time, cancellationToken)).ToOk())
        .WithName("CreatePreferenceLink")
        .AllowRoles(Roles.CustomerEditors);

    private static async Task<Result<Response>> HandleAsync(Guid customerId, CustomerStore store, PrivacyKeys keys, TimeProvider time, CancellationToken cancellationToken)
    {
        if (await store.FindAsync(customerId, cancellationToken) is not { } customer) return CustomerErrors.NotFound;
        var expiresAt = time.GetUtcNow() + Lifetime;
        return new Response(keys.Link("/p/preferences", LinkPurpose.Preferences, customer.Id, expiresAt), expiresAt);
    }
}
