using System.Diagnostics;
using Crm.Testing;

namespace Crm.EndToEnd.Tests;

/// <summary>The console's journeys (<c>gateway/console/e2e</c>) in a real browser, against a platform with customers.</summary>
public sealed class ConsoleTests(Platform platform) : IClassFixture<Platform>
{
    [Fact]
    public async Task The_main_journeys_work_by_mouse_and_keyboard_in_both_languages()
    {
        await platform.SeedAsync("--customers", "200");
        var start = new ProcessStartInfo("node", ["e2e/run.mjs", Repository.PathOf("artifacts", "console")])
        {
            WorkingDirectory = Repository.PathOf("gateway", "console"),
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        start.Environment["CRM_GATEWAY"] = platform.Gateway;
        start.Environment["CRM_HOME"] = platform.Home;
        start.Environment["CRM_MAIL"] = $"http://localhost:{platform.MailPort}";
        start.Environment["CRM_STATUS"] = $"http://localhost:{platform.StatusPort}";
        using var process = Process.Start(start)!;
        var output = process.StandardOutput.ReadToEndAsync();
        var errors = process.StandardError.ReadToEndAsync();
        using var limit = new CancellationTokenSource(TimeSpan.FromMinutes(20));
        try
        {
            await process.WaitForExitAsync(limit.Token);
        }
        finally
        {
            if (!process.HasExited) process.Kill(entireProcessTree: true);
        }

        Assert.True(process.ExitCode == 0, await output + await errors);
    }
}
