using System.Diagnostics;
using System.Globalization;
using Crm.Testing;

namespace Crm.Bench;

/// <summary>
/// The console in Debian's Chromium against a platform of its own (<c>gateway/console/e2e/bench.mjs</c>): scripts until the first page, largest contentful paint,
/// interaction to next paint, frames while a list of 100,000 customers is scrolled. Each beside its goal and beside a page of the same gateway without scripts.
/// </summary>
internal sealed class ConsoleBench : IBench
{
    public string Name => "console";

    public string Summary => "the console in Chromium with 100,000 customers (or: console CUSTOMERS): scripts, paints, interactions, frames against a static page";

    public async Task<int> RunAsync(string[] args, CancellationToken cancellationToken)
    {
        var rows = args.Length > 0 ? int.Parse(args[0], NumberStyles.AllowThousands, CultureInfo.InvariantCulture) : 100_000;
        var platform = new Platform();
        // A person does not scroll through a hundred thousand rows in a minute; here the limit is asked for every request, and is out of the way.
        platform.Settings["RateLimits__Policies__api__People__PerSecond"] = "1000000";
        platform.Settings["RateLimits__Policies__api__People__Burst"] = "1000000";
        await platform.InitializeAsync();
        try
        {
            using var browser = Process.Start(new ProcessStartInfo("node", ["e2e/bench.mjs"])
            {
                WorkingDirectory = Repository.PathOf("gateway", "console"),
                Environment =
                {
                    ["CRM_GATEWAY"] = platform.Gateway,
                    ["CRM_PASSWORD"] = platform.SignIn("demo").Password,
                    ["BENCH_ROWS"] = rows.ToString(CultureInfo.InvariantCulture),
                },
            })!;
            try
            {
                await browser.WaitForExitAsync(cancellationToken);
                return browser.ExitCode;
            }
            finally
            {
                if (!browser.HasExited) browser.Kill(entireProcessTree: true);
            }
        }
        finally
        {
            await platform.DisposeAsync();
        }
    }
}
