using Crm.Customer.Domain;
using Crm.Customer.Persistence;
using Crm.ServiceDefaults.Errors;
using Crm.ServiceDefaults.Hosting;
using Crm.ServiceDefaults.Security;

namespace Crm.Customer.Features;

/// <summary>Adds a decision to the customer's consent ledger. A decision that took effect before the one in force is kept, and changes nothing.</summary>
internal static class RecordConsent
{
    internal sealed record Request(
        string Channel, string Purpose, bool Granted, string NoticeVersion, string CaptureSource = "agent", DateTimeOffset? EffectiveAt = null);

    internal sealed record Response(
        Guid Id, string Channel, string Purpose, bool Granted, string NoticeVersion, string CaptureSource, DateTimeOffset EffectiveAt);

    public static void Map(RouteGroupBuilder api) => api
        .MapPost("/customers/{id:guid}/consents", async (
            Guid id, Request request, CustomerStore store, ConsentLedger ledger, Ids ids, TimeProvider time, CancellationToken cancellationToken) =>
            (await HandleAsync(id, request, store, ledger, ids, time, cancellationToken)).ToCreated(_ => $"/api/customer/v1/customers/{id}/consents"))
        .WithName("RecordConsent")
        .AllowRoles(Roles.CustomerEditors);

    private static async Task<Result<Response>> HandleAsync(
        Guid customerId, Request request, CustomerStore store, ConsentLedger ledger, Ids ids, TimeProvider time, CancellationToken cancellationToken)
    {
        var now = time.GetUtcNow();
        if (ConsentDecision.Refusal(request.Channel, request.Purpose, request.NoticeVersion, request.CaptureSource, request.EffectiveAt, now, "") is { } error) return error;
        if (!await store.ExistsAsync(customerId, cancellationToken)) return CustomerErrors.NotFound;
        customerId = await store.CurrentIdAsync(customerId, cancellationToken);

        var decision = new ConsentDecision
        {
            Id = ids.Next(),
            CustomerId = customerId,
            Channel = request.Channel,
            Purpose = request.Purpose,
            Granted = request.Granted,
            NoticeVersion = request.NoticeVersion.Trim(),
            CaptureSource = request.CaptureSource,
            EffectiveAt = request.EffectiveAt?.ToUniversalTime() ?? now,
        };
        await ledger.RecordAsync(decision, cancellationToken);
        return new Response(
            decision.Id, decision.Channel, decision.Purpose, decision.Granted, decision.NoticeVersion, decision.CaptureSource, decision.EffectiveAt);
    }
}
