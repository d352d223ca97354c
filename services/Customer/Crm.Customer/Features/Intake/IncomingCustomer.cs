using System.Globalization;
using System.Security.Cryptography;
using System.Text.Json;
using System.Text.Json.Serialization;
using Crm.Customer.Domain;
using Crm.ServiceDefaults.Errors;

namespace Crm.Customer.Features.Intake;

/// <summary>A customer as a file or a stream tells it, unchecked.</summary>
internal sealed record IncomingCustomer
{
    public required string Source { get; init; }
    public required string SourceId { get; init; }
    public required CustomerInput Details { get; init; }

    /// <summary>yyyy-MM-dd, empty where unknown.</summary>
    public string? BirthDate { get; init; }

    /// <summary>Channels with consent to marketing.</summary>
    public IReadOnlyList<string> MarketingConsents { get; init; } = [];

    /// <summary>When the customer became known to the source; null: now.</summary>
    public DateTimeOffset? RegisteredAt { get; init; }

    /// <summary>Key, at the same source, of the customer who referred this one.</summary>
    public string? ReferredBySourceId { get; init; }

    public Result<StagedCustomer> Check(Guid id, DateTimeOffset now)
    {
        if (CustomerDetails.SourceRefusal(Source, SourceId, out var sourceId) is { } badSource) return badSource;
        DateOnly? birthDate = null;
        if (!string.IsNullOrWhiteSpace(BirthDate))
        {
            if (!DateOnly.TryParseExact(BirthDate.Trim(), "yyyy-MM-dd", CultureInfo.InvariantCulture, DateTimeStyles.None, out var parsed)) return CustomerErrors.BirthDateInvalid("birthDate");
            birthDate = parsed;
        }

        if (!CustomerDetails.From(Details with { BirthDate = birthDate }, now).TryGet(out var details, out var error)) return error;
        if (RegisteredAt is { } at && !CustomerDetails.IsPlausible(at, now)) return CustomerErrors.InstantInvalid("registeredAt");
        if (!PlainText.TryClean(ReferredBySourceId, out var referrer)) return CustomerErrors.InvalidCharacters("referredBySourceId");
        if (referrer?.Length > CustomerDetails.MaxSourceId) return CustomerErrors.TooLong("referredBySourceId", CustomerDetails.MaxSourceId);
        if (referrer == sourceId) return CustomerErrors.ReferralToSelf("referredBySourceId");

        string[] consents = [.. MarketingConsents.Select(channel => channel.Trim().ToLowerInvariant()).Distinct().Order(StringComparer.Ordinal)];
        if (consents.Any(channel => !ConsentDecision.Channels.Contains(channel))) return CustomerErrors.ConsentChannelUnknown("marketingConsents");
        return new StagedCustomer(id, Source, sourceId, details, consents, RegisteredAt?.ToUniversalTime(), referrer);
    }
}

/// <summary>A checked customer on its way into the database; <paramref name="Id"/> is used if the customer is new.</summary>
internal sealed record StagedCustomer(
    Guid Id, string Source, string SourceId, CustomerDetails Details, string[] MarketingConsents, DateTimeOffset? RegisteredAt, string? ReferredBySourceId)
{
    // Absent values are left out, so that a field that is added one day does not make every row look changed.
    private static readonly JsonSerializerOptions Canonical = new() { DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull };

    /// <summary>SHA-256 of everything that the source says.</summary>
    public byte[] Hash { get; } = SHA256.HashData(JsonSerializer.SerializeToUtf8Bytes(new { Details, MarketingConsents, RegisteredAt, ReferredBySourceId }, Canonical));
}
