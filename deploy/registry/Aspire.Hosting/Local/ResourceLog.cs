using System.Globalization;
using System.Text;

namespace Aspire.Hosting.Local;

/// <summary>A replica's output: a file of time-stamped lines (one older generation is kept) and, if wanted, the console.</summary>
internal sealed class ResourceLog(string path, Action<string>? echo) : IDisposable
{
    private const long RotateAt = 32 * 1024 * 1024;
    private readonly Lock gate = new();
    private readonly Queue<string> tail = new();
    private StreamWriter? writer;

    public string Path { get; } = path;

    public void Write(string line)
    {
        lock (gate)
        {
            if (writer is null || writer.BaseStream.Length > RotateAt) Open();
            writer!.Write(DateTimeOffset.UtcNow.ToString("yyyy-MM-dd'T'HH:mm:ss.fff'Z '", CultureInfo.InvariantCulture));
            writer.WriteLine(line);
            writer.Flush();
            tail.Enqueue(line);
            if (tail.Count > 20) tail.Dequeue();
        }
        echo?.Invoke(line);
    }

    public string Tail(int lines)
    {
        lock (gate) return string.Join('\n', tail.TakeLast(lines).Select(line => "    " + line));
    }

    public void Dispose()
    {
        lock (gate)
        {
            writer?.Dispose();
            writer = null;
        }
    }

    /// <summary>The last part of a log file, whole lines only.</summary>
    public static async Task<string> ReadTailAsync(string path, int lines, CancellationToken cancellationToken)
    {
        if (!File.Exists(path)) return "";
        await using var stream = new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete);
        stream.Seek(-Math.Min(stream.Length, 512L * lines), SeekOrigin.End);
        using var reader = new StreamReader(stream, Encoding.UTF8);
        var text = await reader.ReadToEndAsync(cancellationToken);
        return string.Join('\n', text.Split('\n').TakeLast(lines + 1));
    }

    private void Open()
    {
        writer?.Dispose();
        Directory.CreateDirectory(System.IO.Path.GetDirectoryName(Path)!);
        if (new FileInfo(Path) is { Exists: true, Length: > RotateAt }) File.Move(Path, Path + ".1", overwrite: true);
        writer = new StreamWriter(new FileStream(Path, FileMode.Append, FileAccess.Write, FileShare.ReadWrite | FileShare.Delete), new UTF8Encoding(false));
    }
}

/// <summary>What the app host itself says, on standard error; standard output stays the program's.</summary>
internal sealed class HostConsole(bool echoResources)
{
    private static readonly int[] Colours = [36, 33, 32, 35, 34, 96, 93, 92, 95, 94];
    private readonly bool colour = !Console.IsErrorRedirected && Environment.GetEnvironmentVariable("NO_COLOR") is null;
    private readonly Lock gate = new();

    public void Say(string resource, string text) => Write(resource, text);

    /// <summary>Null when resources' own lines are not shown.</summary>
    public Action<string>? EchoFor(string resource) => echoResources ? line => Write(resource, line) : null;

    private void Write(string resource, string text)
    {
        var prefix = resource.PadRight(18);
        if (colour)
        {
            var number = Colours[Math.Abs(resource.Aggregate(17, (hash, c) => (hash * 31) + c)) % Colours.Length];
            prefix = $"\u001b[{number}m{prefix}\u001b[0m";
        }
        lock (gate) Console.Error.WriteLine($"{prefix} {text}");
    }
}
