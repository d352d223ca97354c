using Crm.ServiceDefaults.Messaging;

namespace Crm.Campaign.Delivery;

/// <summary>Work for a sender: one message of a test, which is a row that knows whether it was sent already.</summary>
[WithoutInbox]
public sealed record SendTest(Guid TestSendId);
