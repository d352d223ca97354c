using Crm.Loyalty.Domain;

namespace Crm.Loyalty.Tests.Domain;

public sealed class CardNumberTests
{
    [Theory]
    [InlineData("7992739871", '3')] // the example of Luhn's patent as it is commonly given
    [InlineData("411111111111111", '1')]
    [InlineData("000000000000000", '0')]
    public void The_check_digit_is_Luhns(string payload, char digit) => Assert.Equal(digit, CardNumber.CheckDigit(payload));

    [Fact]
    public void Numbers_are_valid_and_any_wrong_digit_or_neighbours_swapped_are_not()
    {
        for (var n = 0; n < 50; n++)
        {
            var number = CardNumber.Next();
            Assert.Matches("^9[0-9]{15}$", number);
            Assert.True(CardNumber.IsValid(number));
            for (var i = 0; i < 16; i++)
            {
                var wrong = number.ToCharArray();
                wrong[i] = (char)('0' + ((wrong[i] - '0' + 1 + (n % 9)) % 10));
                Assert.False(CardNumber.IsValid(new string(wrong)));
                // Luhn's formula sees every swap of neighbours but 09 and 90.
                if (i == 15 || number[i] == number[i + 1] || number.Substring(i, 2) is "09" or "90") continue;
                var swapped = number.ToCharArray();
                (swapped[i], swapped[i + 1]) = (swapped[i + 1], swapped[i]);
                Assert.False(CardNumber.IsValid(new string(swapped)));
            }
        }
    }

    [Fact]
    public void Numbers_do_not_repeat() =>
        Assert.Equal(10_000, Enumerable.Range(0, 10_000).Select(_ => CardNumber.Next()).Distinct().Count());
}
