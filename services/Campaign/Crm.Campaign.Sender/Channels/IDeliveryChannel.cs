using Crm.Campaign.Sender.Sending;

namespace Crm.Campaign.Sender.Channels;

/// <summary>A way to reach recipients. Knows its provider; knows nothing of ledger, pacing or retries.</summary>
internal interface IDeliveryChannel
{
    string Name { get; }

    /// <summary>Recipients that it wants at a time; null: as many as every other.</summary>
    int? BatchSize => null;

    /// <summary>How many messages it could take now, of those wanted; where none, after a short wait. Asked before they are claimed.</summary>
    Task<int> ReadyAsync(int wanted, CancellationToken stopping) => Task.FromResult(wanted);

    /// <summary>
    /// Hands the claims over and says for each, in their order, what became of it. What can be told of single claims is an outcome; an
    /// exception says that nothing is known of any, and makes them all <c>unknown</c>.
    /// </summary>
    /// <param name="stopping">From then on nothing further is begun; what is on the wire still gets its answer.</param>
    Task<IReadOnlyList<DeliveryOutcome>> SendAsync(SendingCampaign campaign, IReadOnlyList<Claim> claims, CancellationToken stopping);
}

/// <summary>What became of one claim.</summary>
internal abstract record DeliveryOutcome
{
    private DeliveryOutcome()
    {
    }

    /// <summary>The provider took responsibility.</summary>
    /// <param name="Reference">What the provider calls it, or how it answered.</param>
    /// <param name="Provider">Which of the channel's providers took it.</param>
    internal sealed record Accepted(string? Reference, string Provider) : DeliveryOutcome;

    /// <summary>Never to be tried again.</summary>
    /// <param name="Reason">snake_case, for the statistics: recipient_rejected, rejected, message_invalid.</param>
    internal sealed record Rejected(string Reason, string Detail) : DeliveryOutcome;

    /// <summary>Certainly not handed over, may be tried again.</summary>
    /// <param name="RetryAfter">
    /// What the provider asked for, or its rate; null: the engine's own pause. Uncounted and null says that the provider is away: the rest of
    /// the chunk waits too.
    /// </param>
    /// <param name="Counts">Whether the provider judged this message, so that the attempt counts; false: it was never asked about it.</param>
    internal sealed record Deferred(string Detail, TimeSpan? RetryAfter, bool Counts) : DeliveryOutcome;

    /// <summary>Handed over or not: nobody here can tell.</summary>
    internal sealed record Unknown(string Detail) : DeliveryOutcome;
}
