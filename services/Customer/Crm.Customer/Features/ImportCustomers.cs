using System.Text.Json;
using Crm.Customer.Domain;
using Crm.Customer.Features.Intake;
using Crm.ServiceDefaults.Errors;
using Crm.ServiceDefaults.Hosting;
using Crm.ServiceDefaults.Postgres;
using Crm.ServiceDefaults.Security;
using Microsoft.AspNetCore.Mvc;

namespace Crm.Customer.Features;

/// <summary>
/// Takes a CSV file in (columns: <see cref="CsvCustomers.Columns"/>), keyed by <c>source</c> and the column <c>sourceId</c>: good rows are
/// imported, wrong ones reported; the same file again changes nothing. With <c>dryRun</c> it only tells what it would do.
/// </summary>
internal static class ImportCustomers
{
    private const int MaxFile = 64 * 1024 * 1024;
    private const int KeptProblems = 1000;

    internal sealed record Response(
        Guid Id, string Source, bool DryRun, long Received, long Created, long Updated, long Unchanged, long Rejected,
        IReadOnlyList<IntakeProblem> Problems, DateTimeOffset StartedAt, DateTimeOffset FinishedAt);

    public static void Map(RouteGroupBuilder api) => api
        .MapPost("/customer-imports", async (
            string source, HttpRequest http, CustomerIntake intake, UnitOfWork unitOfWork, ActorAccessor actor, Ids ids, TimeProvider time,
            CancellationToken cancellationToken, bool dryRun = false) =>
            (await HandleAsync(source, dryRun, http.Body, intake, unitOfWork, actor.Required, ids, time, cancellationToken))
                .ToCreated(import => $"/api/customer/v1/customer-imports/{import.Id}"))
        .WithName("ImportCustomers")
        .Accepts<string>("text/csv")
        .WithMetadata(new RequestSizeLimitAttribute(MaxFile))
        .AllowRoles(Roles.CustomerEditors);

    private static async Task<Result<Response>> HandleAsync(
        string source, bool dryRun, Stream body, CustomerIntake intake, UnitOfWork unitOfWork, Actor actor, Ids ids, TimeProvider time,
        CancellationToken cancellationToken)
    {
        if (CustomerDetails.SourceRefusal(source, "-", out _) is { } badSource) return badSource;

        var startedAt = time.GetUtcNow();
        var run = intake.Start(KeptProblems, dryRun);
        using var csv = new CsvCustomers(body, source);
        if (await csv.ReadHeaderAsync(cancellationToken) is { } badHeader) return badHeader;
        await csv.ReadRowsAsync(run, cancellationToken);
        await run.CompleteAsync(cancellationToken);

        var response = new Response(
            ids.Next(), source, dryRun, run.Received, run.Created, run.Updated, run.Unchanged, run.Rejected, run.Problems, startedAt, time.GetUtcNow());
        await unitOfWork.ExecuteAsync(
            """
            INSERT INTO customer_imports
                (id, source, dry_run, received, created, updated, unchanged, rejected, problems, imported_by, started_at, finished_at)
            VALUES (@Id, @Source, @DryRun, @Received, @Created, @Updated, @Unchanged, @Rejected, @problems::jsonb, @by, @StartedAt, @FinishedAt)
            """,
            new
            {
                response.Id, response.Source, response.DryRun, response.Received, response.Created, response.Updated, response.Unchanged,
                response.Rejected, response.StartedAt, response.FinishedAt, by = actor.Subject,
                problems = JsonSerializer.Serialize(response.Problems, JsonSerializerOptions.Web),
            },
            cancellationToken);
        return response;
    }
}
