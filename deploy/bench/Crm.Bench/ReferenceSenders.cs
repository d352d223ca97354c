using System.Diagnostics;
using System.Globalization;
using System.Net;
using System.Net.Sockets;

namespace Crm.Bench;

/// <summary>What ours is measured against, each a process of its own.</summary>
internal static class ReferenceSenders
{
    private const int MessageLength = 8192;

    public static Task<SendRun> SmtpSourceAsync(int port, int messages, int connections, CancellationToken cancellationToken) =>
        RunAsync(messages, cancellationToken, "/usr/sbin/smtp-source", "-d", "-s", $"{connections}", "-l", $"{MessageLength}", "-m", $"{messages}",
            "-f", "promo@toko.example", "-t", "person@example.com", $"inet:127.0.0.1:{port}");

    public static async Task<SendRun> ControlAsync(int port, int messages, int connections, CancellationToken cancellationToken)
    {
        var program = Path.Combine(Path.GetTempPath(), $"crm-bench-control-{Environment.ProcessId}");
        if (!File.Exists(program)) await RunToolAsync("go", BenchFolder.PathOf("send", "control"), cancellationToken, "build", "-o", program, "main.go");
        return await RunAsync(messages, cancellationToken, program, $"127.0.0.1:{port}", $"{messages}", $"{connections}");
    }

    public static async Task<SendRun> NodemailerAsync(int port, int messages, int connections, CancellationToken cancellationToken)
    {
        var folder = BenchFolder.PathOf("send");
        if (!Directory.Exists(Path.Combine(folder, "node_modules"))) await RunToolAsync("npm", folder, cancellationToken, "ci", "--no-audit", "--no-fund");
        return await RunAsync(messages, cancellationToken, "node", Path.Combine(folder, "pool.mjs"), "127.0.0.1", $"{port}", $"{messages}", $"{connections}");
    }

    /// <summary>bash's <c>times</c> tells the CPU of a process that has ended: user and system of the children on its second line.</summary>
    private static async Task<SendRun> RunAsync(int messages, CancellationToken cancellationToken, params string[] command)
    {
        var start = new ProcessStartInfo("bash", ["-c", "\"$@\" >&2 && times", "bench", .. command]) { RedirectStandardOutput = true };
        var clock = Stopwatch.StartNew();
        using var process = Process.Start(start)!;
        var output = await process.StandardOutput.ReadToEndAsync(cancellationToken);
        await process.WaitForExitAsync(cancellationToken);
        var seconds = clock.Elapsed.TotalSeconds;
        if (process.ExitCode != 0) throw new InvalidOperationException($"{command[0]} failed with {process.ExitCode}.");
        var cpu = output.Split('\n')[1].Split(' ').Sum(Seconds);
        return new SendRun(messages / seconds, cpu * 1e6 / messages, 0);
    }

    private static double Seconds(string minutesAndSeconds)
    {
        var parts = minutesAndSeconds.TrimEnd('s').Split('m');
        return double.Parse(parts[0], CultureInfo.InvariantCulture) * 60 + double.Parse(parts[1], CultureInfo.InvariantCulture);
    }

    private static async Task RunToolAsync(string tool, string folder, CancellationToken cancellationToken, params string[] arguments)
    {
        using var process = Process.Start(new ProcessStartInfo(tool, arguments) { WorkingDirectory = folder })!;
        await process.WaitForExitAsync(cancellationToken);
        if (process.ExitCode != 0) throw new InvalidOperationException($"{tool} {arguments[0]} failed in {folder}.");
    }
}

/// <summary>Postfix's sink: takes everything and keeps nothing.</summary>
internal sealed class PostfixSink(Process process, int port) : IDisposable
{
    public int Port { get; } = port;

    public static PostfixSink Start()
    {
        var port = FreePort();
        string[] user = Environment.IsPrivilegedProcess ? ["-u", "nobody"] : [];
        return new PostfixSink(Process.Start(new ProcessStartInfo("/usr/sbin/smtp-sink", [.. user, $"inet:127.0.0.1:{port}", "1024"]))!, port);
    }

    public void Dispose()
    {
        process.Kill();
        process.WaitForExit();
        process.Dispose();
    }

    public static int FreePort()
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        return ((IPEndPoint)listener.LocalEndpoint).Port;
    }
}
