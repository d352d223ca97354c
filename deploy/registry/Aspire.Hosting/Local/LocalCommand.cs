using System.Diagnostics;

namespace Aspire.Hosting.Local;

/// <summary>Short commands that prepare a server's directory.</summary>
internal static class LocalCommand
{
    /// <exception cref="DistributedApplicationException">The command failed; the message has its output.</exception>
    public static async Task RunAsync(LaunchSpec spec, ResourceLog log, CancellationToken cancellationToken)
    {
        var start = new ProcessStartInfo { RedirectStandardOutput = true, RedirectStandardError = true, WorkingDirectory = spec.WorkingDirectory ?? "/" };
        List<string> line = spec.RunAs is { } user ? ["setpriv", "--reuid", user.Name, "--regid", user.Group, "--init-groups", "--"] : [];
        line.AddRange([spec.FileName, .. spec.Arguments]);
        start.FileName = line[0];
        foreach (var argument in line.Skip(1)) start.ArgumentList.Add(argument);
        start.Environment.Clear();
        start.Environment["PATH"] = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";
        start.Environment["LANG"] = "C.UTF-8";
        foreach (var (key, value) in spec.Environment) start.Environment[key] = value;

        using var process = Process.Start(start)!;
        var output = process.StandardOutput.ReadToEndAsync(cancellationToken);
        var errors = process.StandardError.ReadToEndAsync(cancellationToken);
        try
        {
            await process.WaitForExitAsync(cancellationToken);
        }
        catch (OperationCanceledException)
        {
            process.Kill(entireProcessTree: true);
            throw;
        }
        foreach (var text in (await output + await errors).Split('\n', StringSplitOptions.RemoveEmptyEntries)) log.Write(text);
        if (process.ExitCode != 0)
            throw new DistributedApplicationException($"'{spec.FileName}' failed with exit code {process.ExitCode}:\n{log.Tail(8)}");
    }

    /// <summary>Gives a file to the user that a server runs as.</summary>
    public static async Task HandOverAsync(string path, OsUser? user, CancellationToken cancellationToken)
    {
        if (user is null) return;
        using var process = Process.Start("chown", [$"{user.Name}:{user.Group}", path]);
        await process.WaitForExitAsync(cancellationToken);
        if (process.ExitCode != 0) throw new DistributedApplicationException($"'chown {user.Name} {path}' failed.");
    }

    /// <summary>Writes a file that only the server's user may read.</summary>
    public static async Task WritePrivateFileAsync(string path, string text, OsUser? user, CancellationToken cancellationToken)
    {
        File.Delete(path);
        await using (var stream = new FileStream(path, new FileStreamOptions
        {
            Mode = FileMode.CreateNew, Access = FileAccess.Write, UnixCreateMode = UnixFileMode.UserRead | UnixFileMode.UserWrite,
        }))
        await using (var writer = new StreamWriter(stream))
            await writer.WriteAsync(text.AsMemory(), cancellationToken);
        await HandOverAsync(path, user, cancellationToken);
    }
}
