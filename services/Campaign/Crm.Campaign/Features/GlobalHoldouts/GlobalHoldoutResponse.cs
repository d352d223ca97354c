using Crm.ServiceDefaults.Security;

namespace Crm.Campaign.Features.GlobalHoldouts;

/// <param name="Salt">SHA-256 of "global ", salt and customer id decides who is in it.</param>
/// <param name="EndsAt">From then on everybody is written to again.</param>
public sealed record GlobalHoldoutResponse(Guid Id, decimal Percent, string Salt, DateTimeOffset StartsAt, DateTimeOffset EndsAt, string CreatedBy, DateTimeOffset CreatedAt)
{
    internal const string Columns = "id, percent, salt, starts_at, ends_at, created_by, created_at";

    /// <summary>It takes customers out of everybody's campaigns.</summary>
    internal static readonly string[] Writers = [Roles.MarketingApprover, Roles.Ops];
}
