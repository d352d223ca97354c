using Crm.ServiceDefaults.Errors;

namespace Crm.Customer.Domain;

/// <summary>One entry of the consent ledger.</summary>
public sealed record ConsentDecision
{
    public static readonly IReadOnlyList<string> Channels = ["email", "sms", "whatsapp", "phone", "post", "push", "webhook"];
    public static readonly IReadOnlyList<string> Purposes = [Marketing, "service", "profiling"];
    public static readonly IReadOnlyList<string> CaptureSources = ["form", "agent", Import, Unsubscribe];

    public const string Marketing = "marketing";
    public const string Import = "import";
    public const string Unsubscribe = "unsubscribe";

    /// <summary>Not said by anybody: follows from a merge that was undone.</summary>
    public const string Unmerge = "unmerge";

    /// <summary>The preference centre.</summary>
    public const string PreferenceCentre = "preference-centre";
    public const string DoubleOptIn = "double-opt-in";
    public const string PrivacyRequest = "privacy-request";
    private const int MaxNoticeVersion = 50;

    public required Guid Id { get; init; }
    public required Guid CustomerId { get; init; }
    public required string Channel { get; init; }
    public required string Purpose { get; init; }
    public required bool Granted { get; init; }

    /// <summary>Version of the text that the customer saw.</summary>
    public required string NoticeVersion { get; init; }
    public required string CaptureSource { get; init; }
    public required DateTimeOffset EffectiveAt { get; init; }

    /// <summary>Why this cannot be recorded, or null. <paramref name="path"/> leads to the decision in the request.</summary>
    internal static Error? Refusal(string channel, string purpose, string noticeVersion, string? captureSource, DateTimeOffset? effectiveAt, DateTimeOffset now, string path)
    {
        if (!Channels.Contains(channel)) return CustomerErrors.ConsentChannelUnknown(path + "channel");
        if (!Purposes.Contains(purpose)) return CustomerErrors.ConsentPurposeUnknown(path + "purpose");
        if (captureSource is not null && !CaptureSources.Contains(captureSource)) return CustomerErrors.CaptureSourceUnknown(path + "captureSource");
        if (!PlainText.TryClean(noticeVersion, out var clean)) return CustomerErrors.InvalidCharacters(path + "noticeVersion");
        if (clean is null) return CustomerErrors.NoticeVersionRequired(path + "noticeVersion");
        if (clean.Length > MaxNoticeVersion) return CustomerErrors.TooLong(path + "noticeVersion", MaxNoticeVersion);
        return effectiveAt is { } at && !CustomerDetails.IsPlausible(at, now) ? CustomerErrors.InstantInvalid(path + "effectiveAt") : null;
    }
}
