using System.ComponentModel.DataAnnotations;
using Crm.Analytics.Domain;
using Crm.Analytics.Domain.Offers;
using Crm.Analytics.Jobs;
using Crm.Analytics.Persistence;
using Crm.ServiceDefaults.Errors;
using Crm.ServiceDefaults.Paging;
using Crm.ServiceDefaults.Postgres;
using Crm.ServiceDefaults.Security;

namespace Crm.Analytics.Features.Segments;

/// <summary>Segments that the machine finds: asking for a run, the segments in words, and who is in one.</summary>
internal static class MachineSegments
{
    public sealed record Request([property: RegularExpression("^[A-Z]{3}$")] string? Currency = null, [property: Range(2, 12)] int MaxSegments = 8);

    public sealed record RunResponse(Guid Id, string Currency, JobStatus Status, SegmentationResult? Result);

    public sealed record Segment(int Number, int Customers, Bilingual Name, Bilingual Profile, Guid RunId);

    public static void Map(RouteGroupBuilder api)
    {
        api.MapPost("/segmentation-runs", async (Request request, FeatureQueries features, JobStore jobs, CancellationToken cancellationToken) =>
                (await StartAsync(request, features, jobs, cancellationToken)).ToAccepted(run => $"/api/analytics/v1/segmentation-runs/{run.Id}"))
            .WithName("StartSegmentationRun").AllowRoles([.. Roles.Analytics, .. Roles.Marketing]);
        api.MapGet("/segmentation-runs/{id:guid}", async (Guid id, JobStore jobs, CancellationToken cancellationToken) =>
                (await jobs.FindAsync(JobKind.Segmentation, id, cancellationToken) is { } job ? (Result<RunResponse>)Of(job) : AnalyticsErrors.JobNotFound).ToOk())
            .WithName("GetSegmentationRun").AllowRoles([.. Roles.Analytics, .. Roles.Marketing]);
        api.MapGet("/machine-segments", async (string? currency, FeatureQueries features, UnitOfWork unitOfWork, CancellationToken cancellationToken) =>
                (await ListAsync(currency, features, unitOfWork, cancellationToken)).ToOk())
            .WithName("ListMachineSegments").AllowRoles(Roles.Staff);
        api.MapGet("/machine-segments/{number:int}/customers", async (
                int number, PageRequest page, string? currency, FeatureQueries features, UnitOfWork unitOfWork, CancellationToken cancellationToken) =>
                (await MembersAsync(number, page, currency, features, unitOfWork, cancellationToken)).ToOk())
            .WithName("ListMachineSegmentCustomers").AllowRoles(Roles.Staff);
    }

    private static async Task<Result<RunResponse>> StartAsync(Request request, FeatureQueries features, JobStore jobs, CancellationToken cancellationToken)
    {
        if ((request.Currency ?? await features.MainCurrencyAsync(cancellationToken)) is not { } currency) return AnalyticsErrors.NoPurchases;
        return Of(await jobs.AddAsync(JobKind.Segmentation, currency, new SegmentationParams(request.MaxSegments), scheduleKey: null, cancellationToken));
    }

    private static async Task<Result<Segment[]>> ListAsync(string? currency, FeatureQueries features, UnitOfWork unitOfWork, CancellationToken cancellationToken)
    {
        if (currency is not null && !Currencies.IsCode(currency)) return AnalyticsErrors.CurrencyInvalid;
        currency ??= await features.MainCurrencyAsync(cancellationToken);
        var rows = await unitOfWork.QueryAsync<Row>(
            "SELECT segment, customers, name_id, name_en, profile_id, profile_en, run_id FROM machine_segments WHERE currency = @currency ORDER BY segment",
            new { currency }, cancellationToken);
        return rows.Select(row => new Segment(row.Segment, row.Customers, new(row.NameId, row.NameEn), new(row.ProfileId, row.ProfileEn), row.RunId)).ToArray();
    }

    private static async Task<Result<Page<Guid>>> MembersAsync(
        int number, PageRequest page, string? currency, FeatureQueries features, UnitOfWork unitOfWork, CancellationToken cancellationToken)
    {
        if (currency is not null && !Currencies.IsCode(currency)) return AnalyticsErrors.CurrencyInvalid;
        currency ??= await features.MainCurrencyAsync(cancellationToken);
        var rows = await unitOfWork.QueryAsync<Guid>(
            """
            SELECT customer_id FROM machine_segment_members WHERE currency = @currency AND segment = @number AND (@after::uuid IS NULL OR customer_id > @after)
            ORDER BY customer_id LIMIT @limit
            """,
            new { currency, number, after = page.After<Position>()?.Id, limit = page.Limit + 1 }, cancellationToken);
        return Page<Guid>.From(rows, page.Limit, id => new Position(id));
    }

    private static RunResponse Of(Job job) => new(job.Id, job.Currency, JobStatus.Of(job), job.ResultAs<SegmentationResult>());

    private sealed record Row(int Segment, int Customers, string NameId, string NameEn, string ProfileId, string ProfileEn, Guid RunId);

    private sealed record Position(Guid Id);
}
