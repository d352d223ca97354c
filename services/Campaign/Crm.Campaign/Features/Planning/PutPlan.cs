using System.ComponentModel.DataAnnotations;
using System.Text.Json;
using Crm.Campaign.Domain;
using Crm.Campaign.Domain.Planning;
using Crm.Campaign.Features.Segments;
using Crm.ServiceDefaults.Errors;
using Crm.ServiceDefaults.Paging;
using Crm.ServiceDefaults.Postgres;
using Crm.ServiceDefaults.Security;

namespace Crm.Campaign.Features.Planning;

/// <param name="EndsAt">Nothing is sent from then on.</param>
/// <param name="Currency">ISO 4217, of all amounts.</param>
/// <param name="ExpectedRevenue">That the campaign is to bring in.</param>
/// <param name="MessageCosts">By channel, what one message costs.</param>
/// <param name="PointCost">What a loyalty point costs that it gives.</param>
/// <param name="Owner">Subject of the marketer who answers for it.</param>
public sealed record PlanRequest(
    PlannedTime? Launch = null,
    DateTimeOffset? EndsAt = null,
    string? Currency = null,
    decimal? Budget = null,
    decimal? ExpectedRevenue = null,
    Dictionary<string, decimal>? MessageCosts = null,
    decimal? PointCost = null,
    [property: StringLength(200, MinimumLength = 1)] string? Owner = null,
    [property: StringLength(4_000)] string? Goal = null,
    [property: MaxLength(50)] string[]? Tags = null);

/// <summary>Replaces the plan. A scheduled campaign keeps its place and is launched at the new time; what was approved is void.</summary>
internal static class PutPlan
{
    public static readonly string[] Channels = ["email", "sms", "whatsapp", "push", "webhook", "phone", "post", "pos"];

    public static void Map(RouteGroupBuilder api)
    {
        api.MapGet("/campaigns/{id:guid}/plan", async (Guid id, UnitOfWork unitOfWork, CancellationToken cancellationToken) =>
                (await PlanRow.ReadAsync(id, unitOfWork, cancellationToken)).ToOk())
            .WithName("GetCampaignPlan").WithSummary("Launch time, budget, goal, and what the schedule waits for").AllowRoles(MarketingRights.Readers);
        api.MapPut("/campaigns/{id:guid}/plan", async (Guid id, PlanRequest request, IfMatch ifMatch, UnitOfWork unitOfWork, TimeProvider time, ActorAccessor actor, CancellationToken cancellationToken) =>
                (await HandleAsync(id, request, ifMatch, unitOfWork, time, actor.Required, cancellationToken)).ToOk())
            .WithName("PutCampaignPlan").WithSummary("Replaces the plan of a campaign that is not launched, or the amounts of a triggered one").AllowRoles(Roles.Marketing);
    }

