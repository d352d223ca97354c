using Crm.ServiceDefaults.Postgres;
using Microsoft.Extensions.DependencyInjection;

namespace Crm.Kernel.Tests;

/// <summary>Instants come in from clients with the offset of where they are, above all +07:00.</summary>
public sealed class InstantTests(SampleHost host) : IClassFixture<SampleHost>
{
    [Theory]
    [InlineData("2026-06-25T14:05:00+07:00")]
    [InlineData("2026-06-25T07:05:00Z")]
    [InlineData("2026-06-24T22:35:00-08:30")]
    public async Task An_instant_is_the_same_whatever_its_offset(string written)
    {
        var at = DateTimeOffset.Parse(written, System.Globalization.CultureInfo.InvariantCulture);
        await using var scope = host.Services.CreateAsyncScope();
        var unitOfWork = scope.ServiceProvider.GetRequiredService<UnitOfWork>();

        Assert.Equal("2026-06-25 07:05:00", await unitOfWork.QuerySingleOrDefaultAsync<string>("SELECT to_char(@at AT TIME ZONE 'UTC', 'YYYY-MM-DD HH24:MI:SS')", new { at }, CancellationToken.None));
        Assert.Equal(at, await unitOfWork.QuerySingleOrDefaultAsync<DateTimeOffset>("SELECT @at", new { at }, CancellationToken.None));
    }

    [Fact]
    public async Task No_instant_is_a_null_of_its_type()
    {
        await using var scope = host.Services.CreateAsyncScope();
        var unitOfWork = scope.ServiceProvider.GetRequiredService<UnitOfWork>();

        Assert.Equal("timestamp with time zone", await unitOfWork.QuerySingleOrDefaultAsync<string>("SELECT pg_typeof(@at)::text", new { at = (DateTimeOffset?)null }, CancellationToken.None));
        Assert.Null(await unitOfWork.QuerySingleOrDefaultAsync<DateTimeOffset?>("SELECT @at", new { at = (DateTimeOffset?)null }, CancellationToken.None));
    }
}
