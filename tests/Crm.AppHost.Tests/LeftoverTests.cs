using System.Diagnostics;
using Aspire.Hosting.Local;

namespace Crm.AppHost.Tests;

/// <summary>What a killed host left behind is ended by the next start, and nothing else is.</summary>
public sealed class LeftoverTests
{
    [Fact]
    public async Task A_recorded_process_is_ended_and_one_that_only_has_its_pid_is_not()
    {
        var path = Path.GetTempFileName();
        using var left = Process.Start("sleep", "300");
        using var stranger = Process.Start("sleep", "300");
        try
        {
            var ledger = new ProcessLedger(path);
            ledger.Add(left.Id, 15, "left");
            ledger.Add(stranger.Id, 15, "stranger");
            // The stranger got the pid later: its recorded start time is another one.
            File.WriteAllLines(path, File.ReadAllLines(path).Select(line => line.Contains("stranger", StringComparison.Ordinal) ? Older(line) : line));

            await ledger.EndLeftoversAsync(new HostConsole(echoResources: false));

            Assert.True(left.HasExited);
            Assert.False(stranger.HasExited);
            Assert.False(File.Exists(path));
        }
        finally
        {
            if (!left.HasExited) left.Kill();
            stranger.Kill();
            File.Delete(path);
        }

        static string Older(string line)
        {
            var fields = line.Split(' ');
            fields[1] = "1";
            return string.Join(' ', fields);
        }
    }
}
