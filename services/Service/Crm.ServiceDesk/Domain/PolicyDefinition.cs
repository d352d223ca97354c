using System.ComponentModel.DataAnnotations;
using Crm.ServiceDefaults.Errors;

namespace Crm.ServiceDesk.Domain;

/// <summary>A service level agreement as people write it and as it is stored.</summary>
/// <param name="WarnPercent">Share of a target after which people are warned.</param>
/// <param name="Targets">One for each priority.</param>
public sealed record PolicyDefinition(
    [property: Range(1, 99)] int WarnPercent,
    [property: Required] IReadOnlyList<PolicyDefinition.Target> Targets)
{
    /// <summary>A year of open time, day and night.</summary>
    private const int MaxMinutes = 366 * 24 * 60;

    /// <summary>In minutes of open time.</summary>
    public sealed record Target(CasePriority Priority, int FirstResponseMinutes, int ResolutionMinutes);

    public Result<SlaPolicy> ToPolicy(long version)
    {
        foreach (var (i, target) in Targets.Index())
        {
            if (target.FirstResponseMinutes is < 1 or > MaxMinutes) return SlaErrors.TargetOutOfRange($"targets[{i}].firstResponseMinutes", 1, MaxMinutes);
            if (target.ResolutionMinutes < target.FirstResponseMinutes || target.ResolutionMinutes > MaxMinutes) return SlaErrors.TargetOutOfRange($"targets[{i}].resolutionMinutes", target.FirstResponseMinutes, MaxMinutes);
        }

        if (Targets.Count != Enum.GetValues<CasePriority>().Length || Targets.DistinctBy(target => target.Priority).Count() != Targets.Count) return SlaErrors.TargetsIncomplete;
        return new SlaPolicy(version, WarnPercent, [.. Targets.Select(target => new SlaTarget(
            target.Priority, TimeSpan.FromMinutes(target.FirstResponseMinutes), TimeSpan.FromMinutes(target.ResolutionMinutes)))]);
    }
}
