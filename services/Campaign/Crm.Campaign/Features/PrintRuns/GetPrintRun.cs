using Crm.ServiceDefaults.Errors;
using Crm.ServiceDefaults.Postgres;
using Crm.ServiceDefaults.Security;

namespace Crm.Campaign.Features.PrintRuns;

internal static class GetPrintRun
{
    public static void Map(RouteGroupBuilder api) =>
        api.MapGet("/print-runs/{id:guid}", async (Guid id, UnitOfWork unitOfWork, CancellationToken cancellationToken) =>
                (await HandleAsync(id, unitOfWork, cancellationToken)).ToOk())
            .WithName("GetPrintRun").WithSummary("The manifest: volumes, files, checksums").AllowRoles([.. Roles.Marketing, Roles.Ops]);

    private static async Task<Result<PrintRunResponse>> HandleAsync(Guid id, UnitOfWork unitOfWork, CancellationToken cancellationToken) =>
        await PrintRunResponse.FindAsync(id, unitOfWork, cancellationToken) is { } run ? run : PrintRunResponse.NotFound;
}
