using System.ComponentModel.DataAnnotations;

namespace Crm.ServiceDesk;

public sealed class SlaOptions
{
    /// <summary>Seconds between two looks for clocks that have come to a step.</summary>
    [Range(1, 60)]
    public int SweepSeconds { get; init; } = 15;
}
