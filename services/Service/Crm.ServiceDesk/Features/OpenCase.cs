using System.ComponentModel.DataAnnotations;
using Crm.ServiceDefaults.Errors;
using Crm.ServiceDefaults.Hosting;
using Crm.ServiceDefaults.Postgres;
using Crm.ServiceDefaults.Security;
using Crm.ServiceDesk.Domain;
using Crm.ServiceDesk.Persistence;

namespace Crm.ServiceDesk.Features;

/// <summary>Opens a case for a customer; anyone in contact with customers may (the sales rep who takes the call, too).</summary>
internal static class OpenCase
{
    /// <param name="Channel">How the customer came: email, phone, web, chat, store, social.</param>
    public sealed record Request(
        Guid CustomerId,
        [property: Required, StringLength(200, MinimumLength = 1)] string Subject,
        [property: StringLength(20_000)] string Description = "",
        CaseType Type = CaseType.Question,
        CasePriority Priority = CasePriority.Normal,
        [property: RegularExpression("email|phone|web|chat|store|social")] string Channel = "phone");

    public static void Map(RouteGroupBuilder api) => api
        .MapPost("/cases", async (
            Request request, KnownCustomers customers, CaseStore store, UnitOfWork unitOfWork, Ids ids, TimeProvider time, CancellationToken cancellationToken) =>
            (await Handle(request, customers, store, unitOfWork, ids, time, cancellationToken)).ToCreated(created => $"/api/service/v1/cases/{created.Id}"))
        .WithName("OpenCase")
        .AllowRoles([.. Roles.Service, Roles.SalesRep, Roles.SalesManager]);

    private static async Task<Result<CaseResponse>> Handle(
        Request request, KnownCustomers customers, CaseStore store, UnitOfWork unitOfWork, Ids ids, TimeProvider time, CancellationToken cancellationToken)
    {
        if (!await customers.ContainsAsync(request.CustomerId, cancellationToken)) return CaseErrors.UnknownCustomer;

        var now = time.GetUtcNow();
        var opened = new Case(
            ids.Next(), await NextNumberAsync(unitOfWork, now, cancellationToken), request.CustomerId, request.Type, request.Priority, CaseStatus.New,
            request.Channel, request.Subject, request.Description, null, null, now, null, 1);
        await store.AddAsync(opened, cancellationToken);
        return CaseResponse.Of(opened);
    }

    /// <summary>CASE-2026-000123: counted per year of the business day, without a sequence so that a year starts at 1.</summary>
    internal static async Task<string> NextNumberAsync(UnitOfWork unitOfWork, DateTimeOffset now, CancellationToken cancellationToken)
    {
        var year = TimeZoneInfo.ConvertTime(now, TimeZoneInfo.FindSystemTimeZoneById("Asia/Jakarta")).Year;
        var number = await unitOfWork.QuerySingleOrDefaultAsync<long>(
            "INSERT INTO case_numbers (year, last) VALUES (@year, 1) ON CONFLICT (year) DO UPDATE SET last = case_numbers.last + 1 RETURNING last",
            new { year },
            cancellationToken);
        return $"CASE-{year}-{number:D6}";
    }
}
