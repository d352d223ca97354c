using System.ComponentModel.DataAnnotations;
using System.Net;

namespace Crm.Campaign.Domain.Responses;

/// <summary>Section <c>Responses</c>: whom the bot filter knows, and how long it waits for the rest of a burst.</summary>
public sealed class ResponseOptions : IValidatableObject
{
    public const string Section = "Responses";

    /// <summary>A response is judged so long after it happened: others shortly after it tell about it too.</summary>
    public TimeSpan SettleAfter { get; init; } = TimeSpan.FromSeconds(3);

    /// <summary>How often judgement is looked after.</summary>
    public TimeSpan PollInterval { get; init; } = TimeSpan.FromMilliseconds(500);

    /// <summary>Parts of user agents that name a program.</summary>
    public string[] ScannerAgents { get; init; } =
    [
        "bot", "crawler", "spider", "scanner", "preview", "monitor", "headless", "python-", "curl/", "wget/", "go-http-client", "java/", "libwww",
        "okhttp", "axios/", "node-fetch", "barracuda", "mimecast", "proofpoint", "symantec", "trend micro", "fireeye", "facebookexternalhit",
    ];

    /// <summary>Networks of scanners, as CIDR.</summary>
    public string[] ScannerNetworks { get; init; } = [];

    /// <summary>User agents, whole, of proxies that load images whether or not anybody looks. Apple's says no more than this.</summary>
    public string[] PrivacyProxyAgents { get; init; } = ["Mozilla/5.0"];

    /// <summary>Networks of such proxies, as CIDR; the default is Apple's.</summary>
    public string[] PrivacyProxyNetworks { get; init; } = ["17.0.0.0/8"];

    public IEnumerable<ValidationResult> Validate(ValidationContext validationContext)
    {
        if (SettleAfter < ResponseSignals.BurstWindow || SettleAfter > TimeSpan.FromMinutes(5))
        {
            yield return new ValidationResult("Responses:SettleAfter is from one second to five minutes.", [nameof(SettleAfter)]);
        }

        foreach (var network in ScannerNetworks.Concat(PrivacyProxyNetworks).Where(text => !IPNetwork.TryParse(text, out _)))
        {
            yield return new ValidationResult($"Responses: '{network}' is not a network in CIDR notation.", [nameof(ScannerNetworks)]);
        }
    }
}
