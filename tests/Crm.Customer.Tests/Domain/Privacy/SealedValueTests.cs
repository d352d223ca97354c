using Crm.Customer.Domain.Privacy;
using FsCheck;
using FsCheck.Fluent;

namespace Crm.Customer.Tests.Domain.Privacy;

public sealed class SealedValueTests
{
    private static readonly byte[] Key = [.. Enumerable.Range(0, SealedValue.KeyLength).Select(number => (byte)number)];

    private static readonly Arbitrary<byte[]> Contents = ArbMap.Default.ArbFor<byte[]>().Filter(content => content is not null);

    [Fact]
    public void What_was_sealed_opens_with_its_key_at_its_place_and_shows_whose_it_is() => Prop.ForAll(Contents, ArbMap.Default.ArbFor<Guid>(), ArbMap.Default.ArbFor<Guid>(), (content, owner, row) =>
    {
        var value = SealedValue.Seal(Key, owner, row, "text", content);
        Assert.Equal(owner, SealedValue.OwnerOf(value));
        Assert.Equal(content, SealedValue.Open(Key, value, row, "text"));
        Assert.Equal(value, SealedValue.FromText(SealedValue.ToText(value)));
        Assert.NotEqual(value, SealedValue.Seal(Key, owner, row, "text", content));
    }).QuickCheckThrowOnFailure();

    [Fact]
    public void It_opens_nowhere_else_with_no_other_key_and_not_after_any_change() => Prop.ForAll(Contents, ArbMap.Default.ArbFor<(Guid Row, Guid Other)>(), ArbMap.Default.ArbFor<(ushort Position, byte Change)>(), (content, rows, flip) =>
    {
        var value = SealedValue.Seal(Key, rows.Other, rows.Row, "text", content);
        Assert.Null(SealedValue.Open([.. Key[..^1], 0], value, rows.Row, "text"));
        Assert.Null(SealedValue.Open(Key, value, rows.Row, "body"));
        if (rows.Row != rows.Other) Assert.Null(SealedValue.Open(Key, value, rows.Other, "text"));
        value[flip.Position % value.Length] ^= (byte)(flip.Change | 1);
        Assert.Null(SealedValue.Open(Key, value, rows.Row, "text"));
    }).QuickCheckThrowOnFailure();

    [Theory]
    [InlineData(null)]
    [InlineData("")]
    [InlineData("plain")]
    [InlineData("\u0001")]
    [InlineData("\u0001not base64 at all")]
    [InlineData("\u0001AAAA")]
    public void A_text_that_is_not_sealed_is_not_taken_for_it(string? text) => Assert.Null(SealedValue.FromText(text));
}
