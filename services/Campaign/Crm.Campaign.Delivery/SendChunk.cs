using Crm.ServiceDefaults.Messaging;

namespace Crm.Campaign.Delivery;

/// <summary>
/// Work for the senders: the planned recipients of one chunk. Carries no recipients: those are rows of the ledger, which also knows
/// what is done already, so that a copy that comes again does no harm.
/// </summary>
/// <param name="Epoch">Of the campaign when this was sent; void once the campaign has another.</param>
[WithoutInbox]
public sealed record SendChunk(Guid CampaignId, int Epoch, int Chunk);
