using System.Diagnostics;
using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using Microsoft.Extensions.Configuration;

namespace Aspire.Hosting.Local;

/// <summary>
/// Where a local run keeps its data, secrets and logs: <c>CRM_HOME</c>, or <c>.crm</c> in the repository's root (found from the
/// app host's project upward). One run a home: a lock file keeps a second one out.
/// </summary>
internal sealed class HomeDirectory : IDisposable
{
    private FileStream? held;

    private HomeDirectory(string root)
    {
        Root = root;
        Secrets = new Secrets(Path.Combine(root, "secrets"));
    }

    public string Root { get; }
    public string Logs => Path.Combine(Root, "logs");
    public string Run => Path.Combine(Root, "run");
    public Secrets Secrets { get; }

    public static HomeDirectory Find(IConfiguration configuration, string appHostDirectory)
        => new(Path.GetFullPath(configuration["CRM_HOME"] is { Length: > 0 } given ? given : Path.Combine(RepositoryRoot(appHostDirectory), ".crm")));

    /// <summary>Creates the folders, takes the lock and records who holds it.</summary>
    public void Open()
    {
        foreach (var folder in new[] { Root, Logs, Run, Path.Combine(Root, "data") }) Directory.CreateDirectory(folder);
        var pidFile = Path.Combine(Run, "host.pid");
        try
        {
            held = new FileStream(Path.Combine(Run, "host.lock"), FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.None);
        }
        catch (IOException)
        {
            var pid = File.Exists(pidFile) ? File.ReadAllText(pidFile).Trim() : "unknown";
            throw new DistributedApplicationException(
                $"Another run (pid {pid}) uses {Root}. Stop it first, or give this run a directory of its own with CRM_HOME.");
        }
        File.WriteAllText(pidFile, Environment.ProcessId.ToString(CultureInfo.InvariantCulture) + "\n");
    }

    public void Dispose()
    {
        if (held is null) return;
        File.Delete(Path.Combine(Run, "host.pid"));
        held.Dispose();
        held = null;
    }

    /// <summary>
    /// The data directory of a server, owned by the user that it runs as. Where that user cannot reach the home (a home below
    /// /root, say), the directory is /var/lib/apphost-HASH/NAME, HASH being of the home's path, or the same below the temporary
    /// directory; data/NAME.location in the home then says which.
    /// </summary>
    public string ServerDirectory(string name, OsUser? user)
    {
        var wanted = Path.Combine(Root, "data", name);
        var note = wanted + ".location";
        if (user is null)
        {
            Directory.CreateDirectory(wanted, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
            return wanted;
        }
        if (File.Exists(note) && File.ReadAllText(note).Trim() is { Length: > 0 } elsewhere)
            return Create(elsewhere, user);
        if (CanReach(Path.GetDirectoryName(wanted)!, user))
            return Create(wanted, user);

        var folder = "apphost-" + Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(Root)))[..12];
        foreach (var parent in new[] { "/var/lib", Path.GetTempPath() })
        {
            try
            {
                var shared = Directory.CreateDirectory(Path.Combine(parent, folder)).FullName;
                File.SetUnixFileMode(shared, (UnixFileMode)Convert.ToInt32("755", 8));
                if (!CanReach(shared, user)) continue;
                var made = Create(Path.Combine(shared, name), user);
                File.WriteAllText(note, made + "\n");
                return made;
            }
            catch (Exception exception) when (exception is UnauthorizedAccessException or IOException)
            {
                // Not writable: try the next place.
            }
        }
        throw new DistributedApplicationException(
            $"{name}: the user '{user.Name}' can reach neither {wanted} nor a directory below /var/lib. Set CRM_HOME to a directory that every user may enter.");
    }

    private static string Create(string path, OsUser user)
    {
        Run1("install", "-d", "-m", "0700", "-o", user.Name, "-g", user.Group, path);
        return path;
    }

    private static bool CanReach(string path, OsUser user)
        => Try("setpriv", "--reuid", user.Name, "--regid", user.Group, "--init-groups", "test", "-x", path);

    private static void Run1(string command, params string[] arguments)
    {
        if (!Try(command, arguments)) throw new IOException($"'{command} {string.Join(' ', arguments)}' failed.");
    }

    private static bool Try(string command, params string[] arguments)
    {
        using var process = Process.Start(new ProcessStartInfo(command, arguments) { RedirectStandardError = true, RedirectStandardOutput = true })!;
        process.WaitForExit();
        return process.ExitCode == 0;
    }

    private static string RepositoryRoot(string start)
    {
        for (var folder = new DirectoryInfo(start); folder is not null; folder = folder.Parent)
        {
            if (Directory.Exists(Path.Combine(folder.FullName, ".git")) || folder.EnumerateFiles("*.sln").Any() || File.Exists(Path.Combine(folder.FullName, "global.json")))
                return folder.FullName;
        }
        return start;
    }
}

/// <summary>Generated passwords, one file each, readable by the owner only, kept so that a second start finds its data.</summary>
internal sealed class Secrets(string folder)
{
    private const string Alphabet = "ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz23456789";
    private readonly Lock gate = new();

    public static Secrets Of(IDistributedApplicationBuilder builder) => ((DistributedApplicationBuilder)builder).Home.Secrets;

    public static string Random(int length) => RandomNumberGenerator.GetString(Alphabet, length);

    public string PathOf(string name) => Path.Combine(folder, name);

    public string GetOrCreate(string name, Func<string> create)
    {
        lock (gate)
        {
            var path = PathOf(name);
            if (File.Exists(path) && File.ReadAllText(path).Trim() is { Length: > 0 } kept) return kept;
            Directory.CreateDirectory(folder, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
            var value = create();
            using var stream = new FileStream(path, new FileStreamOptions
            {
                Mode = FileMode.Create, Access = FileAccess.Write, UnixCreateMode = UnixFileMode.UserRead | UnixFileMode.UserWrite,
            });
            stream.Write(Encoding.UTF8.GetBytes(value + "\n"));
            return value;
        }
    }
}

/// <summary>A user of the operating system that a server runs as, when we are root.</summary>
internal sealed record OsUser(string Name, string Group)
{
    /// <summary>Null when we are not root: the server then runs as ourselves.</summary>
    public static OsUser? ForServer(string name)
    {
        if (Native.EffectiveUserId() != 0) return null;
        return Exists(name) ? new OsUser(name, name) : throw new DistributedApplicationException(
            $"There is no user '{name}' to run the server as (servers do not run as root). Install the distribution's package, which creates it.");
    }

    public static bool Exists(string name) => File.ReadLines("/etc/passwd").Any(line => line.StartsWith(name + ":", StringComparison.Ordinal));
}
