namespace Crm.Seed.Tests;

public sealed class SeedCommandTests
{
    [Fact]
    public void Without_arguments_a_population_is_generated() => Assert.Equal(new SeedCommand(null, 2_000, false), SeedCommand.Parse([]));

    [Fact]
    public void Cdnow_takes_a_file() => Assert.Equal(new SeedCommand("a file", 0, false), SeedCommand.Parse(["cdnow", "a file"]));

    [Fact]
    public void Customers_takes_a_number() => Assert.Equal(400, SeedCommand.Parse(["--customers", "400"]).Customers);

    [Theory]
    [InlineData("cdnow")]
    [InlineData("--customers")]
    [InlineData("--customers", "0")]
    [InlineData("--customers", "many")]
    [InlineData("cdnow", "a", "b")]
    [InlineData("csv")]
    public void Anything_else_is_wrong_usage(params string[] args) => Assert.Equal(2, Assert.Throws<SeedException>(() => SeedCommand.Parse(args)).ExitCode);
}