    private static async Task<Result<PlanResponse>> HandleAsync(
        Guid id, PlanRequest request, IfMatch ifMatch, UnitOfWork unitOfWork, TimeProvider time, Actor actor, CancellationToken cancellationToken)
    {
        var now = time.GetUtcNow();
        if (Check(request) is { } error) return error;
        if (!ToInstant(request.Launch).TryGet(out var launchAt, out error)) return error;
        if (request.EndsAt is { } end && end <= (launchAt.At ?? now)) return Error.Unprocessable("campaign.end_before_launch", "The end comes after the launch, and is not over.", "endsAt");

        if (await unitOfWork.QuerySingleOrDefaultAsync<CampaignState>("SELECT state, kind FROM campaigns WHERE id = @id FOR NO KEY UPDATE", new { id }, cancellationToken) is not var (state, kind))
        {
            return CampaignErrors.CampaignNotFound;
        }

        // A triggered campaign runs for years: what it costs and is to bring in may change meanwhile, but it has no times.
        var running = kind == "triggered" && state is "sending" or "paused" && request is { Launch: null, EndsAt: null };
        if (state is not ("draft" or "scheduled") && !running) return CampaignErrors.WrongState(state, "a draft or scheduled");
        if (state == "scheduled" && launchAt.At is null) return PlanErrors.NoLaunchTime;
        if (state == "scheduled" && launchAt.At <= now) return PlanErrors.LaunchTimePassed;
        if (await unitOfWork.ExecuteAsync("UPDATE campaigns SET version = version + 1 WHERE id = @id AND version = @Version", new { id, ifMatch.Version }, cancellationToken) == 0)
        {
            return CampaignErrors.Stale;
        }

        await unitOfWork.ExecuteAsync(
            """
            INSERT INTO campaign_plans (campaign_id, launch_at, launch_local, launch_zone, ends_at, currency, budget, expected_revenue, message_costs, point_cost, owner, goal, tags, changed_by, changed_at)
            VALUES (@id, @At, @Local, @Zone, @EndsAt, @Currency, @Budget, @ExpectedRevenue, @costs::jsonb, @PointCost, @Owner, @Goal, @tags, @Subject, @now)
            ON CONFLICT (campaign_id) DO UPDATE SET launch_at = excluded.launch_at, launch_local = excluded.launch_local, launch_zone = excluded.launch_zone,
                ends_at = excluded.ends_at, currency = excluded.currency, budget = excluded.budget, expected_revenue = excluded.expected_revenue,
                message_costs = excluded.message_costs, point_cost = excluded.point_cost, owner = excluded.owner, goal = excluded.goal, tags = excluded.tags,
                changed_by = excluded.changed_by, changed_at = excluded.changed_at
            """,
            new
            {
                id, launchAt.At, request.Launch?.Local, request.Launch?.Zone, EndsAt = request.EndsAt?.ToUniversalTime(), request.Currency, request.Budget,
                request.ExpectedRevenue, costs = JsonSerializer.Serialize(request.MessageCosts ?? []), request.PointCost, request.Owner, request.Goal,
                tags = (request.Tags ?? []).Distinct(StringComparer.Ordinal).ToArray(), actor.Subject, now,
            },
            cancellationToken);
        await unitOfWork.ExecuteAsync(
            "UPDATE campaign_schedules SET launch_at = @At, next_attempt_at = @At, hold_code = NULL, hold_message = NULL WHERE campaign_id = @id AND launch_at <> @At",
            new { id, launchAt.At },
            cancellationToken);
        return await PlanRow.ReadAsync(id, unitOfWork, cancellationToken);
    }

    private sealed record CampaignState(string State, string Kind);

    private static Error? Check(PlanRequest request)
    {
        if (request.Currency is { } currency && Money.CheckCurrency(currency, "currency") is { } unknown) return unknown;
        if (Money.CheckAmount(request.Budget, request.Currency, "budget") is { } budget) return budget;
        if (Money.CheckAmount(request.ExpectedRevenue, request.Currency, "expectedRevenue") is { } revenue) return revenue;
        foreach (var (channel, cost) in request.MessageCosts ?? [])
        {
            if (!Channels.Contains(channel)) return Error.Invalid("campaign.unknown_channel", $"There is no channel '{channel}'. There are: {string.Join(", ", Channels)}.", $"messageCosts.{channel}");
            if (Money.CheckAmount(cost, request.Currency, $"messageCosts.{channel}", isUnitCost: true) is { } wrong) return wrong;
        }

        if (Money.CheckAmount(request.PointCost, request.Currency, "pointCost", isUnitCost: true) is { } pointCost) return pointCost;
        var tag = Array.FindIndex(request.Tags ?? [], tag => tag is null || tag.Length is 0 or > 100 || string.IsNullOrWhiteSpace(tag));
        return tag < 0 ? null : Error.Invalid("campaign.tag_invalid", "A tag has 1 to 100 characters.", $"tags[{tag}]");
    }

    private static Result<PlannedTime> ToInstant(PlannedTime? planned)
    {
        if (planned is null) return new PlannedTime();
        if (planned.At is null == planned.Local is null || (planned.Zone is not null && planned.Local is null))
        {
            return Error.Invalid("campaign.launch_time_unclear", "A launch is at an instant (at), or at a local time (local) of a zone.", "launch");
        }

        if (planned.At is { } at) return new PlannedTime(at.ToUniversalTime());
        return LaunchTime.FromLocal(planned.Local!, planned.Zone, "launch.local").TryGet(out var instant, out var error) ? new PlannedTime(instant) : error;
    }
}
