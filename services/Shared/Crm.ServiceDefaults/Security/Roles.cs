using Microsoft.AspNetCore.Authorization;

namespace Crm.ServiceDefaults.Security;

/// <summary>Function rights as the identity provider names them (claim <c>roles</c>). Deny by default: an endpoint lists who may.</summary>
public static class Roles
{
    public const string SalesRep = "sales-rep";
    public const string SalesManager = "sales-manager";
    public const string ServiceAgent = "service-agent";
    public const string ServiceSupervisor = "service-supervisor";
    public const string Marketer = "marketer";
    public const string MarketingApprover = "marketing-approver";
    public const string LoyaltyOperator = "loyalty-operator";
    public const string LoyaltyManager = "loyalty-manager";
    public const string Analyst = "analyst";
    public const string Ops = "ops";
    public const string Viewer = "viewer";

    /// <summary>A department's or partner's system: shops, billing, registration forms.</summary>
    public const string Integration = "integration";

    /// <summary>The platform's own background work.</summary>
    public const string System = "system";

    /// <summary>Everybody who works with customers may read them.</summary>
    public static readonly string[] Staff =
    [
        SalesRep, SalesManager, ServiceAgent, ServiceSupervisor, Marketer, MarketingApprover,
        LoyaltyOperator, LoyaltyManager, Analyst, Ops, Viewer, Integration,
    ];

    public static readonly string[] Sales = [SalesRep, SalesManager, Integration];
    public static readonly string[] Service = [ServiceAgent, ServiceSupervisor, Integration];
    public static readonly string[] Marketing = [Marketer, MarketingApprover];
    public static readonly string[] Loyalty = [LoyaltyOperator, LoyaltyManager, Integration];
    public static readonly string[] Analytics = [Analyst, Ops];

    /// <summary>Roles that may register and change customer records.</summary>
    public static readonly string[] CustomerEditors =
        [SalesRep, SalesManager, ServiceAgent, ServiceSupervisor, Marketer, LoyaltyOperator, LoyaltyManager, Integration];

    /// <summary>Whoever holds one of the roles may call.</summary>
    public static TBuilder AllowRoles<TBuilder>(this TBuilder builder, params string[] roles)
        where TBuilder : IEndpointConventionBuilder =>
        builder.RequireAuthorization(policy => policy.RequireRole(roles));

    /// <summary>Only these workloads may call (the issuer of the internal token), whoever the subject is.</summary>
    public static TBuilder AllowCallers<TBuilder>(this TBuilder builder, params string[] workloads)
        where TBuilder : IEndpointConventionBuilder =>
        builder.RequireAuthorization(policy => policy.RequireClaim("iss", workloads));
}
