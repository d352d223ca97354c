namespace Crm.Analytics.Domain.Offers;

/// <summary>A text in both languages of the users.</summary>
internal sealed record Bilingual(string Id, string En);

/// <summary>Why an offer is made, in words.</summary>
internal static class OfferTexts
{
    public static Bilingual ReasonOf(Offer offer)
    {
        var because = string.Join(" + ", offer.Because.Select(product => product.Name));
        var percent = Math.Round(100 * offer.Acceptance);
        return offer.Kind switch
        {
            OfferKind.CrossSell => new(
                $"Pelanggan yang membeli {because} sering juga membeli {offer.Product.Name} ({offer.Rule!.BothCount} dari {offer.Rule.AntecedentCount} keranjang).",
                $"Customers who buy {because} often buy {offer.Product.Name} too ({offer.Rule.BothCount} of {offer.Rule.AntecedentCount} baskets)."),
            OfferKind.UpSell => new(
                $"Pembeli {because} naik ke {offer.Product.Name}; peluang diterima {percent} %.",
                $"Buyers of {because} move up to {offer.Product.Name}; {percent} % chance of acceptance."),
            _ => new(
                $"Pembeli {because} beralih ke {offer.Product.Name}, yang marginnya lebih baik; peluang diterima {percent} %.",
                $"Buyers of {because} switch to {offer.Product.Name}, which earns more; {percent} % chance of acceptance."),
        };
    }
}
