using Grpc.Core;

namespace Crm.Registry.Tests.Rpc;

public class MetadataTests
{
    [Fact]
    public void Keys_are_lower_case_and_found_in_any_case()
    {
        var metadata = new Metadata { { "Content-Language", "id" } };

        Assert.Equal("content-language", metadata[0].Key);
        Assert.Equal("id", metadata.GetValue("CONTENT-language"));
        Assert.Null(metadata.GetValue("other"));
    }

    [Fact]
    public void Get_returns_the_last_of_several_values()
    {
        var metadata = new Metadata { { "a", "1" }, { "b", "x" }, { "a", "2" } };

        Assert.Equal("2", metadata.GetValue("a"));
        Assert.Equal(["1", "2"], metadata.GetAll("A").Select(entry => entry.Value));
    }

    [Theory]
    [InlineData("")]
    [InlineData("with space")]
    [InlineData("colon:")]
    [InlineData("ümlaut")]
    public void Invalid_keys_are_refused(string key) => Assert.Throws<ArgumentException>(() => new Metadata.Entry(key, "value"));

    [Fact]
    public void Suffix_decides_between_text_and_bytes()
    {
        Assert.Throws<ArgumentException>(() => new Metadata.Entry("a-bin", "text"));
        Assert.Throws<ArgumentException>(() => new Metadata.Entry("a", [1]));
        Assert.Throws<InvalidOperationException>(() => new Metadata.Entry("a-bin", [1]).Value);
        Assert.Equal("text"u8.ToArray(), new Metadata.Entry("a", "text").ValueBytes);
    }

    [Fact]
    public void Bytes_are_copied_in_and_out()
    {
        byte[] bytes = [1, 2];
        var entry = new Metadata.Entry("a-bin", bytes);
        bytes[0] = 9;
        entry.ValueBytes[1] = 9;

        Assert.Equal([1, 2], entry.ValueBytes);
    }

    [Fact]
    public void Empty_metadata_is_read_only()
    {
        Assert.True(Metadata.Empty.IsReadOnly);
        Assert.Throws<InvalidOperationException>(() => Metadata.Empty.Add("a", "b"));
    }
}
