using Crm.ServiceDefaults.Errors;
using Crm.ServiceDefaults.Postgres;
using Crm.ServiceDefaults.Security;

namespace Crm.Campaign.Features.PrintRuns;

/// <summary>Before a run goes to the printer while its campaign still goes on: letters that come later begin a further one.</summary>
internal static class ClosePrintRun
{
    public static void Map(RouteGroupBuilder api) =>
        api.MapPost("/print-runs/{id:guid}/close", async (Guid id, UnitOfWork unitOfWork, TimeProvider time, CancellationToken cancellationToken) =>
                (await HandleAsync(id, unitOfWork, time, cancellationToken)).ToOk())
            .WithName("ClosePrintRun").WithSummary("Nothing is added to it any more").AllowRoles(Roles.Marketing);

    private static async Task<Result<PrintRunResponse>> HandleAsync(Guid id, UnitOfWork unitOfWork, TimeProvider time, CancellationToken cancellationToken)
    {
        // A sender that is adding a volume holds the row until the volume is there.
        await unitOfWork.ExecuteAsync("UPDATE print_runs SET closed_at = @now WHERE id = @id AND closed_at IS NULL", new { id, now = time.GetUtcNow() }, cancellationToken);
        return await PrintRunResponse.FindAsync(id, unitOfWork, cancellationToken) is { } run ? run : PrintRunResponse.NotFound;
    }
}
