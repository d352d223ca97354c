using Crm.Customer.Domain;
using Crm.Customer.Persistence;
using Crm.ServiceDefaults.Errors;
using Crm.ServiceDefaults.Hosting;
using Crm.ServiceDefaults.Security;

namespace Crm.Customer.Features;

/// <summary>What somebody wants the next colleague to know, on the customer's timeline.</summary>
internal static class AddNote
{
    private const int MaxText = 4000;

    internal sealed record Request(string Text);

    internal sealed record Response(Guid EntryId, DateTimeOffset OccurredAt, string Text, string Author);

    public static void Map(RouteGroupBuilder api) => api
        .MapPost("/customers/{id:guid}/notes", async (
            Guid id, Request request, CustomerStore store, Timeline timeline, ActorAccessor actor, Ids ids, TimeProvider time, CancellationToken cancellationToken) =>
            (await HandleAsync(id, request, store, timeline, actor.Required, ids, time, cancellationToken)).ToCreated(_ => $"/api/customer/v1/customers/{id}/timeline"))
        .WithName("AddNote")
        .AllowRoles(Roles.CustomerEditors);

    private static async Task<Result<Response>> HandleAsync(
        Guid customerId, Request request, CustomerStore store, Timeline timeline, Actor author, Ids ids, TimeProvider time, CancellationToken cancellationToken)
    {
        if (string.IsNullOrWhiteSpace(request.Text)) return CustomerErrors.NoteEmpty("text");
        if (request.Text.Length > MaxText) return CustomerErrors.TooLong("text", MaxText);
        if (!PlainText.IsCleanBlock(request.Text)) return CustomerErrors.InvalidCharacters("text");
        if (!await store.ExistsAsync(customerId, cancellationToken)) return CustomerErrors.NotFound;

        var text = request.Text.Trim();
        var note = ids.Next();
        var entry = TimelineEntry.Of(
            customerId, time.GetUtcNow(), "note.added", note.ToString(), "customer", $"note:{note}", ("text", text), ("author", author.Name), ("authorId", author.Subject));
        await timeline.AppendAsync([entry], cancellationToken);
        return new Response(entry.EntryId, entry.OccurredAt, text, author.Name);
    }
}
