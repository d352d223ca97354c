namespace Crm.Analytics.Models;

/// <summary>
/// sBG of Fader and Hardie (2007), "How to project customer retention", Journal of Interactive Marketing 21(1), 76-90: contracts end at
/// each renewal with probability θ ~ beta(α, β).
/// </summary>
public sealed record ShiftedBetaGeometric(double Alpha, double Beta)
{
    /// <param name="survivors">Customers at the start and after each renewal, never rising; counts or percentages.</param>
    /// <exception cref="ArgumentException">Fewer than two values, rising, negative, or nobody at the start.</exception>
    public static ModelFit<ShiftedBetaGeometric> Fit(IReadOnlyList<double> survivors, FitOptions? options = null, CancellationToken cancellationToken = default)
    {
        if (survivors.Count < 2 || !(survivors[0] > 0) || survivors.Any(value => !(value >= 0 && double.IsFinite(value))) || survivors.Zip(survivors.Skip(1)).Any(pair => pair.Second > pair.First))
        {
            throw new ArgumentException("Survivors start above 0 and do not rise", nameof(survivors));
        }

        return new MaximumLikelihood(["alpha", "beta"], [1, 1], [1, 1], [0, 0], Evaluate, Math.Max(1, (long)Math.Round(survivors[0])), 0, options ?? new FitOptions())
            .Fit(p => new ShiftedBetaGeometric(p[0], p[1]), cancellationToken);

        // ln P(T=t) = ln α - ln(α+β) + Σ_{i<t-1} [ln(β+i) - ln(α+β+1+i)], and ln S(t) = Σ_{i<t} [ln(β+i) - ln(α+β+i)].
        double Evaluate(ReadOnlySpan<double> parameters, Span<double> gradient)
        {
            var (a, b) = (parameters[0], parameters[1]);
            double value = 0, byA = 0, byB = 0;
            var (survival, survivalByA, survivalByB) = (0.0, 0.0, 0.0);
            for (var t = 1; t < survivors.Count; t++)
            {
                var (stay, total) = (b + t - 1, a + b + t - 1);
                var lost = survivors[t - 1] - survivors[t];
                value += lost * (survival + Math.Log(a / total));
                byA += lost * (survivalByA + (1 / a) - (1 / total));
                byB += lost * (survivalByB - (1 / total));
                survival += Math.Log(stay / total);
                survivalByA -= 1 / total;
                survivalByB += (1 / stay) - (1 / total);
            }

            var left = survivors[^1];
            gradient[0] = byA + (left * survivalByA);
            gradient[1] = byB + (left * survivalByB);
            return value + (left * survival);
        }
    }

    /// <summary>S(t) = B(α, β+t) / B(α, β): share that is left after t renewals.</summary>
    public double Survival(int renewals) => Math.Exp(SpecialFunctions.LogBeta(Alpha, Beta + renewals) - SpecialFunctions.LogBeta(Alpha, Beta));

    /// <summary>r(t) = (β+t-1) / (α+β+t-1): share of those present that renews for the t-th time.</summary>
    public double RetentionRate(int renewal) => (Beta + renewal - 1) / (Alpha + Beta + renewal - 1);

    /// <summary>DEL: expected periods of a new contract, the first included, discounted at rate d per period.</summary>
    public double DiscountedExpectedLifetime(double discount) => SpecialFunctions.Hypergeometric2F1WithUnit(Beta, Alpha + Beta, 1 / (1 + discount));

    /// <summary>DERL: expected further periods, discounted to the next renewal, of a customer who is about to decide on the n-th one (Fader and Hardie 2010).</summary>
    public double DiscountedExpectedResidualLifetime(int renewal, double discount) =>
        RetentionRate(renewal) * SpecialFunctions.Hypergeometric2F1WithUnit(Beta + renewal, Alpha + Beta + renewal, 1 / (1 + discount));
}
