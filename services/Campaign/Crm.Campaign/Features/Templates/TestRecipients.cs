using System.ComponentModel.DataAnnotations;
using Crm.Campaign.Domain;
using Crm.ServiceDefaults.Errors;
using Crm.ServiceDefaults.Hosting;
using Crm.ServiceDefaults.Paging;
using Crm.ServiceDefaults.Postgres;
using Crm.ServiceDefaults.Security;
using Microsoft.AspNetCore.Http.HttpResults;

namespace Crm.Campaign.Features.Templates;

public sealed record TestRecipientRequest(
    [property: Required, EmailAddress, StringLength(254), RegularExpression(@"[\x21-\x7e]+", ErrorMessage = "An address has no spaces and no control characters.")] string Email,
    [property: Required, StringLength(100, MinimumLength = 1), RegularExpression(@"[^\p{Cc}]+", ErrorMessage = "A name has no control characters.")] string Name);

public sealed record TestRecipientResponse(Guid Id, string Email, string Name, string CreatedBy, DateTimeOffset CreatedAt);

/// <summary>Tests go to addresses of this list only, so that a test is no way around consent.</summary>
internal static class TestRecipients
{
    private static readonly Error Exists = Error.Conflict("campaign.test_recipient_exists", "The address is in the list already.", "email");
    private static readonly Error NotFound = Error.NotFound("campaign.test_recipient_not_found", "There is no such test recipient.");

    public static void Map(RouteGroupBuilder api)
    {
        api.MapPost("/test-recipients", async (TestRecipientRequest request, UnitOfWork unitOfWork, Ids ids, TimeProvider time, ActorAccessor actor, CancellationToken cancellationToken) =>
                (await AddAsync(request, unitOfWork, ids, time, actor, cancellationToken)).ToCreated(recipient => $"/api/campaign/v1/test-recipients/{recipient.Id}"))
            .WithName("AddTestRecipient").WithSummary("Lets an address be sent tests").AllowRoles(Roles.Marketing);
        api.MapGet("/test-recipients", ListAsync).WithName("ListTestRecipients").WithSummary("Newest first").AllowRoles(Roles.Marketing);
        api.MapDelete("/test-recipients/{id:guid}", async (Guid id, UnitOfWork unitOfWork, CancellationToken cancellationToken) =>
                (await RemoveAsync(id, unitOfWork, cancellationToken)).ToNoContent())
            .WithName("RemoveTestRecipient").WithSummary("Tests no longer go there").AllowRoles(Roles.Marketing);
    }

    private static async Task<Result<TestRecipientResponse>> AddAsync(
        TestRecipientRequest request, UnitOfWork unitOfWork, Ids ids, TimeProvider time, ActorAccessor actor, CancellationToken cancellationToken)
    {
        var recipient = new TestRecipientResponse(ids.Next(), request.Email, request.Name, actor.Required.Subject, time.GetUtcNow());
        var added = await unitOfWork.ExecuteAsync(
            "INSERT INTO test_recipients (id, email, name, created_by, created_at) VALUES (@Id, @Email, @Name, @CreatedBy, @CreatedAt) ON CONFLICT DO NOTHING", recipient, cancellationToken);
        return added == 0 ? Exists : recipient;
    }

    private static async Task<Ok<Page<TestRecipientResponse>>> ListAsync(PageRequest page, UnitOfWork unitOfWork, CancellationToken cancellationToken)
    {
        var rows = await unitOfWork.QueryAsync<TestRecipientResponse>(
            "SELECT id, email, name, created_by, created_at FROM test_recipients WHERE @before::uuid IS NULL OR id < @before ORDER BY id DESC LIMIT @limit + 1",
            new { before = page.After<CursorKey>()?.Id, limit = page.Limit },
            cancellationToken);
        return TypedResults.Ok(Page<TestRecipientResponse>.From(rows, page.Limit, row => new CursorKey(row.Id)));
    }

    private static async Task<Result<Done>> RemoveAsync(Guid id, UnitOfWork unitOfWork, CancellationToken cancellationToken) =>
        await unitOfWork.ExecuteAsync("DELETE FROM test_recipients WHERE id = @id", new { id }, cancellationToken) == 0 ? NotFound : default(Done);

    private sealed record CursorKey(Guid Id);
}
