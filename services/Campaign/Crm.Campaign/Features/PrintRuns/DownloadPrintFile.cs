using System.Globalization;
using Crm.Campaign.Delivery;
using Crm.Campaign.Features.Files;
using Crm.ServiceDefaults.Errors;
using Crm.ServiceDefaults.Hosting;
using Crm.ServiceDefaults.Postgres;
using Crm.ServiceDefaults.Security;

namespace Crm.Campaign.Features.PrintRuns;

/// <summary>One file of a volume, after its checksum was compared and who takes it was recorded.</summary>
internal static class DownloadPrintFile
{
    private static readonly Error NotFound = Error.NotFound("campaign.print_file_not_found", "There is no such file in this print run.");

    public static void Map(RouteGroupBuilder api) =>
        api.MapGet("/print-runs/{id:guid}/volumes/{volume:int}/{kind}", HandleAsync)
            .WithName("DownloadPrintFile").WithSummary("pdf: the letters; csv: their addresses. Recorded").Produces<byte[]>(200, "application/pdf", "text/csv").AllowRoles(Roles.Marketing);

    private static async Task<IResult> HandleAsync(
        Guid id, int volume, string kind, HttpContext http, PrintFiles files, UnitOfWork unitOfWork, Ids ids, TimeProvider time, ActorAccessor actor, CancellationToken cancellationToken)
    {
        var row = await unitOfWork.QuerySingleOrDefaultAsync<FileRow>(
            """
            SELECT r.campaign_id, r.seq AS run, f.sha256, f.bytes, f.large_object::bigint AS large_object, f.path FROM print_files f JOIN print_runs r ON r.id = f.run_id
            WHERE f.run_id = @id AND f.volume = @volume AND f.kind = @kind
            """,
            new { id, volume, kind },
            cancellationToken);
        if (row is null) return NotFound.ToProblem();

        var content = await files.ReadAsync(new StoredPrintFile(row.Sha256, row.Bytes, row.LargeObject, row.Path), unitOfWork, cancellationToken);
        var name = string.Create(CultureInfo.InvariantCulture, $"letters-{row.CampaignId}-{row.Run}-{volume}.{kind}");
        await FileDownload.RecordAsync("print", row.CampaignId, name, actor.Required, unitOfWork, ids, time, cancellationToken);
        await unitOfWork.CommitAsync(cancellationToken);
        http.Response.Headers["X-Content-SHA256"] = row.Sha256;
        http.Response.Headers.CacheControl = "no-store";
        return TypedResults.Bytes(content, kind == "pdf" ? "application/pdf" : "text/csv; charset=utf-8", name);
    }

    private sealed record FileRow(Guid CampaignId, int Run, string Sha256, long Bytes, long? LargeObject, string? Path);
}
