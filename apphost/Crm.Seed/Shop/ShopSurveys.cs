namespace Crm.Seed.Shop;

/// <summary>What customers answer when they are asked: whether they would recommend the shop (NPS, two waves), and how content they were (CSAT).</summary>
internal static class ShopSurveys
{
    private const double Answering = 0.35;

    private static readonly (string Kind, string Wave, DateOnly Day)[] Asked =
        [("nps", "2025-12", new(2025, 12, 10)), ("nps", "2026-06", new(2026, 6, 10)), ("csat", "2026-06", new(2026, 6, 10))];

    public static IEnumerable<PlannedAnswer> Of(string customerId, DateTimeOffset knownSince, DateTimeOffset now)
    {
        foreach (var (kind, wave, day) in Asked)
        {
            var random = new RandomStream($"{ShopPopulation.Source} {customerId} {kind} {wave}");
            var answeredAt = new DateTimeOffset(day, new TimeOnly(9, 0), JakartaTime.Offset).AddSeconds(random.Below(6 * 86_400));
            if (!random.Chance(Answering) || knownSince > answeredAt || answeredAt > now) continue;

            // Most are content; by the second wave some more are.
            var content = random.Chance(wave == "2026-06" ? 0.58 : 0.5);
            var score = kind == "nps" ? (content ? random.Between(9, 10) : random.Chance(0.6) ? random.Between(7, 8) : random.Between(1, 6)) : content ? random.Between(4, 5) : random.Between(1, 4);
            yield return new PlannedAnswer(customerId, kind, wave, score, answeredAt);
        }
    }
}
