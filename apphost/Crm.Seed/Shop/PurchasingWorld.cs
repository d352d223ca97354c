namespace Crm.Seed.Shop;

/// <summary>One purchase of a drawn history.</summary>
/// <param name="Week">Since the customer's first purchase, which is at 0.</param>
internal readonly record struct DrawnPurchase(double Week, double Amount);

/// <summary>
/// How people buy: purchase times by BG/NBD (Fader, Hardie and Lee 2005, "Counting your customers the easy way", Marketing Science
/// 24(2)), amounts by Gamma-Gamma (Fader and Hardie 2013, "The Gamma-Gamma model of monetary value").
/// </summary>
/// <param name="R">Shape of the gamma distribution of purchase rates.</param>
/// <param name="Alpha">Its rate, in weeks.</param>
/// <param name="A">First parameter of the beta distribution of the chance to drop out after a repeat purchase.</param>
/// <param name="B">Second parameter.</param>
/// <param name="P">Shape of a customer's amounts.</param>
/// <param name="Q">Shape of the gamma distribution of their rates.</param>
/// <param name="Gamma">Its rate, in the currency.</param>
internal sealed record PurchasingWorld(double R, double Alpha, double A, double B, double P, double Q, double Gamma)
{
    /// <summary>Fitted on CDNOW in the two papers; a dollar there is 8,500 rupiah here, so that a purchase is about 300,000 on average.</summary>
    public static readonly PurchasingWorld Shop = new(0.243, 4.414, 0.793, 2.426, 6.25, 3.74, 15.44 * 8_500);

    /// <summary>The purchases of one new customer in the weeks from the first.</summary>
    public IEnumerable<DrawnPurchase> Draw(RandomStream random, double weeks)
    {
        var rate = random.Gamma(R, Alpha);
        var dropout = random.Beta(A, B);
        var amountRate = random.Gamma(Q, Gamma);
        yield return new DrawnPurchase(0, random.Gamma(P, amountRate));

        for (var week = random.Exponential(rate); week <= weeks; week += random.Exponential(rate))
        {
            yield return new DrawnPurchase(week, random.Gamma(P, amountRate));
            if (random.Chance(dropout)) yield break;
        }
    }
}
