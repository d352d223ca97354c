using System.ComponentModel.DataAnnotations;
using Crm.Campaign.Contracts.Events.V1;
using Crm.Campaign.Delivery;
using Crm.Campaign.Sender.Sending;
using Crm.ServiceDefaults.Hosting;
using Crm.ServiceDefaults.Postgres;
using Microsoft.Extensions.Options;

namespace Crm.Campaign.Sender.Channels;

/// <summary>Section <c>Pos</c>.</summary>
internal sealed class PosOptions
{
    public const string Section = "Pos";

    /// <summary>How long a message waits for the member to come to a till.</summary>
    [Range(1, 366)]
    public int ValidDays { get; init; } = 30;
}

/// <summary>Handing over is an event in the outbox: Loyalty, which tills ask about members, keeps the messages and shows each once.</summary>
internal sealed class PosChannel(MessageComposer composer, IServiceScopeFactory scopes, IOptions<PosOptions> options, Ids ids, TimeProvider time, ILogger<PosChannel> log)
    : RowChannel(ChannelNames.Pos, "loyalty", composer, scopes, log)
{
    protected override Task<string?> WriteAsync(SendingCampaign campaign, IReadOnlyList<PreparedClaim> claims, UnitOfWork unitOfWork)
    {
        var now = time.GetUtcNow();
        unitOfWork.Enqueue(new PosMessagesPrepared(
            ids.Next(), now, campaign.Id, campaign.Name, now.AddDays(options.Value.ValidDays),
            [
                .. claims.Select(claim => new PreparedPosMessage(
                    claim.Claim.DeliveryId, claim.Claim.Recipient.CustomerId, claim.Claim.Language, claim.Message.Subject, claim.Message.Text.Trim())),
            ]));
        return Task.FromResult<string?>(null);
    }
}
