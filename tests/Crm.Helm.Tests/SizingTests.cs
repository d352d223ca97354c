using System.Diagnostics;
using System.Text.Json;
using Crm.Testing;

namespace Crm.Helm.Tests;

/// <summary>The simulation's outputs move the right way and add up; each input says where it comes from.</summary>
public sealed class SizingTests
{
    private static readonly string Folder = Repository.PathOf("deploy", "sizing");

    [Fact]
    public async Task More_load_needs_more_and_the_sum_is_right()
    {
        var (small, large) = (await SizeAsync("--customers", "1000000"), await SizeAsync("--customers", "4000000", "--requests-per-second", "2000", "--sends-per-hour", "2000000"));

        Assert.True(large.GetProperty("total").GetProperty("cores").GetDouble() > small.GetProperty("total").GetProperty("cores").GetDouble());
        Assert.True(Pods(large, "gateway") > Pods(small, "gateway"));
        Assert.Equal(4.0, large.GetProperty("postgres").GetProperty("dataGib").GetDouble() / small.GetProperty("postgres").GetProperty("dataGib").GetDouble(), 0.01);
        var databases = small.GetProperty("databasesGib").EnumerateObject().Sum(database => database.Value.GetDouble());
        Assert.Equal(small.GetProperty("postgres").GetProperty("dataGib").GetDouble(), databases, 0.05);
        // By hand: 200,000 sends an hour are 55.6 a second at 0.16 ms of CPU each; one pod is enough.
        Assert.Equal(1, Pods(small, "campaign-sender"));
        Assert.Equal(0.01, small.GetProperty("workloads").GetProperty("campaign-sender").GetProperty("needs").GetDouble(), 0.005);
    }

    [Fact]
    public void Every_input_says_whether_it_was_measured()
    {
        using var inputs = JsonDocument.Parse(File.ReadAllText(Path.Combine(Folder, "measured.json")));
        foreach (var group in new[] { "cpuMilliseconds", "bytes" })
        {
            Assert.All(inputs.RootElement.GetProperty(group).EnumerateObject(), entry => Assert.True(entry.Value.TryGetProperty("measured", out _) || entry.Value.TryGetProperty("assumed", out _), entry.Name));
        }
    }

    [Fact]
    public async Task A_number_that_is_none_is_refused()
    {
        var (code, _, errors) = await RunAsync("--customers", "many");
        Assert.Equal(2, code);
        Assert.Contains("--customers is 'many'", errors, StringComparison.Ordinal);
    }

    private static int Pods(JsonElement size, string workload) => size.GetProperty("workloads").GetProperty(workload).GetProperty("pods").GetInt32();

    private static async Task<JsonElement> SizeAsync(params string[] arguments)
    {
        var (code, output, errors) = await RunAsync([.. arguments, "--json"]);
        Assert.True(code == 0, errors);
        return JsonSerializer.Deserialize<JsonElement>(output);
    }

    private static async Task<(int Code, string Output, string Errors)> RunAsync(params string[] arguments)
    {
        using var process = Process.Start(new ProcessStartInfo("node", [Path.Combine(Folder, "size.mjs"), .. arguments]) { RedirectStandardOutput = true, RedirectStandardError = true })!;
        var errors = process.StandardError.ReadToEndAsync();
        var output = await process.StandardOutput.ReadToEndAsync();
        await process.WaitForExitAsync();
        return (process.ExitCode, output, await errors);
    }
}
