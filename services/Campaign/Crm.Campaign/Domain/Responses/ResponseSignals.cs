namespace Crm.Campaign.Domain.Responses;

/// <summary>One fetch of something in a message, as it was seen.</summary>
internal sealed record Visit(
    Guid Id, Guid DeliveryId, string Kind, int? Link, DateTimeOffset OccurredAt, string? UserAgent, string? Network, DateTimeOffset? SentAt);

/// <summary>
/// What speaks for a program behind a response: link scanners of mail gateways open everything at once, image proxies fetch on arrival.
/// Signals are facts and stay with the response; what follows from them is <see cref="ResponseRule"/>'s to say.
/// </summary>
internal sealed class ResponseSignals(ResponseOptions options)
{
    /// <summary>Opened within two seconds of being sent.</summary>
    public const string TooFast = "too_fast";

    /// <summary>Three different links of the message within a second.</summary>
    public const string Burst = "burst";

    /// <summary>The link that people do not see was followed within ten seconds of it.</summary>
    public const string Trap = "trap";

    /// <summary>A HEAD request.</summary>
    public const string Head = "head";

    /// <summary>The same program asked for the same link by HEAD in the ten seconds before.</summary>
    public const string Probed = "probed";

    public const string ScannerAgent = "scanner_agent";
    public const string ScannerNetwork = "scanner_network";
    public const string PrivacyProxy = "privacy_proxy";

    /// <summary>No user agent was named. Kept; no rule goes by it.</summary>
    public const string NoAgent = "no_agent";

    public const int BurstLinks = 3;
    public static readonly TimeSpan FastestOpening = TimeSpan.FromSeconds(2);
    public static readonly TimeSpan BurstWindow = TimeSpan.FromSeconds(1);

    /// <summary>How far around a response others of the same message tell about it.</summary>
    public static readonly TimeSpan Around = TimeSpan.FromSeconds(10);

    private static readonly string[] Visits = ["opened", "clicked", "probed", "trapped"];
    private readonly AddressList _scanners = new(options.ScannerNetworks);
    private readonly AddressList _proxies = new(options.PrivacyProxyNetworks);

    /// <param name="sameDelivery">All visits of the delivery within <see cref="Around"/>, this one among them, in any order.</param>
    public IReadOnlyList<string> Of(Visit visit, IReadOnlyList<Visit> sameDelivery)
    {
        if (!Visits.Contains(visit.Kind)) return [];
        var signals = new List<string>();
        if (visit.Kind == "opened" && visit.SentAt is { } sentAt && visit.OccurredAt - sentAt < FastestOpening) signals.Add(TooFast);
        if (InBurst(visit, sameDelivery)) signals.Add(Burst);
        if (sameDelivery.Any(other => other.Kind == "trapped" && (other.OccurredAt - visit.OccurredAt).Duration() <= Around)) signals.Add(Trap);
        if (visit.Kind == "probed") signals.Add(Head);
        if (visit.Kind == "clicked" && sameDelivery.Any(other => Probes(other, visit))) signals.Add(Probed);

        if (string.IsNullOrEmpty(visit.UserAgent)) signals.Add(NoAgent);
        else if (options.ScannerAgents.Any(part => visit.UserAgent.Contains(part, StringComparison.OrdinalIgnoreCase))) signals.Add(ScannerAgent);
        if (_scanners.Contains(visit.Network)) signals.Add(ScannerNetwork);
        if (visit.Kind == "opened" && (options.PrivacyProxyAgents.Contains(visit.UserAgent, StringComparer.OrdinalIgnoreCase) || _proxies.Contains(visit.Network)))
        {
            signals.Add(PrivacyProxy);
        }

        return signals;
    }

    /// <summary>Some window of a second holds the visit and enough different links.</summary>
    private static bool InBurst(Visit visit, IReadOnlyList<Visit> sameDelivery)
    {
        var links = sameDelivery.Where(other => other is { Kind: "clicked" or "probed", Link: not null } && (other.OccurredAt - visit.OccurredAt).Duration() <= BurstWindow).ToArray();
        if (links.Length < BurstLinks) return false;
        return links.Select(other => other.OccurredAt).Append(visit.OccurredAt).Where(from => from <= visit.OccurredAt).Any(from =>
            links.Where(other => other.OccurredAt >= from && other.OccurredAt - from <= BurstWindow).Select(other => other.Link).Distinct().Count() >= BurstLinks);
    }

    private static bool Probes(Visit probe, Visit visit) =>
        probe.Kind == "probed" && probe.Link == visit.Link && probe.UserAgent == visit.UserAgent && probe.Network == visit.Network
        && probe.OccurredAt <= visit.OccurredAt && visit.OccurredAt - probe.OccurredAt <= Around;
}
