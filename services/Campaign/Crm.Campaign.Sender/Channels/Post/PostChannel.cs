using System.Globalization;
using System.Text;
using Crm.Campaign.Delivery;
using Crm.Campaign.Sender.Sending;
using Crm.ServiceDefaults.Hosting;
using Crm.ServiceDefaults.Postgres;
using Microsoft.Extensions.Options;

namespace Crm.Campaign.Sender.Channels.Post;

/// <summary>
/// Handing over is a volume of the campaign's print run: the letters as PDF, and their addresses as CSV, committed together with the rows
/// that say who is in it. A resumed campaign, or a run that was closed meanwhile, begins a further run.
/// </summary>
internal sealed class PostChannel(
    MessageComposer composer, IServiceScopeFactory scopes, PrintFiles files, IOptions<PrintOptions> options, Ids ids, TimeProvider time, ILogger<PostChannel> log)
    : RowChannel(ChannelNames.Post, "print", composer, scopes, log)
{
    private static readonly string[] Columns =
        ["position", "pages", "reference", "language", "line1", "line2", "line3", "line4", "line5", "line6", "name", "street", "postalCode", "city", "province", "country"];

    /// <summary>A volume is one claim.</summary>
    public override int? BatchSize => options.Value.LettersPerVolume;

    protected override DeliveryOutcome.Rejected? Refusal(Claim claim) => string.IsNullOrWhiteSpace(claim.Recipient.Street) || string.IsNullOrWhiteSpace(claim.Recipient.City)
        ? new DeliveryOutcome.Rejected("no_address", "A letter needs street and town.")
        : null;

    protected override async Task<string?> WriteAsync(SendingCampaign campaign, IReadOnlyList<PreparedClaim> claims, UnitOfWork unitOfWork)
    {
        var there = (await unitOfWork.QueryAsync<Guid>(
            "SELECT delivery_id FROM print_letters WHERE delivery_id = ANY(@deliveries)", new { deliveries = claims.Select(claim => claim.Claim.DeliveryId).ToArray() }, CancellationToken.None)).ToHashSet();
        PreparedClaim[] missing = [.. claims.Where(claim => !there.Contains(claim.Claim.DeliveryId)).OrderBy(claim => claim.Claim.Recipient.CustomerId)];
        if (missing.Length == 0) return null;

        LetterFonts.Load(options.Value.FontDirectory);
        var now = time.GetUtcNow();
        Letter[] letters = [.. missing.Select(claim => ToLetter(campaign, claim, now))];
        var (pdf, pages) = LetterBook.Set(letters);
        var csv = Addresses(missing, letters, pages);
        var (run, volume) = await OpenVolumeAsync(campaign.Id, letters.Length, pages.Sum(), now, unitOfWork);
        await KeepAsync(run, volume, "pdf", pdf, unitOfWork);
        await KeepAsync(run, volume, "csv", csv, unitOfWork);
        await unitOfWork.ExecuteAsync(
            """
            INSERT INTO print_letters (delivery_id, run_id, volume, position, customer_id, pages)
            SELECT l.delivery_id, @run, @volume, l.position, l.customer_id, l.pages FROM unnest(@deliveries, @customers, @pages) WITH ORDINALITY AS l (delivery_id, customer_id, pages, position)
            """,
            new { run, volume, deliveries = letters.Select(letter => letter.DeliveryId).ToArray(), customers = letters.Select(letter => letter.CustomerId).ToArray(), pages = pages.ToArray() },
            CancellationToken.None);
        return string.Create(CultureInfo.InvariantCulture, $"{run}/{volume}");
    }

    private static Letter ToLetter(SendingCampaign campaign, PreparedClaim claim, DateTimeOffset now) => new(
        claim.Claim.DeliveryId, claim.Claim.Recipient.CustomerId, claim.Claim.Language, PostalLines.Of(claim.Claim.Recipient), campaign.SenderName,
        $"{campaign.SenderName} · {campaign.FromAddress}", claim.Message.Subject, claim.Message.Text, DateOnly.FromDateTime(InZone(now, claim.Claim.Recipient.TimeZone).Date));

    private async Task<(Guid Run, int Volume)> OpenVolumeAsync(Guid campaignId, int letters, int pages, DateTimeOffset now, UnitOfWork unitOfWork)
    {
        // The campaign's row is what senders of the same campaign wait for here.
        var epoch = await unitOfWork.QuerySingleOrDefaultAsync<int>("SELECT epoch FROM campaigns WHERE id = @campaignId FOR NO KEY UPDATE", new { campaignId }, CancellationToken.None);
        await unitOfWork.ExecuteAsync(
            "UPDATE print_runs SET closed_at = @now WHERE campaign_id = @campaignId AND closed_at IS NULL AND epoch <> @epoch", new { campaignId, epoch, now }, CancellationToken.None);
        var run = await unitOfWork.QuerySingleOrDefaultAsync<Guid?>(
            "SELECT id FROM print_runs WHERE campaign_id = @campaignId AND closed_at IS NULL FOR UPDATE", new { campaignId }, CancellationToken.None);
        run ??= await unitOfWork.QuerySingleOrDefaultAsync<Guid>(
            """
            INSERT INTO print_runs (id, campaign_id, seq, epoch, created_at)
            SELECT @id, @campaignId, coalesce((SELECT max(seq) FROM print_runs WHERE campaign_id = @campaignId), 0) + 1, @epoch, @now RETURNING id
            """,
            new { id = ids.Next(), campaignId, epoch, now },
            CancellationToken.None);
        var volume = await unitOfWork.QuerySingleOrDefaultAsync<int>(
            """
            INSERT INTO print_volumes (run_id, seq, letters, pages, created_at)
            SELECT @run, coalesce((SELECT max(seq) FROM print_volumes WHERE run_id = @run), 0) + 1, @letters, @pages, @now RETURNING seq
            """,
            new { run, letters, pages, now },
            CancellationToken.None);
        return (run.Value, volume);
    }

    private async Task KeepAsync(Guid run, int volume, string kind, byte[] content, UnitOfWork unitOfWork)
    {
        var file = await files.StoreAsync(content, kind, unitOfWork, CancellationToken.None);
        await unitOfWork.ExecuteAsync(
            "INSERT INTO print_files (run_id, volume, kind, sha256, bytes, large_object, path) VALUES (@run, @volume, @kind, @Sha256, @Bytes, @LargeObject::bigint::oid, @Path)",
            new { run, volume, kind, file.Sha256, file.Bytes, file.LargeObject, file.Path },
            CancellationToken.None);
    }

    private static byte[] Addresses(PreparedClaim[] claims, Letter[] letters, IReadOnlyList<int> pages)
    {
        var csv = new StringBuilder(Csv.Line(Columns));
        for (var place = 0; place < letters.Length; place++)
        {
            var (letter, recipient) = (letters[place], claims[place].Claim.Recipient);
            csv.Append(Csv.Line(
            [
                (place + 1).ToString(CultureInfo.InvariantCulture), pages[place].ToString(CultureInfo.InvariantCulture), letter.DeliveryId.ToString("N"), letter.Language,
                .. Enumerable.Range(0, PostalLines.AtMost).Select(line => letter.Address.ElementAtOrDefault(line)),
                recipient.DisplayName, recipient.Street, recipient.PostalCode, recipient.City, recipient.Province, recipient.Country,
            ]));
        }

        return [.. Encoding.UTF8.Preamble, .. Encoding.UTF8.GetBytes(csv.ToString())];
    }

    private static DateTimeOffset InZone(DateTimeOffset at, string? zone) =>
        zone is not null && TimeZoneInfo.TryFindSystemTimeZoneById(zone, out var found) ? TimeZoneInfo.ConvertTime(at, found) : at;
}
