using System.Text.Json;
using Crm.Campaign.Delivery.Templates;
using Crm.Campaign.Sender.Smtp;
using Crm.ServiceDefaults.Postgres;

namespace Crm.Campaign.Sender.Sending;

/// <summary>What all messages of a campaign share; read once per chunk.</summary>
internal sealed record SendingCampaign(
    Guid Id, string Name, string Channel, string SenderName, string FromAddress, Guid TemplateId, long TemplateVersion, PreparedTemplate Template,
    IReadOnlyDictionary<string, PreparedTemplate> Variants, string Variant = "")
{
    private Mailbox? _from;

    /// <summary>Parsed once for all its mails.</summary>
    /// <exception cref="ArgumentException">Not an address.</exception>
    public Mailbox From => _from ??= new Mailbox(FromAddress, SenderName);

    /// <summary>With the text of a variant in the place of its own; without a name as it is.</summary>
    public SendingCampaign For(string variant) => variant.Length == 0 ? this : this with { Template = Variants[variant], Variant = variant };

    /// <summary>Null where there is nothing to send any more: another epoch, or not running.</summary>
    public static async Task<SendingCampaign?> FindAsync(Guid id, int epoch, UnitOfWork unitOfWork, CancellationToken cancellationToken)
    {
        var row = await unitOfWork.QuerySingleOrDefaultAsync<Row>(
            """
            SELECT c.name, c.channel, c.sender_name, c.from_address, c.template_id, c.template_version, v.prepared::text AS prepared, v.needs::text AS needs, v.links
            FROM campaigns c JOIN template_versions v ON v.template_id = c.template_id AND v.version = c.template_version
            WHERE c.id = @id AND c.epoch = @epoch AND c.state = 'sending'
            """,
            new { id, epoch },
            cancellationToken);
        if (row is null) return null;

        var variants = await unitOfWork.QueryAsync<VariantRow>(
            "SELECT name, prepared::text AS prepared, needs::text AS needs, links FROM campaign_variants WHERE campaign_id = @id AND prepared IS NOT NULL",
            new { id },
            cancellationToken);
        return new SendingCampaign(
            id, row.Name, row.Channel, row.SenderName, row.FromAddress, row.TemplateId, row.TemplateVersion, Read(row.Prepared, row.Needs, row.Links),
            variants.ToDictionary(variant => variant.Name, variant => Read(variant.Prepared, variant.Needs, variant.Links)));
    }

    private static PreparedTemplate Read(string prepared, string needs, string[] links) =>
        new(JsonSerializer.Deserialize<Dictionary<string, PreparedContent>>(prepared, JsonSerializerOptions.Web)!, links)
        {
            Needs = JsonSerializer.Deserialize<TemplateNeeds>(needs, JsonSerializerOptions.Web)!,
        };

    private sealed record VariantRow(string Name, string Prepared, string Needs, string[] Links);

    private sealed record Row(
        string Name, string Channel, string SenderName, string FromAddress, Guid TemplateId, long TemplateVersion, string Prepared, string Needs, string[] Links);
}
