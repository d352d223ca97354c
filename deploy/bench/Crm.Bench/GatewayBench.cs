using System.Diagnostics;
using System.Globalization;
using System.Net.Http.Headers;
using System.Net.Http.Json;
using System.Security.Cryptography;
using System.Text.RegularExpressions;
using Crm.ServiceDefaults.Hosting;
using Crm.ServiceDefaults.Security;
using Crm.Testing;
using Microsoft.Extensions.Options;

namespace Crm.Bench;

/// <summary>
/// A record read by its id: through the gateway (bearer token checked, limit asked at Redis, internal token signed) against nginx that
/// only passes the request on to the same service with a token made beforehand. wrk on the same machine, turns in A/B order.
/// </summary>
internal sealed partial class GatewayBench : IBench
{
    private const int Rounds = 5;
    private const int Connections = 32;
    private const int Seconds = 6;

    public string Name => "gateway";

    public string Summary => "GET through the gateway against nginx: throughput and p99";

    public async Task<int> RunAsync(string[] args, CancellationToken cancellationToken)
    {
        var platform = new Platform();
        // The limiter is asked for every request, as always; its limit is out of the way.
        platform.Settings["RateLimits__Policies__api__Machines__PerSecond"] = "1000000";
        platform.Settings["RateLimits__Policies__api__Machines__Burst"] = "1000000";
        await platform.InitializeAsync();
        try
        {
            var token = await platform.TokenAsync("seed");
            var path = await CreateProductAsync(platform, token);
            var sales = new Uri(await AddressOfAsync(platform, "sales"));
            var nginxPort = platform.StatusPort + 1;
            using var nginx = Process.Start(new ProcessStartInfo(BenchFolder.PathOf("gateway", "nginx.sh"), [$"{nginxPort}", $"{sales.Port}"]))!;
            try
            {
                await Task.Delay(TimeSpan.FromSeconds(1), cancellationToken);
                var ours = new List<Measurement>();
                var reference = new List<Measurement>();
                for (var round = 0; round <= Rounds; round++)
                {
                    token = await platform.TokenAsync("seed");
                    var a = await WrkAsync($"http://127.0.0.1:{platform.GatewayPort}{path}", token, cancellationToken);
                    var b = await WrkAsync($"http://127.0.0.1:{nginxPort}{path}", InternalToken(platform), cancellationToken);
                    Console.WriteLine($"  {(round == 0 ? "warm-up" : $"round {round}")}: gateway {a}   nginx {b}");
                    if (round == 0) continue;
                    ours.Add(a);
                    reference.Add(b);
                }

                var (mine, theirs) = (Median(ours.Select(m => m.PerSecond)), Median(reference.Select(m => m.PerSecond)));
                var (minP99, theirP99) = (Median(ours.Select(m => m.P99)), Median(reference.Select(m => m.P99)));
                Console.WriteLine($"  p99: gateway {minP99:F2} ms, nginx {theirP99:F2} ms, ratio {minP99 / theirP99:F2}");
                Console.WriteLine($"gateway: ours {mine:F0} requests/s, reference {theirs:F0} requests/s, ratio {mine / theirs:F3}");
                return 0;
            }
            finally
            {
                using (Process.Start("kill", ["-TERM", $"{nginx.Id}"])) await nginx.WaitForExitAsync(CancellationToken.None);
            }
        }
        finally
        {
            await platform.DisposeAsync();
        }
    }

    private static async Task<string> CreateProductAsync(Platform platform, string token)
    {
        using var http = new HttpClient(new SocketsHttpHandler()) { BaseAddress = new Uri(platform.Gateway) };
        http.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue("Bearer", token);
        var product = await http.PostAsync("/api/sales/v1/products", new { sku = "BENCH", name = "Bench", category = "Bench", price = 10000, currency = "IDR" }).OkJsonAsync();
        return $"/api/sales/v1/products/{product.GetProperty("id").GetString()}";
    }

    private static async Task<string> AddressOfAsync(Platform platform, string service)
    {
        var resource = (await platform.ResourcesAsync()).EnumerateArray().Single(item => item.GetProperty("name").GetString() == service);
        return resource.GetProperty("urls").EnumerateArray().Single(url => url.GetProperty("name").GetString() == "http").GetProperty("url").GetString()!;
    }

    private static string InternalToken(Platform platform)
    {
        using var key = ECDsa.Create();
        key.ImportFromPem(File.ReadAllText(Path.Combine(platform.Home, "secrets", "gateway.pem")));
        var options = Options.Create(new InternalTokenOptions { Issuer = "gateway", PrivateKey = Convert.ToBase64String(key.ExportPkcs8PrivateKey()) });
        return new InternalTokenIssuer(options, TimeProvider.System, new Ids(TimeProvider.System)).Mint(new Actor("client:seed", "seed", [Roles.Integration], null, null), "sales");
    }

    private static async Task<Measurement> WrkAsync(string url, string token, CancellationToken cancellationToken)
    {
        var start = new ProcessStartInfo("wrk", ["-t1", $"-c{Connections}", $"-d{Seconds}s", "--latency", "-H", "Authorization: Bearer " + token, url]) { RedirectStandardOutput = true };
        using var wrk = Process.Start(start)!;
        var output = await wrk.StandardOutput.ReadToEndAsync(cancellationToken);
        if (output.Contains("Non-2xx", StringComparison.Ordinal)) throw new InvalidOperationException("Not every answer was a success:\n" + output);
        var perSecond = double.Parse(PerSecond().Match(output).Groups[1].Value, CultureInfo.InvariantCulture);
        var p99 = P99().Match(output);
        var factor = p99.Groups[2].Value switch { "us" => 0.001, "ms" => 1, _ => 1000 };
        return new Measurement(perSecond, double.Parse(p99.Groups[1].Value, CultureInfo.InvariantCulture) * factor);
    }

    private static double Median(IEnumerable<double> values) => values.Order().ElementAt(Rounds / 2);

    [GeneratedRegex(@"Requests/sec:\s+([0-9.]+)")]
    private static partial Regex PerSecond();

    [GeneratedRegex(@"99%\s+([0-9.]+)(us|ms|s)")]
    private static partial Regex P99();

    /// <param name="P99">Milliseconds.</param>
    private sealed record Measurement(double PerSecond, double P99)
    {
        public override string ToString() => string.Create(CultureInfo.InvariantCulture, $"{PerSecond,7:F0}/s p99 {P99,6:F2} ms");
    }
}
