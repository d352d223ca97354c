using System.ComponentModel.DataAnnotations;
using Crm.Analytics.Domain;
using Crm.Analytics.Domain.Offers;
using Crm.Analytics.Jobs;
using Crm.Analytics.Persistence;
using Crm.ServiceDefaults.Errors;
using Crm.ServiceDefaults.Paging;
using Crm.ServiceDefaults.Postgres;
using Crm.ServiceDefaults.Security;
using Microsoft.Extensions.Options;

namespace Crm.Analytics.Features.Offers;

/// <summary>Asks for the mining of what is bought together, tells where it is, and lists the rules it found.</summary>
internal static class OfferRuns
{
    /// <param name="Currency">Without it, the one of most customers.</param>
    public sealed record Request([property: RegularExpression("^[A-Z]{3}$")] string? Currency = null);

    public sealed record Response(Guid Id, string Currency, DateOnly From, DateOnly To, JobStatus Status, OfferRulesResult? Result);

    /// <param name="Support">Share of baskets with all of it.</param>
    /// <param name="P">Of χ²; the rules kept are significant at a false discovery rate of 1 %.</param>
    public sealed record RuleResponse(
        IReadOnlyList<string> Antecedent, string Consequent, int Baskets, int Count, double Support, double Confidence, double Lift, double P);

    public static void Map(RouteGroupBuilder api)
    {
        api.MapPost("/offer-rule-runs", async (
                Request request, FeatureQueries features, JobStore jobs, IOptions<AnalyticsOptions> options, CancellationToken cancellationToken) =>
                (await StartAsync(request, features, jobs, options.Value, cancellationToken)).ToAccepted(run => $"/api/analytics/v1/offer-rule-runs/{run.Id}"))
            .WithName("StartOfferRuleRun").AllowRoles(Roles.Analytics);
        api.MapGet("/offer-rule-runs/{id:guid}", async (Guid id, JobStore jobs, CancellationToken cancellationToken) =>
                (await jobs.FindAsync(JobKind.OfferRules, id, cancellationToken) is { } job ? (Result<Response>)Of(job) : AnalyticsErrors.JobNotFound).ToOk())
            .WithName("GetOfferRuleRun").AllowRoles(Roles.Analytics);
        api.MapGet("/offer-rules", async (
                PageRequest page, string? currency, FeatureQueries features, UnitOfWork unitOfWork, CancellationToken cancellationToken) =>
                (await ListAsync(page, currency, features, unitOfWork, cancellationToken)).ToOk())
            .WithName("ListOfferRules").AllowRoles(Roles.Staff);
    }

    private static async Task<Result<Response>> StartAsync(
        Request request, FeatureQueries features, JobStore jobs, AnalyticsOptions options, CancellationToken cancellationToken)
    {
        if ((request.Currency ?? await features.MainCurrencyAsync(cancellationToken)) is not { } currency) return AnalyticsErrors.NoPurchases;
        if (await features.CurrentAsOfAsync(currency, cancellationToken) is not { } asOf) return AnalyticsErrors.NoPurchases;
        var parameters = new OfferRulesParams(asOf.AddMonths(-options.RfmWindowMonths), asOf);
        return Of(await jobs.AddAsync(JobKind.OfferRules, currency, parameters, scheduleKey: null, cancellationToken));
    }

    private static async Task<Result<Page<RuleResponse>>> ListAsync(
        PageRequest page, string? currency, FeatureQueries features, UnitOfWork unitOfWork, CancellationToken cancellationToken)
    {
        if (currency is not null && !Currencies.IsCode(currency)) return AnalyticsErrors.CurrencyInvalid;
        currency ??= await features.MainCurrencyAsync(cancellationToken) ?? "IDR";
        var after = page.After<Position>();
        var rows = await unitOfWork.QueryAsync<OfferRule>(
            $"""
            SELECT antecedent, consequent, baskets, antecedent_count, consequent_count, both_count, confidence, lift, p
            FROM association_rules WHERE currency = @currency {(after is null ? "" : "AND (lift, antecedent, consequent) < (@lift, @antecedent, @consequent)")}
            ORDER BY lift DESC, antecedent DESC, consequent DESC LIMIT @limit
            """,
            new { currency, lift = after?.Lift, antecedent = after?.Antecedent, consequent = after?.Consequent, limit = page.Limit + 1 },
            cancellationToken);
        var shown = Page<OfferRule>.From(rows, page.Limit, row => new Position(row.Lift, row.Antecedent, row.Consequent));
        return new Page<RuleResponse>(
            [.. shown.Items.Select(row => new RuleResponse(
                row.Antecedent, row.Consequent, row.Baskets, row.BothCount, (double)row.BothCount / row.Baskets, row.Confidence, row.Lift, row.P))],
            shown.NextCursor);
    }

    private static Response Of(Job job)
    {
        var parameters = job.ParamsAs<OfferRulesParams>();
        return new Response(job.Id, job.Currency, parameters.From, parameters.To, JobStatus.Of(job), job.ResultAs<OfferRulesResult>());
    }

    private sealed record Position(double Lift, string[] Antecedent, string Consequent);
}
