using Crm.ServiceDefaults.Errors;
using Crm.ServiceDefaults.Postgres;

namespace Crm.Campaign.Features.PrintRuns;

/// <param name="Sha256">Of the file's bytes, hexadecimal.</param>
public sealed record PrintFileEntry(string Kind, string Sha256, long Bytes, string Url);

/// <summary>Letters that are one file; <c>print_letters</c> says who is at which place in it.</summary>
public sealed record PrintVolume(int Seq, int Letters, int Pages, DateTimeOffset CreatedAt, IReadOnlyList<PrintFileEntry> Files);

/// <summary>The manifest of a run: what a printer checks that everything has come.</summary>
/// <param name="Complete">Nothing is added any more: the run was closed, or its campaign has finished, was cancelled or went on in a further run.</param>
public sealed record PrintRunResponse(
    Guid Id, Guid CampaignId, string Campaign, int Seq, bool Complete, DateTimeOffset CreatedAt, DateTimeOffset? ClosedAt, long Letters, long Pages, IReadOnlyList<PrintVolume> Volumes)
{
    internal static readonly Error NotFound = Error.NotFound("campaign.print_run_not_found", "There is no such print run.");

    private const string RunColumns =
        """
        r.id, r.campaign_id, c.name AS campaign, r.seq, r.closed_at IS NOT NULL OR r.epoch <> c.epoch OR c.state IN ('finished', 'cancelled') AS complete, r.created_at, r.closed_at,
            coalesce((SELECT sum(letters) FROM print_volumes v WHERE v.run_id = r.id), 0)::bigint AS letters,
            coalesce((SELECT sum(pages) FROM print_volumes v WHERE v.run_id = r.id), 0)::bigint AS pages
        """;

    internal static async Task<PrintRunResponse?> FindAsync(Guid id, UnitOfWork unitOfWork, CancellationToken cancellationToken)
    {
        var run = await unitOfWork.QuerySingleOrDefaultAsync<PrintRunSummary>(
            $"SELECT {RunColumns} FROM print_runs r JOIN campaigns c ON c.id = r.campaign_id WHERE r.id = @id", new { id }, cancellationToken);
        if (run is null) return null;
        var files = (await unitOfWork.QueryAsync<FileRow>(
            """
            SELECT v.seq, v.letters, v.pages, v.created_at, f.kind, f.sha256, f.bytes FROM print_volumes v JOIN print_files f ON f.run_id = v.run_id AND f.volume = v.seq
            WHERE v.run_id = @id ORDER BY v.seq, f.kind
            """,
            new { id },
            cancellationToken)).GroupBy(row => (row.Seq, row.Letters, row.Pages, row.CreatedAt));
        return new PrintRunResponse(
            run.Id, run.CampaignId, run.Campaign, run.Seq, run.Complete, run.CreatedAt, run.ClosedAt, run.Letters, run.Pages,
            [
                .. files.Select(volume => new PrintVolume(volume.Key.Seq, volume.Key.Letters, volume.Key.Pages, volume.Key.CreatedAt,
                    [.. volume.Select(file => new PrintFileEntry(file.Kind, file.Sha256, file.Bytes, $"/api/campaign/v1/print-runs/{id}/volumes/{file.Seq}/{file.Kind}"))])),
            ]);
    }

    internal static Task<IReadOnlyList<PrintRunSummary>> ListAsync(Guid campaignId, int after, int limit, UnitOfWork unitOfWork, CancellationToken cancellationToken) =>
        unitOfWork.QueryAsync<PrintRunSummary>(
            $"SELECT {RunColumns} FROM print_runs r JOIN campaigns c ON c.id = r.campaign_id WHERE r.campaign_id = @campaignId AND r.seq > @after ORDER BY r.seq LIMIT @limit",
            new { campaignId, after, limit },
            cancellationToken);

    private sealed record FileRow(int Seq, int Letters, int Pages, DateTimeOffset CreatedAt, string Kind, string Sha256, long Bytes);
}

public sealed record PrintRunSummary(
    Guid Id, Guid CampaignId, string Campaign, int Seq, bool Complete, DateTimeOffset CreatedAt, DateTimeOffset? ClosedAt, long Letters, long Pages);
