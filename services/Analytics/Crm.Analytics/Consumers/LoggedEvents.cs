using Crm.Analytics.Contracts.Events.V1;
using Crm.Analytics.Persistence;
using Crm.Campaign.Contracts.Events.V1;
using Crm.Customer.Contracts.Events.V1;
using Crm.Loyalty.Contracts.Events.V1;
using Crm.ServiceDesk.Contracts.Events.V1;

namespace Crm.Analytics.Consumers;

// Events that are kept and not projected (yet). One class for each, because each has a queue of its own.

public sealed class ApprovalChangedConsumer(EventLog log) : EventLogConsumer<ApprovalChanged>(log);

public sealed class CampaignRespondedConsumer(EventLog log) : EventLogConsumer<CampaignResponded>(log);

public sealed class CaseClockWarnedConsumer(EventLog log) : EventLogConsumer<CaseClockWarned>(log);

public sealed class CaseClockBreachedConsumer(EventLog log) : EventLogConsumer<CaseClockBreached>(log);

public sealed class CasesRequestedConsumer(EventLog log) : EventLogConsumer<CasesRequested>(log);

public sealed class CustomersScoredConsumer(EventLog log) : EventLogConsumer<CustomersScored>(log);

public sealed class MembersEnrolledConsumer(EventLog log) : EventLogConsumer<MembersEnrolled>(log);

public sealed class PointsPostedConsumer(EventLog log) : EventLogConsumer<PointsPosted>(log);

public sealed class PointsRequestedConsumer(EventLog log) : EventLogConsumer<PointsRequested>(log);

public sealed class TagChangesRequestedConsumer(EventLog log) : EventLogConsumer<TagChangesRequested>(log);

public sealed class PosMessagesPreparedConsumer(EventLog log) : EventLogConsumer<PosMessagesPrepared>(log);

public sealed class PosMessagesShownConsumer(EventLog log) : EventLogConsumer<PosMessagesShown>(log);

public sealed class ReportProducedConsumer(EventLog log) : EventLogConsumer<ReportProduced>(log);

public sealed class AlertsRaisedConsumer(EventLog log) : EventLogConsumer<AlertsRaised>(log);

public sealed class ProductIssueSuspectedConsumer(EventLog log) : EventLogConsumer<ProductIssueSuspected>(log);

public sealed class ProductIssueClosedConsumer(EventLog log) : EventLogConsumer<ProductIssueClosed>(log);

public sealed class ServiceTierSetConsumer(EventLog log) : EventLogConsumer<ServiceTierSet>(log);
