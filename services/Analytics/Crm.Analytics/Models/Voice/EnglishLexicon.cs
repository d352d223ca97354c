namespace Crm.Analytics.Models.Voice;

/// <summary>
/// Sentiment of English texts without training data: own word list with valences from -3 to 3, a negation turns and weakens the next three
/// words, an intensifier strengthens the next one; the sum s is squashed to s / √(s² + 15) as Hutto and Gilbert (2014) do.
/// </summary>
public static class EnglishLexicon
{
    public const string Version = "lexicon-en/1";
    private const double NegationFactor = -0.74;
    private const double Squash = 15;

    private static readonly (int Valence, string Words)[] Lists =
    [
        (3, "excellent amazing awesome fantastic outstanding superb perfect wonderful brilliant flawless delighted exceptional best love loved loves incredible"),
        (2, "good great nice happy pleased satisfied friendly helpful delicious tasty comfortable beautiful recommend recommended reliable fast quick easy clean enjoy enjoyed enjoyable impressive impressed polite professional pleasant smooth thanks thank grateful glad like liked likes loving lovely useful works worked solved resolved quality fresh cozy generous convenient efficient responsive affordable worth favorite favourite fun better improved"),
        (1, "fine okay ok decent fair acceptable interesting improve cheap clear safe simple useful warm kind quickly promptly prompt well positive"),
        (-1, "slow late expensive pricey small noisy crowded confusing confused complicated boring average delay delayed wait waiting waited missing unclear limited lacking lack bland cold weak hard difficult problem problems issue issues concern sorry unfortunately hardly barely overpriced outdated"),
        (-2, "bad poor disappointed disappointing disappointment broken dirty rude unhappy unsatisfied dissatisfied useless fail failed fails failure faulty defective damaged wrong error errors crash crashes crashed stuck annoying annoyed frustrating frustrated angry complain complaint complaints refund cancel cancelled worse unhelpful unreliable unprofessional ignored lost leak leaks leaking cracked smelly stale unacceptable mess lied lie fake"),
        (-3, "terrible horrible awful worst disgusting hate hated hates scam fraud pathetic garbage trash rubbish nightmare dreadful appalling furious stolen cheated robbed disaster unusable never-again"),
    ];

    private static readonly Dictionary<string, int>.AlternateLookup<ReadOnlySpan<char>> Valences = Lists
        .SelectMany(list => list.Words.Split(' ').Select(word => (word, list.Valence))).DistinctBy(pair => pair.word)
        .ToDictionary(pair => pair.word, pair => pair.Valence, StringComparer.Ordinal).GetAlternateLookup<ReadOnlySpan<char>>();

    private static readonly HashSet<string>.AlternateLookup<ReadOnlySpan<char>> Intensifiers =
        new HashSet<string>(StringComparer.Ordinal) { "very", "really", "extremely", "so", "too", "absolutely", "totally", "incredibly", "super", "completely" }
            .GetAlternateLookup<ReadOnlySpan<char>>();

    public static Sentiment Score(ReadOnlySpan<char> text)
    {
        Span<char> clean = stackalloc char[TextFeatures.RoomToNormalise(text)];
        var length = TextFeatures.Normalise(text, clean);
        var (sum, negated, stronger) = (0.0, 0, false);
        var words = clean[..length];
        foreach (var range in words.Split(' '))
        {
            var word = words[range];
            if (word.IsEmpty) continue;
            if (TextFeatures.IsNegation(word))
            {
                negated = 3;
                continue;
            }

            if (Intensifiers.Contains(word))
            {
                stronger = true;
                continue;
            }

            if (Valences.TryGetValue(word, out var valence))
            {
                sum += valence * (stronger ? 1.3 : 1) * (negated > 0 ? NegationFactor : 1);
            }

            negated--;
            stronger = false;
        }

        var compound = sum / Math.Sqrt((sum * sum) + Squash);
        return Sentiment.Of(-4 * compound, 0.8 - (2 * Math.Abs(compound)), 4 * compound, 1);
    }
}
