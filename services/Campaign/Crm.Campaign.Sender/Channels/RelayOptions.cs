using System.ComponentModel.DataAnnotations;
using Crm.Campaign.Sender.Smtp;

namespace Crm.Campaign.Sender.Channels;

/// <summary>A relay beside the one of section <c>Smtp</c>.</summary>
public sealed record FurtherRelay
{
    /// <summary>Relays of a higher order are used while none of a lower one can be; the relay of section <c>Smtp</c> has order 0.</summary>
    [Range(0, 100)]
    public int Order { get; init; } = 1;

    /// <summary>Share of the work among relays of the same order.</summary>
    [Range(1, 1_000)]
    public int Weight { get; init; } = 1;

    public SmtpOptions Smtp { get; init; } = new();
}

/// <summary>Section <c>Relays</c>: who takes over, or takes part. The relay of section <c>Smtp</c> is called <c>smtp</c>.</summary>
public sealed class RelayOptions : IValidatableObject
{
    public const string Section = "Relays";

    /// <summary>Weight of the relay of section <c>Smtp</c>.</summary>
    [Range(1, 1_000)]
    public int PrimaryWeight { get; init; } = 1;

    /// <summary>By the name that the ledger and the rate limits know them by.</summary>
    public Dictionary<string, FurtherRelay> Further { get; init; } = new(StringComparer.Ordinal);

    /// <summary>Failures in a row after which a relay is left alone.</summary>
    [Range(1, 100)]
    public int FailuresToOpen { get; init; } = 3;

    /// <summary>For how long; then one micro-batch tries it.</summary>
    public TimeSpan CoolDown { get; init; } = TimeSpan.FromSeconds(30);

    public IEnumerable<ValidationResult> Validate(ValidationContext validationContext)
    {
        foreach (var (name, relay) in Further)
        {
            if (name is RelaySet.PrimaryName or "") yield return new ValidationResult("Relays:Further: a relay needs a name of its own.", [name]);
            if (relay.Order is < 0 or > 100 || relay.Weight is < 1 or > 1_000) yield return new ValidationResult($"Relays:Further:{name}: Order is 0 to 100, Weight 1 to 1000.", [name]);
            foreach (var fault in relay.Smtp.Faults()) yield return new ValidationResult($"Relays:Further:{name}:Smtp: {fault}", [name]);
        }
    }
}
