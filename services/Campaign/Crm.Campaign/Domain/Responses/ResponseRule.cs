namespace Crm.Campaign.Domain.Responses;

/// <summary>
/// What follows from the signals of a response: <c>bot</c> (a scanner; not counted as a response of the recipient), <c>machine</c> (fetched
/// on the recipient's behalf; neither proves nor disproves a person), else <c>human</c>. Versions are kept: with the stored signals any
/// of them can be applied again.
/// </summary>
/// <param name="Bot">One of these is enough.</param>
/// <param name="Machine">One of these is enough where none of <paramref name="Bot"/> is there.</param>
internal sealed record ResponseRule(int Version, string[] Bot, string[] Machine)
{
    public const string HumanVerdict = "human";
    public const string MachineVerdict = "machine";
    public const string BotVerdict = "bot";

    private static readonly string[] Always =
        [ResponseSignals.Burst, ResponseSignals.Trap, ResponseSignals.Head, ResponseSignals.Probed, ResponseSignals.ScannerAgent, ResponseSignals.ScannerNetwork];

    /// <summary>1: whatever is opened too fast was opened by a scanner. 2: it may as well be a mail program that loads images ahead.</summary>
    public static readonly IReadOnlyList<ResponseRule> All =
    [
        new(1, [.. Always, ResponseSignals.TooFast], [ResponseSignals.PrivacyProxy]),
        new(2, Always, [ResponseSignals.PrivacyProxy, ResponseSignals.TooFast]),
    ];

    public static ResponseRule Current => All[^1];

    public string Decide(IReadOnlyCollection<string> signals) =>
        Bot.Any(signals.Contains) ? BotVerdict : Machine.Any(signals.Contains) ? MachineVerdict : HumanVerdict;
}
