namespace Crm.Analytics.Models.Voice;

/// <summary>How a text sounds: three probabilities that add up to 1.</summary>
public readonly record struct Sentiment(double Negative, double Neutral, double Positive)
{
    public const string NegativeLabel = "negative";
    public const string NeutralLabel = "neutral";
    public const string PositiveLabel = "positive";

    public string Label => Negative >= Neutral && Negative >= Positive ? NegativeLabel : Positive >= Neutral ? PositiveLabel : NeutralLabel;

    /// <summary>p(positive) - p(negative), from -1 to 1: what a sentiment index is the mean of.</summary>
    public double Index => Positive - Negative;

    /// <summary>From the three logits, divided by the temperature of the calibration (Guo et al. 2017).</summary>
    public static Sentiment Of(double negative, double neutral, double positive, double temperature)
    {
        var top = Math.Max(negative, Math.Max(neutral, positive));
        var (a, b, c) = (Math.Exp((negative - top) / temperature), Math.Exp((neutral - top) / temperature), Math.Exp((positive - top) / temperature));
        var sum = a + b + c;
        return new Sentiment(a / sum, b / sum, c / sum);
    }
}
