using System.ComponentModel.DataAnnotations;

namespace Crm.Campaign.Delivery;

/// <summary>Section <c>Campaign</c>: what links and identifiers in messages are made of. The same in service and sender.</summary>
public sealed class MessageOptions : IValidatableObject
{
    public const string Section = "Campaign";

    /// <summary>Where recipients reach <c>/t</c> and <c>/p</c>: the gateway's public address.</summary>
    [Required]
    public Uri PublicBaseUrl { get; init; } = null!;

    /// <summary>Key of the tokens in links and of Message-IDs, 32 bytes or more in base64. A new one makes all links sent so far void.</summary>
    [Required]
    public string LinkKey { get; init; } = "";

    /// <summary>Right-hand side of Message-IDs.</summary>
    [Required]
    public string SenderDomain { get; init; } = "mail.example.com";

    /// <summary>Where undeliverable mail comes back to: its MX leads to the receiver of the campaign service. Without it there are no bounces to count.</summary>
    [RegularExpression(@"(?i)([a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?\.)+[a-z0-9-]{2,63}", ErrorMessage = "Campaign:BounceDomain must be a domain name in its ASCII form.")]
    public string? BounceDomain { get; init; }

    public IEnumerable<ValidationResult> Validate(ValidationContext validationContext)
    {
        if (!PublicBaseUrl.IsAbsoluteUri || !(PublicBaseUrl.Scheme == Uri.UriSchemeHttps || (PublicBaseUrl.Scheme == Uri.UriSchemeHttp && PublicBaseUrl.IsLoopback)))
        {
            yield return new ValidationResult("Campaign:PublicBaseUrl must be an https address (http only on this machine).", [nameof(PublicBaseUrl)]);
        }

        var key = new byte[LinkKey.Length];
        if (!Convert.TryFromBase64String(LinkKey, key, out var length) || length < 32)
        {
            yield return new ValidationResult("Campaign:LinkKey must be at least 32 bytes in base64.", [nameof(LinkKey)]);
        }
    }
}
