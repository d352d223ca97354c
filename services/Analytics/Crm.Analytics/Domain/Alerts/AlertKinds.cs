using System.Buffers.Binary;
using System.Security.Cryptography;
using System.Text;

namespace Crm.Analytics.Domain.Alerts;

/// <summary>The eight kinds of sales-intelligence alerts.</summary>
internal static class AlertKind
{
    public const string CrossSell = "cross-sell";
    public const string UpSell = "up-sell";
    public const string SwitchSell = "switch-sell";
    public const string CustomerDrift = "customer-drift";
    public const string SalesPerformance = "sales-performance";
    public const string CustomerTrend = "customer-trend";
    public const string CustomerMargin = "customer-margin";
    public const string CustomerAlignment = "customer-alignment";

    public static readonly string[] All =
        [CrossSell, UpSell, SwitchSell, CustomerDrift, SalesPerformance, CustomerTrend, CustomerMargin, CustomerAlignment];

    /// <summary>After so many days an alert that nobody decided on is over: what it says no longer holds.</summary>
    public static int DaysValid(string kind) => kind switch
    {
        CrossSell or UpSell or SwitchSell => 30,
        CustomerDrift => 14,
        SalesPerformance => 7,
        _ => 45,
    };
}

/// <summary>A row of what an alert rests on.</summary>
/// <param name="Name">Stable, snake case.</param>
internal sealed record Evidence(string Name, string Value);

/// <summary>An alert before it is stored.</summary>
/// <param name="ReasonCode">Stable; the texts follow from it.</param>
/// <param name="DedupDetail">Tells two alerts of one kind and subject apart that are about different things (a product); empty otherwise.</param>
internal sealed record AlertDraft(
    string Kind, string SubjectType, string SubjectId, string DedupDetail, decimal MoneyAtStake, string ReasonCode, Offers.Bilingual Reason, IReadOnlyList<Evidence> Evidence)
{
    public string DedupKey => $"{Kind}|{SubjectType}|{SubjectId}|{DedupDetail}";
}

/// <summary>Who is left alone so that the effect of acting on alerts can be measured: a fixed share of subjects for each kind.</summary>
internal static class AlertHoldout
{
    public const double Share = 0.1;

    /// <summary>The same subject is always on the same side for a kind: SHA-256 of both, as a number from 0 to 1, below the share.</summary>
    public static bool IsHeldOut(string kind, string subjectId)
    {
        Span<byte> hash = stackalloc byte[32];
        SHA256.HashData(Encoding.UTF8.GetBytes($"alerts/1|{kind}|{subjectId}"), hash);
        return BinaryPrimitives.ReadUInt64LittleEndian(hash) / (double)ulong.MaxValue < Share;
    }
}
