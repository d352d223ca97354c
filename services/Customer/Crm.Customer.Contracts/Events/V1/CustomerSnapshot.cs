namespace Crm.Customer.Contracts.Events.V1;

/// <summary>
/// The state of a customer that other services' projections keep, at one version. Consumers apply it when its
/// <see cref="Version"/> is above the one that they hold, whatever arrived in between.
/// </summary>
public sealed record CustomerSnapshot
{
    public required Guid CustomerId { get; init; }

    /// <summary>Grows by at least one with every change of the record.</summary>
    public required long Version { get; init; }

    /// <summary>System that the customer came from and its key there; null for customers registered by hand.</summary>
    public string? Source { get; init; }
    public string? SourceId { get; init; }
    public required string DisplayName { get; init; }
    public string? GivenName { get; init; }
    public string? FamilyName { get; init; }
    public string? Email { get; init; }

    /// <summary>E.164.</summary>
    public string? Phone { get; init; }

    /// <summary><c>id</c> or <c>en</c>.</summary>
    public required string Language { get; init; }

    /// <summary>IANA zone.</summary>
    public required string TimeZone { get; init; }
    public string? Street { get; init; }
    public string? PostalCode { get; init; }
    public string? City { get; init; }
    public string? Province { get; init; }

    /// <summary>ISO 3166-1 alpha-2.</summary>
    public string? Country { get; init; }
    public DateOnly? BirthDate { get; init; }
    public string? Gender { get; init; }
    public IReadOnlyList<string> Tags { get; init; } = [];

    public IReadOnlyList<PreferenceState> Preferences { get; init; } = [];
    public IReadOnlyList<CustomFieldState> CustomFields { get; init; } = [];
    public required string LifecycleStage { get; init; }
    public Guid? ReferredBy { get; init; }
    public required DateTimeOffset RegisteredAt { get; init; }

    /// <summary>Every current consent decision, given or refused.</summary>
    public IReadOnlyList<ConsentState> Consents { get; init; } = [];
}

/// <summary>The latest decision for one channel and purpose.</summary>
/// <param name="Channel">email, sms, whatsapp, phone, post, push, webhook.</param>
/// <param name="Purpose">marketing, service, profiling.</param>
/// <param name="EffectiveAt">A later decision wins over an earlier one, in whatever order they arrive.</param>
public sealed record ConsentState(string Channel, string Purpose, bool Granted, DateTimeOffset EffectiveAt);

/// <summary>What the customer likes, by subject: newsletter is weekly; colour is blue and green.</summary>
public sealed record PreferenceState(string Name, IReadOnlyList<string> Values);

/// <summary>A fact of this enterprise's own; exactly one of the values is set.</summary>
public sealed record CustomFieldState(string Name, string? Text = null, decimal? Number = null, DateOnly? Date = null, bool? Flag = null);
