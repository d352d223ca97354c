using System.IO.Hashing;

namespace Crm.Registry.Tests.Hashing;

/// <summary>
/// The vectors that xxHash publishes for its implementers (tests/sanity_test_vectors.h, version 0.8.2), one or more for each
/// range of lengths that the algorithm treats apart.
/// </summary>
public class XxHashTests
{
    private const ulong Prime32 = 2654435761;
    private const ulong Prime64 = 11400714785074694797;

    [Theory]
    [InlineData(0, 0, 0xEF46DB3751D8E999)]
    [InlineData(0, Prime32, 0xAC75FDA2929B17EF)]
    [InlineData(1, 0, 0xE934A84ADB052768)]
    [InlineData(1, Prime32, 0x5014607643A9B4C3)]
    [InlineData(4, 0, 0x9136A0DCA57457EE)]
    [InlineData(14, 0, 0x8282DCC4994E35C8)]
    [InlineData(14, Prime32, 0xC3BD6BF63DEB6DF0)]
    [InlineData(222, 0, 0xB641AE8CB691C174)]
    [InlineData(222, Prime32, 0x20CB8AB7AE10C14A)]
    public void XxHash64_gives_the_published_values(int length, ulong seed, ulong expected) =>
        Assert.Equal(expected, XxHash64.HashToUInt64(TestBuffer(length), unchecked((long)seed)));

    [Fact]
    public void XxHash64_writes_the_hash_with_the_highest_byte_first() =>
        Assert.Equal("44BC2CF5AD770999", Convert.ToHexString(XxHash64.Hash("abc"u8.ToArray())));

    [Theory]
    [InlineData(0, 0, 0x2D06800538D394C2)]
    [InlineData(0, Prime64, 0xA8A6B918B2F0364A)]
    [InlineData(1, 0, 0xC44BDFF4074EECDB)]
    [InlineData(1, Prime64, 0x032BE332DD766EF8)]
    [InlineData(6, 0, 0x27B56A84CD2D7325)]
    [InlineData(6, Prime64, 0x84589C116AB59AB9)]
    [InlineData(8, 0, 0x24CCC9ACAA9F65E4)]
    [InlineData(8, Prime64, 0x8F973410999B8F6B)]
    [InlineData(12, 0, 0xA713DAF0DFBB77E7)]
    [InlineData(12, Prime64, 0xE7303E1B2336DE0E)]
    [InlineData(16, 0, 0x981B17D36C7498C9)]
    [InlineData(16, Prime64, 0x663F29333B4DB6B1)]
    [InlineData(17, 0, 0x796F5ACD3A60F862)]
    [InlineData(17, Prime64, 0xF3EC5067F4306DB3)]
    [InlineData(24, 0, 0xA3FE70BF9D3510EB)]
    [InlineData(24, Prime64, 0x850E80FC35BDD690)]
    [InlineData(48, 0, 0x397DA259ECBA1F11)]
    [InlineData(48, Prime64, 0xADC2CBAA44ACC616)]
    [InlineData(80, 0, 0xBCDEFBBB2C47C90A)]
    [InlineData(80, Prime64, 0xC6DD0CB699532E73)]
    [InlineData(128, 0, 0xFCFF24126754D861)]
    [InlineData(128, Prime64, 0x73FDE75280646649)]
    [InlineData(129, 0, 0x98F1B0A679A2CA29)]
    [InlineData(129, Prime64, 0x21FFFDBCA099C844)]
    [InlineData(195, 0, 0xCD94217EE362EC3A)]
    [InlineData(195, Prime64, 0xBA68003D370CB3D9)]
    [InlineData(240, 0, 0x81C3C2B67F568CCF)]
    [InlineData(240, Prime64, 0xCC0F58C27EF3D8EE)]
    [InlineData(241, 0, 0xC5A639ECD2030E5E)]
    [InlineData(241, Prime64, 0xDDA9B0A161D4829A)]
    [InlineData(403, 0, 0xCDEB804D65C6DEA4)]
    [InlineData(403, Prime64, 0x6259F6ECFD6443FD)]
    [InlineData(512, 0, 0x617E49599013CB6B)]
    [InlineData(512, Prime64, 0x3CE457DE14C27708)]
    [InlineData(2048, 0, 0xDD59E2C3A5F038E0)]
    [InlineData(2048, Prime64, 0x66F81670669ABABC)]
    [InlineData(2099, 0, 0xC6B9D9B3FC9AC765)]
    [InlineData(2099, Prime64, 0x184F316843663974)]
    [InlineData(2240, 0, 0x6E73A90539CF2948)]
    [InlineData(2240, Prime64, 0x757BA8487D1B5247)]
    [InlineData(2367, 0, 0xCB37AEB9E5D361ED)]
    [InlineData(2367, Prime64, 0xD2DB3415B942B42A)]
    public void XxHash3_gives_the_published_values(int length, ulong seed, ulong expected) =>
        Assert.Equal(expected, XxHash3.HashToUInt64(TestBuffer(length), unchecked((long)seed)));

    /// <summary>The generator that the vectors are defined over: the top byte of PRIME32 times powers of PRIME64.</summary>
    private static byte[] TestBuffer(int length)
    {
        var buffer = new byte[length];
        var state = Prime32;
        for (var i = 0; i < length; i++)
        {
            buffer[i] = (byte)(state >> 56);
            state = unchecked(state * Prime64);
        }
        return buffer;
    }
}
