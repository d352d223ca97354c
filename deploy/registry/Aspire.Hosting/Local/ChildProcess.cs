using System.Collections.Concurrent;
using System.ComponentModel;
using System.Diagnostics;
using System.Globalization;

namespace Aspire.Hosting.Local;

/// <summary>One program to start.</summary>
internal sealed record LaunchSpec(string FileName, IReadOnlyList<string> Arguments)
{
    public string? WorkingDirectory { get; init; }
    public IReadOnlyDictionary<string, string> Environment { get; init; } = new Dictionary<string, string>();
    /// <summary>Servers get a clean environment: a PGDATA or RABBITMQ_NODENAME of the user's must not reach them.</summary>
    public bool InheritEnvironment { get; init; }
    public IReadOnlyList<string> Unset { get; init; } = [];
    public OsUser? RunAs { get; init; }
    public int StopSignal { get; init; } = Native.Terminate;
}

/// <summary>
/// A process that the host started: leader of its own session (a Ctrl+C in the terminal reaches only the host, which stops
/// things in order), output captured, ended by the kernel if the host dies.
/// </summary>
internal sealed class ChildProcess
{
    private readonly Process process;
    private readonly LaunchSpec spec;

    private ChildProcess(Process process, LaunchSpec spec, ResourceLog log)
    {
        this.process = process;
        this.spec = spec;
        Pid = process.Id;
        var output = PumpAsync(process.StandardOutput, log);
        var errors = PumpAsync(process.StandardError, log);
        Exited = WaitAsync(output, errors);
    }

    public int Pid { get; }

    /// <summary>The exit code; 128 + n after signal n.</summary>
    public Task<int> Exited { get; }

    public static async Task<ChildProcess> StartAsync(LaunchSpec spec, ResourceLog log, ProcessLedger ledger, string name)
    {
        var start = new ProcessStartInfo("setsid")
        {
            UseShellExecute = false,
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            WorkingDirectory = spec.WorkingDirectory ?? "/",
        };
        foreach (var argument in (string[])["setpriv", "--pdeathsig", spec.StopSignal == Native.Interrupt ? "INT" : "TERM"])
            start.ArgumentList.Add(argument);
        if (spec.RunAs is { } user)
        {
            foreach (var argument in (string[])["--reuid", user.Name, "--regid", user.Group, "--init-groups"])
                start.ArgumentList.Add(argument);
        }
        start.ArgumentList.Add("--");
        start.ArgumentList.Add(spec.FileName);
        foreach (var argument in spec.Arguments) start.ArgumentList.Add(argument);
        if (!spec.InheritEnvironment)
        {
            start.Environment.Clear();
            start.Environment["PATH"] = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";
            start.Environment["LANG"] = "C.UTF-8";
        }
        foreach (var variable in spec.Unset) start.Environment.Remove(variable);
        foreach (var (key, value) in spec.Environment) start.Environment[key] = value;

        Process process;
        try
        {
            process = await Spawner.RunAsync(() => Process.Start(start)!);
        }
        catch (Win32Exception exception)
        {
            throw new DistributedApplicationException(
                $"{name}: cannot start {spec.FileName}: {exception.Message}. 'setsid' and 'setpriv' (package util-linux) must be installed.", exception);
        }
        process.StandardInput.Close();
        ledger.Add(process.Id, spec.StopSignal, name);
        return new ChildProcess(process, spec, log);
    }

    /// <summary>Asks the process to end, waits that long, then kills it with all that it started.</summary>
    public async Task StopAsync(TimeSpan patience)
    {
        Native.Signal(Pid, spec.StopSignal);
        if (await Task.WhenAny(Exited, Task.Delay(patience)) != Exited)
            Native.SignalGroup(Pid, Native.Kill);
        await Exited;
    }

    public void Kill() => Native.SignalGroup(Pid, Native.Kill);

    private async Task<int> WaitAsync(Task output, Task errors)
    {
        await process.WaitForExitAsync();
        var code = process.ExitCode;
        Native.SignalGroup(Pid, Native.Kill);
        // Orphans (a killed server's children) may hold the pipes open: do not wait for their end.
        await Task.WhenAny(Task.WhenAll(output, errors), Task.Delay(TimeSpan.FromMilliseconds(500)));
        process.Dispose();
        return code;
    }

    private static async Task PumpAsync(StreamReader reader, ResourceLog log)
    {
        try
        {
            while (await reader.ReadLineAsync() is { } line) log.Write(line);
        }
        catch (Exception exception) when (exception is IOException or ObjectDisposedException or InvalidOperationException)
        {
            // The pipe went with the process.
        }
    }

    /// <summary>
    /// The kernel sends the parent-death signal when the <em>thread</em> that forked ends, so every fork happens on one thread
    /// that lives as long as the host.
    /// </summary>
    private static class Spawner
    {
        private static readonly BlockingCollection<Action> Queue = StartThread();

        public static Task<T> RunAsync<T>(Func<T> action)
        {
            var completion = new TaskCompletionSource<T>(TaskCreationOptions.RunContinuationsAsynchronously);
            Queue.Add(() =>
            {
                try { completion.SetResult(action()); }
                catch (Exception exception) { completion.SetException(exception); }
            });
            return completion.Task;
        }

        private static BlockingCollection<Action> StartThread()
        {
            var queue = new BlockingCollection<Action>();
            new Thread(() =>
            {
                foreach (var action in queue.GetConsumingEnumerable()) action();
            }) { IsBackground = true, Name = "spawner" }.Start();
            return queue;
        }
    }
}

/// <summary>
/// Every process started, with its start time, in a file: what a killed host left behind is found and ended by the next start,
/// and nothing else is (a reused pid has another start time).
/// </summary>
internal sealed class ProcessLedger(string path)
{
    private readonly Lock gate = new();

    public void Add(int pid, int stopSignal, string name)
    {
        if (ProcFileSystem.StartTime(pid) is not { } started) return;
        lock (gate) File.AppendAllText(path, string.Create(CultureInfo.InvariantCulture, $"{pid} {started} {stopSignal} {name} {BootId()}\n"));
    }

    public async Task EndLeftoversAsync(HostConsole console)
    {
        if (!File.Exists(path)) return;
        var left = (await File.ReadAllLinesAsync(path)).Select(line => line.Split(' '))
            .Where(f => f.Length == 5 && f[4] == BootId())
            .Select(f => (Pid: int.Parse(f[0], CultureInfo.InvariantCulture), Started: long.Parse(f[1], CultureInfo.InvariantCulture),
                Signal: int.Parse(f[2], CultureInfo.InvariantCulture), Name: f[3]))
            .Where(p => IsAlive(p.Pid, p.Started)).ToList();
        foreach (var process in left)
        {
            console.Say(process.Name, $"ending a process that an earlier run left behind (pid {process.Pid})");
            Native.Signal(process.Pid, process.Signal);
        }
        for (var i = 0; i < 150 && left.Exists(p => IsAlive(p.Pid, p.Started)); i++)
            await Task.Delay(100);
        foreach (var process in left.Where(p => IsAlive(p.Pid, p.Started)))
            Native.SignalGroup(process.Pid, Native.Kill);
        File.Delete(path);
    }

    public void Clear()
    {
        lock (gate) File.Delete(path);
    }

    private static bool IsAlive(int pid, long started) => ProcFileSystem.StartTime(pid) == started && !ProcFileSystem.IsZombie(pid);

    private static string BootId() => File.ReadAllText("/proc/sys/kernel/random/boot_id").Trim();
}
