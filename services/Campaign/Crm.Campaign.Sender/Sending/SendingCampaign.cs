using System.Text.Json;
using Crm.Campaign.Delivery.Templates;
using Crm.ServiceDefaults.Postgres;

namespace Crm.Campaign.Sender.Sending;

/// <summary>What all messages of a campaign share; read once per chunk.</summary>
internal sealed record SendingCampaign(
    Guid Id, string Name, string Channel, string SenderName, string FromAddress, Guid TemplateId, long TemplateVersion, PreparedTemplate Template)
{
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
        return row is null
            ? null
            : new SendingCampaign(
                id, row.Name, row.Channel, row.SenderName, row.FromAddress, row.TemplateId, row.TemplateVersion,
                new PreparedTemplate(JsonSerializer.Deserialize<Dictionary<string, PreparedContent>>(row.Prepared, JsonSerializerOptions.Web)!, row.Links)
                {
                    Needs = JsonSerializer.Deserialize<TemplateNeeds>(row.Needs, JsonSerializerOptions.Web)!,
                });
    }

    private sealed record Row(
        string Name, string Channel, string SenderName, string FromAddress, Guid TemplateId, long TemplateVersion, string Prepared, string Needs, string[] Links);
}
