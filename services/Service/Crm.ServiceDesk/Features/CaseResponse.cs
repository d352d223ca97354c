using Crm.ServiceDefaults.Paging;
using Crm.ServiceDesk.Domain;

namespace Crm.ServiceDesk.Features;

/// <summary>A case as the API shows it.</summary>
internal sealed record CaseResponse(
    Guid Id, string Number, Guid CustomerId, CaseType Type, CasePriority Priority, CaseStatus Status, bool IsOpen, string Channel, string Subject,
    string Description, string? Assignee, string? Resolution, DateTimeOffset OpenedAt, DateTimeOffset? ResolvedAt, long Version) : IVersioned
{
    public static CaseResponse Of(Case @case) => new(
        @case.Id, @case.Number, @case.CustomerId, @case.Type, @case.Priority, @case.Status, @case.IsOpen, @case.Channel, @case.Subject,
        @case.Description, @case.Assignee, @case.Resolution, @case.OpenedAt, @case.ResolvedAt, @case.Version);
}
