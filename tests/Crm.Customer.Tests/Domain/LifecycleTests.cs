using Crm.Customer.Domain;

namespace Crm.Customer.Tests.Domain;

public sealed class LifecycleTests
{
    private static readonly LifecycleRules Rules = new(LoyalPurchases: 5, LoyalDays: 90, AtRiskDays: 90, LapsedDays: 180);
    private static readonly DateTimeOffset Now = new(2026, 6, 1, 0, 0, 0, TimeSpan.Zero);

    [Theory]
    [InlineData("Prospect", 1, 0, 1, "New")]
    [InlineData("Prospect", 1, 0, 400, "New")] // a purchase of long ago still makes a customer
    [InlineData("Prospect", 2, 10, 1, "Active")]
    [InlineData("New", 2, 10, 1, "Active")]
    [InlineData("Active", 5, 89, 1, "Active")] // often, but not yet for long
    [InlineData("Active", 4, 200, 1, "Active")] // long, but not often
    [InlineData("Active", 5, 90, 1, "Loyal")]
    [InlineData("AtRisk", 3, 60, 1, "Active")]
    [InlineData("AtRisk", 6, 200, 1, "Loyal")]
    [InlineData("AtRisk", 3, 60, 95, "AtRisk")] // told late: says nothing about today
    [InlineData("Lapsed", 3, 60, 1, "WonBack")]
    [InlineData("Lapsed", 3, 60, 200, "Lapsed")]
    [InlineData("WonBack", 4, 60, 1, "Active")]
    [InlineData("Loyal", 9, 300, 1, "Loyal")]
    public void Buying_moves_on_or_back(string stage, int purchases, int spanDays, int lastDaysAgo, string expected) =>
        Assert.Equal(expected, Lifecycle.AfterPurchase(stage, History(purchases, spanDays, lastDaysAgo), Rules, Now).Stage);

    [Theory]
    [InlineData("Active", 2, 10, 89, "Active")]
    [InlineData("Active", 2, 10, 90, "AtRisk")]
    [InlineData("Loyal", 2, 10, 180, "Lapsed")]
    [InlineData("Active", 3, 240, 200, "Active")] // buys every four months: twice that is longer than ninety days
    [InlineData("Active", 3, 240, 240, "AtRisk")]
    [InlineData("AtRisk", 3, 240, 479, "AtRisk")]
    [InlineData("AtRisk", 3, 240, 480, "Lapsed")]
    [InlineData("Prospect", 0, 0, 900, "Prospect")]
    [InlineData("Lapsed", 2, 10, 900, "Lapsed")]
    public void Silence_counts_by_the_customers_own_rhythm(string stage, int purchases, int spanDays, int lastDaysAgo, string expected) =>
        Assert.Equal(expected, Lifecycle.AfterSilence(stage, History(purchases, spanDays, lastDaysAgo), Rules, Now).Stage);

    private static BuyingHistory History(int purchases, int spanDays, int lastDaysAgo) =>
        new(purchases, Now.AddDays(-lastDaysAgo - spanDays), Now.AddDays(-lastDaysAgo));
}
