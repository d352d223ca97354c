namespace Crm.Analytics.Models.Voice;

/// <param name="Label">0 negative, 1 neutral, 2 positive.</param>
public readonly record struct LabelledText(string Text, int Label);

/// <summary>How well a model reads labelled texts.</summary>
/// <param name="Confusion">[truth, answer].</param>
public sealed record SentimentScores(int Texts, double Accuracy, double MacroF1, double LogLoss, int[,] Confusion);

/// <summary>
/// Fits the logistic regression by AdaGrad (Duchi, Hazan and Singer 2011), classes weighted by the square root of their rarity, then the
/// temperature on texts that were kept out. The same texts and seed give the same model, byte for byte.
/// </summary>
public static class SentimentTraining
{
    private const int Classes = 3;

    public static SentimentModel Fit(IReadOnlyList<LabelledText> texts, int epochs, float rate, float decay, int seed)
    {
        var random = new Random(seed);
        var order = Enumerable.Range(0, texts.Count).ToArray();
        random.Shuffle(order);
        var (kept, used) = (order[..(texts.Count / 10)], order[(texts.Count / 10)..]);
        var buffer = new int[TextFeatures.MaxFeatures];
        var features = texts.Select(text => buffer[..TextFeatures.Extract(text.Text, buffer)]).ToArray();
        var counts = new int[Classes];
        foreach (var i in used) counts[texts[i].Label]++;
        var classWeights = counts.Select(count => (float)Math.Sqrt((double)used.Length / (Classes * Math.Max(count, 1)))).ToArray();

        var weights = new float[Classes * TextFeatures.Buckets];
        var squares = new float[weights.Length];
        var (bias, biasSquares) = (new float[Classes], new float[Classes]);
        Span<float> gradient = stackalloc float[Classes];
        for (var epoch = 0; epoch < epochs; epoch++)
        {
            random.Shuffle(used);
            foreach (var i in used)
            {
                if (features[i].Length == 0) continue;
                var norm = 1 / MathF.Sqrt(features[i].Length);
                Predict(features[i], norm, weights, bias, gradient);
                for (var k = 0; k < Classes; k++) gradient[k] = (gradient[k] - (texts[i].Label == k ? 1 : 0)) * classWeights[texts[i].Label];
                foreach (var feature in features[i])
                {
                    for (var k = 0; k < Classes; k++)
                    {
                        var at = (Classes * feature) + k;
                        var slope = (gradient[k] * norm) + (decay * weights[at]);
                        squares[at] += slope * slope;
                        weights[at] -= rate * slope / (MathF.Sqrt(squares[at]) + 1e-4f);
                    }
                }

                for (var k = 0; k < Classes; k++)
                {
                    biasSquares[k] += gradient[k] * gradient[k];
                    bias[k] -= rate * gradient[k] / (MathF.Sqrt(biasSquares[k]) + 1e-4f);
                }
            }
        }

        var keptTexts = kept.Select(i => texts[i]).ToArray();
        var temperature = Enumerable.Range(-10, 41).Select(step => MathF.Pow(1.1f, step))
            .MinBy(candidate => Measure(SentimentModel.Quantise(weights, bias, candidate), keptTexts).LogLoss);
        return SentimentModel.Quantise(weights, bias, temperature);
    }

    public static SentimentScores Measure(SentimentModel model, IReadOnlyList<LabelledText> texts)
    {
        var confusion = new int[Classes, Classes];
        var loss = 0.0;
        foreach (var (text, label) in texts)
        {
            var scored = model.Score(text);
            double[] p = [scored.Negative, scored.Neutral, scored.Positive];
            var answer = scored.Label == Sentiment.NegativeLabel ? 0 : scored.Label == Sentiment.NeutralLabel ? 1 : 2;
            confusion[label, answer]++;
            loss -= Math.Log(Math.Max(p[label], 1e-12));
        }

        var (right, f1) = (0, 0.0);
        for (var k = 0; k < Classes; k++)
        {
            var (truth, answers) = (0, 0);
            for (var other = 0; other < Classes; other++)
            {
                truth += confusion[k, other];
                answers += confusion[other, k];
            }

            right += confusion[k, k];
            f1 += truth + answers == 0 ? 0 : 2.0 * confusion[k, k] / (truth + answers);
        }

        var n = Math.Max(texts.Count, 1);
        return new SentimentScores(texts.Count, (double)right / n, f1 / Classes, loss / n, confusion);
    }

    private static void Predict(int[] features, float norm, float[] weights, float[] bias, Span<float> p)
    {
        p.Clear();
        foreach (var feature in features)
        {
            for (var k = 0; k < Classes; k++) p[k] += weights[(Classes * feature) + k];
        }

        var top = float.MinValue;
        for (var k = 0; k < Classes; k++) top = Math.Max(top, p[k] = (p[k] * norm) + bias[k]);
        var sum = 0f;
        for (var k = 0; k < Classes; k++) sum += p[k] = MathF.Exp(p[k] - top);
        for (var k = 0; k < Classes; k++) p[k] /= sum;
    }
}
