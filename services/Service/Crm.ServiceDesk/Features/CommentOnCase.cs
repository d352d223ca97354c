using System.ComponentModel.DataAnnotations;
using Crm.ServiceDefaults.Errors;
using Crm.ServiceDefaults.Hosting;
using Crm.ServiceDefaults.Paging;
using Crm.ServiceDefaults.Postgres;
using Crm.ServiceDefaults.Security;
using Crm.ServiceDesk.Contracts.Events.V1;
using Crm.ServiceDesk.Persistence;

namespace Crm.ServiceDesk.Features;

/// <summary>Adds a reply to the customer, or a note that only staff see.</summary>
internal static class CommentOnCase
{
    /// <param name="IsInternal">Only staff see it; it never leaves the service.</param>
    /// <param name="AwaitsCustomer">The next step is the customer's: the case becomes pending.</param>
    public sealed record Request(
        [property: Required, StringLength(20_000, MinimumLength = 1)] string Text,
        bool IsInternal = false,
        bool AwaitsCustomer = false);

    public static void Map(RouteGroupBuilder api) => api
        .MapPost("/cases/{id:guid}/comments", async (
            Guid id, Request request, IfMatch ifMatch, CaseStore store, UnitOfWork unitOfWork, ActorAccessor actor, Ids ids, TimeProvider time,
            CancellationToken cancellationToken) =>
            (await Handle(id, request, ifMatch, store, unitOfWork, actor.Required, ids, time, cancellationToken)).ToOk())
        .WithName("CommentOnCase")
        .AllowRoles([.. Roles.Service, Roles.SalesRep, Roles.SalesManager]);

    private static async Task<Result<CaseResponse>> Handle(
        Guid id, Request request, IfMatch ifMatch, CaseStore store, UnitOfWork unitOfWork, Actor author, Ids ids, TimeProvider time,
        CancellationToken cancellationToken)
    {
        if (!(await store.LoadAsync(id, ifMatch.Version, cancellationToken)).TryGet(out var found, out var error)) return error;

        await unitOfWork.ExecuteAsync(
            "INSERT INTO case_comments (id, case_id, author, is_internal, text, created_at) VALUES (@CommentId, @id, @author, @IsInternal, @Text, @now)",
            new { CommentId = ids.Next(), id, author = author.Name, request.IsInternal, request.Text, now = time.GetUtcNow() },
            cancellationToken);
        var commented = request.IsInternal ? found.Note() : found.Comment(request.AwaitsCustomer);
        // What a department's system writes by itself answers nobody.
        var isResponse = !request.IsInternal && !author.Roles.Contains(Roles.Integration);
        var saved = await store.SaveAsync(commented, CaseChange.Commented, request.IsInternal ? null : request.Text, cancellationToken, isResponse);
        return saved.TryGet(out var value, out error) ? CaseResponse.Of(value) : error;
    }
}
