using System.ComponentModel.DataAnnotations;

namespace Crm.Campaign.Reconciliation;

/// <summary>Section <c>Reconcile</c>: how unknown deliveries are settled.</summary>
public sealed class ReconcileOptions : IValidatableObject
{
    public const string Section = "Reconcile";

    /// <summary>How often the unknown are looked at.</summary>
    public TimeSpan Interval { get; init; } = TimeSpan.FromSeconds(30);

    /// <summary>
    /// Age, since it was claimed, from which an unknown delivery is judged: above the longest that a sender can still be speaking about it
    /// (lease and the relay's time-outs) plus the journal's delay.
    /// </summary>
    public TimeSpan After { get; init; } = TimeSpan.FromMinutes(15);

    /// <summary>Postfix's log (as syslog or rsyslog write it): a path whose rotated files (<c>.1</c>, <c>.2.gz</c>, ...) are read too.</summary>
    public string? PostfixLog { get; init; }

    /// <summary>IANA zone of syslog's time stamps, where they carry none.</summary>
    [Required]
    public string PostfixLogZone { get; init; } = "UTC";

    /// <summary>
    /// An address of the relay's HTTP API with <c>{messageId}</c> in it. 200 with a body other than an empty array: the message was taken; 404,
    /// or an empty array: it was not. Maildev: <c>http://host:1080/email?messageId={messageId}</c>.
    /// </summary>
    public string? HttpUrl { get; init; }

    /// <summary>Value of an <c>Authorization</c> header for it.</summary>
    public string? HttpAuthorization { get; init; }

    public IEnumerable<ValidationResult> Validate(ValidationContext validationContext)
    {
        if (PostfixLog is not null && HttpUrl is not null) yield return new ValidationResult("Reconcile:PostfixLog and Reconcile:HttpUrl exclude each other.", [nameof(HttpUrl)]);
        if (HttpUrl is not null && !(HttpUrl.Contains("{messageId}", StringComparison.Ordinal) && Uri.TryCreate(HttpUrl, UriKind.Absolute, out var url) && (url.Scheme == Uri.UriSchemeHttp || url.Scheme == Uri.UriSchemeHttps)))
        {
            yield return new ValidationResult("Reconcile:HttpUrl must be an http(s) address with {messageId} in it.", [nameof(HttpUrl)]);
        }

        if (!TimeZoneInfo.TryFindSystemTimeZoneById(PostfixLogZone, out _)) yield return new ValidationResult("Reconcile:PostfixLogZone is not a time zone.", [nameof(PostfixLogZone)]);
        if (Interval < TimeSpan.FromMilliseconds(100)) yield return new ValidationResult("Reconcile:Interval must be 0.1 s or more.", [nameof(Interval)]);
        if (After < TimeSpan.Zero) yield return new ValidationResult("Reconcile:After must not be negative.", [nameof(After)]);
    }
}
