using System.ComponentModel.DataAnnotations;

namespace Crm.Campaign.LinkChecks;

/// <summary>Section <c>LinkChecks</c>: how the targets of links are looked at.</summary>
public sealed class LinkCheckOptions
{
    public const string Section = "LinkChecks";

    /// <summary>For each request, with connecting and redirects.</summary>
    [Range(typeof(TimeSpan), "00:00:00.100", "00:01:00")]
    public TimeSpan Timeout { get; init; } = TimeSpan.FromSeconds(10);

    /// <summary>Links of a template that are looked at; the others are named as not looked at.</summary>
    [Range(1, 1_000)]
    public int MaxLinks { get; init; } = 100;

    /// <summary>Addresses of this machine and network, other ports and plain http may be asked: for development and tests only, ignored in production.</summary>
    public bool AllowPrivate { get; init; }
}
