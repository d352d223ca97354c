using System.ComponentModel.DataAnnotations;
using Crm.Campaign.Domain;
using Crm.Campaign.Features.Segments;
using Crm.ServiceDefaults.Errors;
using Crm.ServiceDefaults.Hosting;
using Crm.ServiceDefaults.Paging;
using Crm.ServiceDefaults.Postgres;
using Crm.ServiceDefaults.Security;
using Microsoft.AspNetCore.Http.HttpResults;

namespace Crm.Campaign.Features.Tasks;

/// <param name="TaskId">What it is about; null: the campaign.</param>
public sealed record CommentRequest([property: Required, StringLength(4_000, MinimumLength = 1)] string Text, Guid? TaskId = null);

public sealed record CommentResponse(Guid Id, Guid CampaignId, Guid? TaskId, string Text, string Author, string AuthorName, DateTimeOffset CreatedAt);

/// <summary>What marketers tell each other about a campaign. A comment stays as it was written.</summary>
internal static class Comments
{
    private const string Columns = "id, campaign_id, task_id, text, author, author_name, created_at";

    public static void Map(RouteGroupBuilder api)
    {
        api.MapPost("/campaigns/{id:guid}/comments", async (Guid id, CommentRequest request, UnitOfWork unitOfWork, Ids ids, TimeProvider time, ActorAccessor actor, CancellationToken cancellationToken) =>
                (await AddAsync(id, request, unitOfWork, ids, time, actor.Required, cancellationToken)).ToCreated(_ => $"/api/campaign/v1/campaigns/{id}/comments"))
            .WithName("AddCampaignComment").WithSummary("A remark about a campaign or one of its tasks").AllowRoles(Roles.Marketing);
        api.MapGet("/campaigns/{id:guid}/comments", ListAsync).WithName("ListCampaignComments").WithSummary("Newest first").AllowRoles(MarketingRights.Readers);
    }

    private static async Task<Result<CommentResponse>> AddAsync(
        Guid id, CommentRequest request, UnitOfWork unitOfWork, Ids ids, TimeProvider time, Actor actor, CancellationToken cancellationToken)
    {
        var known = await unitOfWork.QuerySingleOrDefaultAsync<Known>(
            """
            SELECT EXISTS (SELECT 1 FROM campaigns WHERE id = @id) AS campaign,
                @TaskId::uuid IS NULL OR EXISTS (SELECT 1 FROM campaign_tasks WHERE id = @TaskId AND campaign_id = @id) AS task
            """,
            new { id, request.TaskId },
            cancellationToken);
        if (!known!.Campaign) return CampaignErrors.CampaignNotFound;
        if (!known.Task) return TaskErrors.UnknownTask;
        return (await unitOfWork.QuerySingleOrDefaultAsync<CommentResponse>(
            $"""
            INSERT INTO campaign_comments ({Columns}) VALUES (@commentId, @id, @TaskId, @Text, @Subject, @Name, @now) RETURNING {Columns}
            """,
            new { commentId = ids.Next(), id, request.TaskId, request.Text, actor.Subject, actor.Name, now = time.GetUtcNow() },
            cancellationToken))!;
    }

    private static async Task<Ok<Page<CommentResponse>>> ListAsync(Guid id, PageRequest page, UnitOfWork unitOfWork, CancellationToken cancellationToken)
    {
        var rows = await unitOfWork.QueryAsync<CommentResponse>(
            $"SELECT {Columns} FROM campaign_comments WHERE campaign_id = @id AND (@before::uuid IS NULL OR id < @before) ORDER BY id DESC LIMIT @limit + 1",
            new { id, before = page.After<CursorKey>()?.Id, limit = page.Limit },
            cancellationToken);
        return TypedResults.Ok(Page<CommentResponse>.From(rows, page.Limit, row => new CursorKey(row.Id)));
    }

    private sealed record Known(bool Campaign, bool Task);

    private sealed record CursorKey(Guid Id);
}
