using Crm.Campaign.Delivery;
using Crm.Campaign.Domain.Planning;
using Crm.Campaign.Planning;
using Crm.ServiceDefaults.Errors;
using Crm.ServiceDefaults.Hosting;
using Crm.ServiceDefaults.Postgres;
using Crm.ServiceDefaults.Security;
using Microsoft.Extensions.Options;

namespace Crm.Campaign.Features.Calendar;

/// <param name="Url">Whoever has it reads the calendar: it is not to be passed on.</param>
public sealed record FeedResponse(string Url, DateTimeOffset CreatedAt);

/// <summary>A person's own address of the calendar, for calendar programs, which cannot sign in. It holds their tasks only.</summary>
internal static class CalendarFeed
{
    private const int DaysBack = 60;
    private const int DaysAhead = 300;
    private static readonly Error NotFound = Error.NotFound("campaign.link_not_found", "There is no such calendar.");

    public static void Map(RouteGroupBuilder api)
    {
        api.MapPost("/calendar/feed", async (UnitOfWork unitOfWork, Ids ids, TimeProvider time, TrackingTokens tokens, ActorAccessor actor, CancellationToken cancellationToken) =>
                (await CreateAsync(unitOfWork, ids, time, tokens, actor.Required, cancellationToken)).ToCreated(feed => feed.Url))
            .WithName("CreateCalendarFeed").WithSummary("A new iCalendar address of yours; the one before is void").AllowRoles(Roles.Marketing);
        api.MapDelete("/calendar/feed", async (UnitOfWork unitOfWork, ActorAccessor actor, CancellationToken cancellationToken) =>
                (await RemoveAsync(unitOfWork, actor.Required, cancellationToken)).ToNoContent())
            .WithName("RemoveCalendarFeed").WithSummary("Makes your iCalendar address void").AllowRoles(Roles.Marketing);
    }

    public static void MapPage(RouteGroupBuilder pages) => pages.MapGet("/p/calendar/{token}.ics", ReadAsync);

    private static async Task<Result<FeedResponse>> CreateAsync(
        UnitOfWork unitOfWork, Ids ids, TimeProvider time, TrackingTokens tokens, Actor actor, CancellationToken cancellationToken)
    {
        var (id, now) = (ids.Next(), time.GetUtcNow());
        await unitOfWork.ExecuteAsync(
            """
            INSERT INTO calendar_feeds (id, subject, created_at) VALUES (@id, @Subject, @now)
            ON CONFLICT (subject) DO UPDATE SET id = excluded.id, created_at = excluded.created_at
            """,
            new { id, actor.Subject, now },
            cancellationToken);
        return new FeedResponse(tokens.CalendarUrl(id), now);
    }

    private static async Task<Result<Done>> RemoveAsync(UnitOfWork unitOfWork, Actor actor, CancellationToken cancellationToken)
    {
        await unitOfWork.ExecuteAsync("DELETE FROM calendar_feeds WHERE subject = @Subject", new { actor.Subject }, cancellationToken);
        return new Done();
    }

    private static async Task<IResult> ReadAsync(
        string token, HttpContext http, TrackingTokens tokens, UnitOfWork unitOfWork, TimeProvider time, IOptions<PlanOptions> options, CancellationToken cancellationToken)
    {
        if (tokens.Read(TokenPurpose.Calendar, token) is not { } named
            || await unitOfWork.QuerySingleOrDefaultAsync<string>("SELECT subject FROM calendar_feeds WHERE id = @DeliveryId", new { named.DeliveryId }, cancellationToken) is not { } subject)
        {
            return NotFound.ToProblem();
        }

        var now = time.GetUtcNow();
        var today = DateOnly.FromDateTime(now.UtcDateTime);
        var entries = await CalendarEntry.ReadAsync(today.AddDays(-DaysBack), today.AddDays(DaysAhead), options.Value.CalendarZone, subject, unitOfWork, cancellationToken);
        var events = entries.Take(CalendarEntry.Max)
            .Select(entry => new CalendarEvent($"{entry.Id}@campaign", entry.Title, entry.Kind, entry.StartsAt, entry.EndsAt, entry.FirstDay, entry.LastDay));
        http.Response.Headers.CacheControl = "private, no-store";
        http.Response.Headers.XContentTypeOptions = "nosniff";
        http.Response.Headers["X-Robots-Tag"] = "noindex";
        return TypedResults.Content(CalendarWriter.Write("Campaign", events, now), "text/calendar; charset=utf-8");
    }
}
