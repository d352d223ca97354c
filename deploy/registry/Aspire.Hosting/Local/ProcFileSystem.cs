using System.Globalization;

namespace Aspire.Hosting.Local;

/// <summary>What /proc tells about processes; every answer may be "gone".</summary>
internal static class ProcFileSystem
{
    internal readonly record struct Usage(long ResidentBytes, double CpuSeconds);

    /// <summary>Start time in clock ticks since boot: with the pid it names one process for good.</summary>
    public static long? StartTime(int pid) => Stat(pid) is { } fields ? long.Parse(fields[19], CultureInfo.InvariantCulture) : null;

    public static bool IsZombie(int pid) => Stat(pid) is { } fields && fields[0] == "Z";

    public static string Name(int pid)
    {
        try { return File.ReadAllText($"/proc/{pid}/comm").Trim(); }
        catch (Exception exception) when (Gone(exception)) { return "?"; }
    }

    /// <summary>A process and its descendants: shared memory is counted once, with the process itself.</summary>
    public static Usage UsageOf(int pid, ILookup<int, int> children)
    {
        var own = Memory(pid);
        var total = new Usage(own.Anonymous + own.Shared, Cpu(pid));
        var queue = new Queue<int>(children[pid]);
        while (queue.TryDequeue(out var child))
        {
            total = new Usage(total.ResidentBytes + Memory(child).Anonymous, total.CpuSeconds + Cpu(child));
            foreach (var grandchild in children[child]) queue.Enqueue(grandchild);
        }
        return total;
    }

    public static ILookup<int, int> ChildrenByParent()
        => Directory.EnumerateDirectories("/proc")
            .Select(path => int.TryParse(Path.GetFileName(path), CultureInfo.InvariantCulture, out var pid) ? pid : 0)
            .Where(pid => pid > 0)
            .Select(pid => (Pid: pid, Parent: Stat(pid) is { } fields ? int.Parse(fields[1], CultureInfo.InvariantCulture) : 0))
            .ToLookup(process => process.Parent, process => process.Pid);

    /// <summary>Who listens on a TCP port: "nginx (pid 123)", or null when it cannot be told.</summary>
    public static string? ListenerOf(int port)
    {
        var hexPort = port.ToString("X4", CultureInfo.InvariantCulture);
        var inodes = new[] { "/proc/net/tcp", "/proc/net/tcp6" }.Where(File.Exists).SelectMany(File.ReadLines)
            .Select(line => line.Split(' ', StringSplitOptions.RemoveEmptyEntries))
            .Where(f => f.Length > 9 && f[3] == "0A" && f[1].EndsWith(":" + hexPort, StringComparison.Ordinal))
            .Select(f => $"socket:[{f[9]}]").ToHashSet();
        if (inodes.Count == 0) return null;
        foreach (var folder in Directory.EnumerateDirectories("/proc"))
        {
            if (!int.TryParse(Path.GetFileName(folder), CultureInfo.InvariantCulture, out var pid)) continue;
            try
            {
                if (Directory.EnumerateFiles($"/proc/{pid}/fd").Any(fd => new FileInfo(fd).LinkTarget is { } target && inodes.Contains(target)))
                    return $"{Name(pid)} (pid {pid})";
            }
            catch (Exception exception) when (Gone(exception))
            {
                // Ended meanwhile, or belongs to somebody else.
            }
        }
        return null;
    }

    private static (long Anonymous, long Shared) Memory(int pid)
    {
        try
        {
            long Kilobytes(string[] lines, string key) => lines.FirstOrDefault(l => l.StartsWith(key, StringComparison.Ordinal)) is { } line
                ? long.Parse(line.AsSpan(key.Length).Trim().TrimEnd(" kB"), CultureInfo.InvariantCulture) * 1024 : 0;
            var status = File.ReadAllLines($"/proc/{pid}/status");
            return (Kilobytes(status, "RssAnon:"), Kilobytes(status, "RssFile:") + Kilobytes(status, "RssShmem:"));
        }
        catch (Exception exception) when (Gone(exception)) { return default; }
    }

    private static double Cpu(int pid)
        => Stat(pid) is { } f ? (long.Parse(f[11], CultureInfo.InvariantCulture) + long.Parse(f[12], CultureInfo.InvariantCulture)) / 100.0 : 0;

    /// <summary>The fields of /proc/PID/stat from the state on (the command name before it may hold spaces).</summary>
    private static string[]? Stat(int pid)
    {
        try
        {
            var text = File.ReadAllText($"/proc/{pid}/stat");
            return text[(text.LastIndexOf(')') + 2)..].Split(' ');
        }
        catch (Exception exception) when (Gone(exception)) { return null; }
    }

    private static bool Gone(Exception exception) => exception is IOException or UnauthorizedAccessException;
}
