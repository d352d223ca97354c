using System.Diagnostics;
using System.Text.RegularExpressions;
using Crm.Testing;

namespace Crm.Helm.Tests;

/// <summary>The restore drill on a scratch server of its own.</summary>
public sealed partial class BackupTests
{
    [Fact]
    public async Task A_server_that_is_lost_under_load_is_restored_with_every_acknowledged_commit()
    {
        var start = new ProcessStartInfo("bash", [Repository.PathOf("deploy", "backup", "drill.sh"), "2", "sync"]) { RedirectStandardOutput = true, RedirectStandardError = true, WorkingDirectory = "/tmp" };
        foreach (var name in new[] { "PGHOST", "PGPORT", "PGUSER", "PGPASSWORD" }) start.Environment.Remove(name);
        using var drill = Process.Start(start)!;
        var errors = drill.StandardError.ReadToEndAsync();
        var output = await drill.StandardOutput.ReadToEndAsync();
        await drill.WaitForExitAsync();

        Assert.True(drill.ExitCode == 0, output + await errors);
        Assert.True(int.Parse(Acknowledged().Match(output).Groups[1].Value, System.Globalization.CultureInfo.InvariantCulture) > 8, output);
        Assert.Contains("RPO 0 commits lost", output, StringComparison.Ordinal);
        Assert.Contains("doubled 0", output, StringComparison.Ordinal);
    }

    [GeneratedRegex(@"(\d+) commits acknowledged")]
    private static partial Regex Acknowledged();
}
