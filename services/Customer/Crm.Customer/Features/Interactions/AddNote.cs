using Crm.Customer.Domain;
using Crm.Customer.Persistence;
using Crm.ServiceDefaults.Errors;
using Crm.ServiceDefaults.Hosting;
using Crm.ServiceDefaults.Idempotency;
using Crm.ServiceDefaults.Postgres;
using Crm.ServiceDefaults.Security;

namespace Crm.Customer.Features.Interactions;

/// <summary>What somebody wants the next colleague to know, on the customer's timeline; those whom it mentions find it in their list.</summary>
internal static class AddNote
{
    private const int MaxText = 4000;

    /// <param name="Mentions">Subjects of the people meant.</param>
    /// <param name="Visibility">everyone, unit or me.</param>
    internal sealed record Request(string Text, IReadOnlyList<string>? Mentions = null, string? Visibility = null);

    internal sealed record Response(Guid EntryId, DateTimeOffset OccurredAt, string Text, string Author) : IKeptInPart
    {
        object IKeptInPart.Kept => this with { Text = "" };
    }

    public static void Map(RouteGroupBuilder api) => api
        .MapPost("/customers/{id:guid}/notes", async (
            Guid id, Request request, CustomerStore store, Timeline timeline, SubjectKeys keys, UnitOfWork unitOfWork, ActorAccessor actor, Ids ids, TimeProvider time, CancellationToken cancellationToken) =>
            (await HandleAsync(id, request, store, timeline, keys, unitOfWork, actor.Required, ids, time, cancellationToken)).ToCreated(_ => $"/api/customer/v1/customers/{id}/timeline"))
        .WithName("AddNote")
        .AllowRoles(Roles.CustomerEditors);

    private static async Task<Result<Response>> HandleAsync(
        Guid customerId, Request request, CustomerStore store, Timeline timeline, SubjectKeys keys, UnitOfWork unitOfWork, Actor author, Ids ids, TimeProvider time, CancellationToken cancellationToken)
    {
        if (string.IsNullOrWhiteSpace(request.Text)) return CustomerErrors.NoteEmpty("text");
        if (request.Text.Length > MaxText) return CustomerErrors.TooLong("text", MaxText);
        if (!PlainText.IsCleanBlock(request.Text)) return CustomerErrors.InvalidCharacters("text");
        var check = new InputCheck();
        var visibility = EntryVisibility.From(request.Visibility, author, check);
        var mentions = check.List(request.Mentions, "mentions", Mentions.Most, 100);
        if (check.Error is { } error) return error;
        if (!await store.ExistsAsync(customerId, cancellationToken)) return CustomerErrors.NotFound;

        var text = request.Text.Trim();
        var note = ids.Next();
        var stored = await keys.SealAsync(customerId, TimelineEntry.IdOf("note.added", note.ToString()), "text", text, cancellationToken);
        var entry = TimelineEntry.Of(
            customerId, time.GetUtcNow(), "note.added", note.ToString(), "customer", $"note:{note}", ("text", stored), ("author", author.Name), ("authorId", author.Subject));
        await timeline.AppendAsync([entry], visibility, cancellationToken);
        await Mentions.RecordAsync(entry, mentions, text, author, keys, unitOfWork, cancellationToken);
        return new Response(entry.EntryId, entry.OccurredAt, text, author.Name);
    }
}
