using Crm.Customer.Domain;

namespace Crm.Customer.Tests.Domain;

public sealed class PhoneNumberTests
{
    [Theory]
    [InlineData("0812-3456-7890", "+6281234567890")]
    [InlineData("812 3456 7890", "+6281234567890")]
    [InlineData("62 812.3456.7890", "+6281234567890")]
    [InlineData("+62 (0)812 3456 7890", "+6281234567890")]
    [InlineData("0062 812 3456 7890", "+6281234567890")]
    [InlineData("(021) 555-1234", "+62215551234")]
    [InlineData("+1 202 555 0123", "+12025550123")]
    [InlineData("+44/20/7946/0958", "+442079460958")]
    [InlineData("+352 621 123 456", "+352621123456")]
    public void Every_notation_becomes_e164(string typed, string expected)
    {
        Assert.True(PhoneNumber.TryNormalise(typed, out var e164));
        Assert.Equal(expected, e164);
    }

    [Theory]
    [InlineData("")]
    [InlineData("0812")]
    [InlineData("081234567890123456")]
    [InlineData("0812-ABCD-7890")]
    [InlineData("+999 1234 5678")]
    [InlineData("+210 1234 5678")]
    [InlineData("5551234567")]
    [InlineData("++6281234567890")]
    [InlineData("٠٨١٢٣٤٥٦٧٨٩")]
    public void What_no_telephone_can_dial_is_refused(string typed) => Assert.False(PhoneNumber.TryNormalise(typed, out _));

    [Theory]
    [InlineData("0812", "+62812")]
    [InlineData("+62812", "+62812")]
    [InlineData("62812", "+62812")]
    [InlineData("812", "+62812")]
    [InlineData("Ani", null)]
    public void The_start_of_a_number_is_the_start_of_its_e164_form(string typed, string? expected) => Assert.Equal(expected, PhoneNumber.PrefixOf(typed));
}
