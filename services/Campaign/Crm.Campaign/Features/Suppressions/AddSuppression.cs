using System.ComponentModel.DataAnnotations;
using Crm.Campaign.Delivery;
using Crm.Campaign.Domain;
using Crm.ServiceDefaults.Errors;
using Crm.ServiceDefaults.Hosting;
using Crm.ServiceDefaults.Postgres;
using Crm.ServiceDefaults.Security;

namespace Crm.Campaign.Features.Suppressions;

/// <param name="CustomerId">Either this</param>
/// <param name="Address">or this: an e-mail address, a phone number, or a domain.</param>
/// <param name="Channel">One, or all.</param>
public sealed record SuppressionRequest(
    Guid? CustomerId = null,
    [property: StringLength(254)] string? Address = null,
    string Channel = "all",
    [property: StringLength(500), RegularExpression(@"[^\p{Cc}]*", ErrorMessage = "A note has no control characters.")] string? Note = null);

/// <summary>From now on nobody is written to there, whatever their consent says; what is on the list already stays as it was.</summary>
internal static class AddSuppression
{
    public static void Map(RouteGroupBuilder api) =>
        api.MapPost("/suppressions", async (
                SuppressionRequest request, UnitOfWork unitOfWork, Ids ids, TimeProvider time, ActorAccessor actor, CancellationToken cancellationToken) =>
                (await HandleAsync(request, unitOfWork, ids, time, actor, cancellationToken)).ToCreated(_ => "/api/campaign/v1/suppressions"))
            .WithName("AddSuppression").WithSummary("Suppresses a contact, an address, a number or a domain").AllowRoles([.. Roles.Marketing, .. Roles.Service]);

    public static Error? RefuseChannel(string channel) => channel == "all" || Eligibility.Channels.Contains(channel) ? null : AudienceErrors.UnknownChannel("channel");

    private static async Task<Result<SuppressionResponse>> HandleAsync(
        SuppressionRequest request, UnitOfWork unitOfWork, Ids ids, TimeProvider time, ActorAccessor actor, CancellationToken cancellationToken)
    {
        if (RefuseChannel(request.Channel) is { } badChannel) return badChannel;
        if ((request.CustomerId is null) == (request.Address is null)) return Error.Invalid("campaign.suppression_target", "Name either a customer or an address.", "address");

        var values = new { request.CustomerId, request.Channel, request.Note, by = actor.Required.Subject, now = time.GetUtcNow(), id = ids.Next() };
        if (request.CustomerId is not null)
        {
            await unitOfWork.ExecuteAsync(
                """
                INSERT INTO suppressions (customer_id, channel, reason, note, created_by, created_at, id) VALUES (@CustomerId, @Channel, 'manual', @Note, @by, @now, @id)
                ON CONFLICT (customer_id, channel) DO NOTHING
                """,
                values,
                cancellationToken);
            return (await unitOfWork.QuerySingleOrDefaultAsync<SuppressionResponse>(
                SuppressionResponse.OfContacts + " WHERE customer_id = @CustomerId AND channel = @Channel", values, cancellationToken))!;
        }

        if (SuppressionTarget.Parse(request.Address) is not { } target) return AudienceErrors.AddressInvalid("address");
        await unitOfWork.ExecuteAsync(
            """
            INSERT INTO suppressed_addresses (address, channel, kind, reason, note, created_by, created_at)
            SELECT spelling, @Channel, @Kind, 'manual', @Note, @by, @now FROM unnest(@spellings) AS spelling ON CONFLICT (address, channel) DO NOTHING
            """,
            new { values.Channel, target.Kind, values.Note, values.by, values.now, spellings = target.Spellings.ToArray() },
            cancellationToken);
        return (await unitOfWork.QuerySingleOrDefaultAsync<SuppressionResponse>(
            SuppressionResponse.OfAddresses + " WHERE address = @Address AND channel = @Channel", new { target.Address, request.Channel }, cancellationToken))!;
    }
}
