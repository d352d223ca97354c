using Crm.Customer.Domain;
using Crm.Customer.Persistence;
using Crm.ServiceDefaults.Errors;
using Crm.ServiceDefaults.Paging;
using Crm.ServiceDefaults.Postgres;
using Crm.ServiceDefaults.Security;

namespace Crm.Customer.Features.Interactions;

/// <summary>Where I was named, newest first; and the customers that I follow.</summary>
internal static class Mentions
{
    public const int Most = 20;

    internal sealed class Item
    {
        public Guid EntryId { get; init; }
        public Guid CustomerId { get; init; }
        public string CustomerName { get; init; } = "";
        public string Text { get; set; } = "";
        public string MentionedBy { get; init; } = "";
        public DateTimeOffset MentionedAt { get; init; }
        public DateTimeOffset? ReadAt { get; init; }
    }

    internal sealed class Follower
    {
        public string Subject { get; init; } = "";
        public string Name { get; init; } = "";
        public DateTimeOffset Since { get; init; }
    }

    private sealed record Position(DateTimeOffset MentionedAt, Guid EntryId);

    public static void Map(RouteGroupBuilder api)
    {
        api.MapGet("/mentions", async (PageRequest page, SubjectKeys keys, UnitOfWork unitOfWork, ActorAccessor actor, CancellationToken cancellationToken) =>
            TypedResults.Ok(await ListAsync(page, actor.Required, keys, unitOfWork, cancellationToken)))
            .WithName("ListMentions").AllowRoles(Roles.Staff);
        api.MapPut("/mentions/{entryId:guid}/read", async (Guid entryId, UnitOfWork unitOfWork, ActorAccessor actor, TimeProvider time, CancellationToken cancellationToken) =>
            (await ReadAsync(entryId, actor.Required, unitOfWork, time, cancellationToken)).ToNoContent())
            .WithName("ReadMention").AllowRoles(Roles.Staff);
        api.MapGet("/customers/{id:guid}/followers", async (Guid id, UnitOfWork unitOfWork, CancellationToken cancellationToken) =>
            TypedResults.Ok(await unitOfWork.QueryAsync<Follower>("SELECT subject, name, since FROM followers WHERE customer_id = @id ORDER BY since, subject LIMIT 200", new { id }, cancellationToken)))
            .WithName("ListFollowers").AllowRoles(Roles.Staff);
        api.MapPut("/customers/{id:guid}/followers/me", async (
                Guid id, CustomerStore store, UnitOfWork unitOfWork, ActorAccessor actor, TimeProvider time, CancellationToken cancellationToken) =>
            (await FollowAsync(id, true, actor.Required, store, unitOfWork, time, cancellationToken)).ToNoContent())
            .WithName("FollowCustomer").AllowRoles(Roles.Staff);
        api.MapDelete("/customers/{id:guid}/followers/me", async (
                Guid id, CustomerStore store, UnitOfWork unitOfWork, ActorAccessor actor, TimeProvider time, CancellationToken cancellationToken) =>
            (await FollowAsync(id, false, actor.Required, store, unitOfWork, time, cancellationToken)).ToNoContent())
            .WithName("UnfollowCustomer").AllowRoles(Roles.Staff);
    }

    internal static async Task RecordAsync(
        TimelineEntry entry, string[] subjects, string text, Actor by, SubjectKeys keys, UnitOfWork unitOfWork, CancellationToken cancellationToken)
    {
        if (subjects.Length == 0) return;
        var shown = await keys.SealAsync(entry.CustomerId, entry.EntryId, Column, text.Length <= 300 ? text : text[..300], cancellationToken);
        await unitOfWork.ExecuteAsync(
            """
            INSERT INTO mentions (subject, entry_id, customer_id, text, mentioned_by, mentioned_at)
            SELECT s, @EntryId, @CustomerId, @shown, @by, @OccurredAt FROM unnest(@subjects) s ON CONFLICT DO NOTHING
            """,
            new { subjects, entry.EntryId, entry.CustomerId, entry.OccurredAt, shown, by = by.Name },
            cancellationToken);
    }

    /// <summary>Where the text is sealed for: not the note itself, which has the same key and row.</summary>
    private const string Column = "mention";

    private static async Task<Page<Item>> ListAsync(PageRequest page, Actor reader, SubjectKeys keys, UnitOfWork unitOfWork, CancellationToken cancellationToken)
    {
        var after = page.After<Position>();
        var rows = await unitOfWork.QueryAsync<Item>(
            """
            SELECT m.entry_id, m.customer_id, c.display_name AS customer_name, m.text, m.mentioned_by, m.mentioned_at, m.read_at
            FROM mentions m JOIN customers c ON c.id = m.customer_id
            WHERE m.subject = @Subject AND (@afterId::uuid IS NULL OR (m.mentioned_at, m.entry_id) < (@afterAt::timestamptz, @afterId))
            ORDER BY m.mentioned_at DESC, m.entry_id DESC LIMIT @limit
            """,
            new { reader.Subject, afterAt = after?.MentionedAt, afterId = after?.EntryId, limit = page.Limit + 1 },
            cancellationToken);
        var open = keys.Open();
        await open.PrepareAsync(rows.Select(row => row.Text), cancellationToken);
        foreach (var row in rows) row.Text = (await open.TextAsync(row.Text, row.EntryId, Column, cancellationToken))!;
        return Page<Item>.From(rows, page.Limit, row => new Position(row.MentionedAt, row.EntryId));
    }

    private static async Task<Result<Done>> ReadAsync(Guid entryId, Actor reader, UnitOfWork unitOfWork, TimeProvider time, CancellationToken cancellationToken) =>
        await unitOfWork.ExecuteAsync(
            "UPDATE mentions SET read_at = coalesce(read_at, @now) WHERE subject = @Subject AND entry_id = @entryId", new { reader.Subject, entryId, now = time.GetUtcNow() }, cancellationToken) == 1
            ? new Done()
            : CustomerErrors.MentionNotFound;

    private static async Task<Result<Done>> FollowAsync(
        Guid id, bool follows, Actor actor, CustomerStore store, UnitOfWork unitOfWork, TimeProvider time, CancellationToken cancellationToken)
    {
        if (!await store.ExistsAsync(id, cancellationToken)) return CustomerErrors.NotFound;
        await unitOfWork.ExecuteAsync(
            follows
                ? "INSERT INTO followers (customer_id, subject, name, since) VALUES (@id, @Subject, @Name, @now) ON CONFLICT DO NOTHING"
                : "DELETE FROM followers WHERE customer_id = @id AND subject = @Subject",
            new { id, actor.Subject, actor.Name, now = time.GetUtcNow() },
            cancellationToken);
        return new Done();
    }
}
