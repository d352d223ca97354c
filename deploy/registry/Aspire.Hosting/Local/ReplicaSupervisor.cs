using System.Diagnostics;
using System.Globalization;

namespace Aspire.Hosting.Local;

internal static class States
{
    public const string NotStarted = "NotStarted", Waiting = "Waiting", Starting = "Starting", Running = "Running", Restarting = "Restarting",
        Stopping = "Stopping", Exited = "Exited", Finished = "Finished", FailedToStart = "FailedToStart";
}

/// <summary>Keeps one replica of a resource alive: starts it, watches its health, starts it again with back-off when it ends.</summary>
internal sealed class ReplicaSupervisor(ResourceSupervisor owner, int index) : IDisposable
{
    private static readonly TimeSpan LongestDelay = TimeSpan.FromSeconds(30);
    /// <summary>A replica that lived this long has recovered: the back-off starts over.</summary>
    private static readonly TimeSpan Recovered = TimeSpan.FromSeconds(30);
    private static readonly TimeSpan ServerDeadline = TimeSpan.FromSeconds(120);
    private const int ServerAttempts = 6;

    private readonly CancellationTokenSource stop = new();
    private Task loop = Task.CompletedTask;
    private ChildProcess? child;
    private TimeSpan patience = LocalOrchestrator.StopPatience;

    public int Index => index;
    public string Name => index == 0 ? owner.Name : $"{owner.Name}-{index}";
    public string State { get; private set; } = States.Starting;
    public bool IsHealthy { get; private set; }
    public string? HealthDetail { get; private set; }
    public int? Pid { get; private set; }
    public int Restarts { get; private set; }
    public int? ExitCode { get; private set; }
    public bool WasHealthy { get; private set; }

    public void Start() => loop = Task.Run(SuperviseAsync);

    public async Task StopAsync(TimeSpan within)
    {
        patience = within;
        await stop.CancelAsync();
        await loop;
    }

    public void Kill() => child?.Kill();

    public void Dispose() => stop.Dispose();

    private async Task SuperviseAsync()
    {
        using var log = owner.OpenLog(this);
        var failures = 0;
        while (!stop.IsCancellationRequested)
        {
            var lifetime = Stopwatch.StartNew();
            string ending;
            try
            {
                Set(States.Starting);
                var plan = await owner.PlanAsync(index, stop.Token);
                ExitCode = await RunOnceAsync(plan, log);
                ending = ExitCode >= 128
                    ? $"was ended by signal {(ExitCode - 128)?.ToString(CultureInfo.InvariantCulture)}"
                    : $"ended with exit code {ExitCode?.ToString(CultureInfo.InvariantCulture)}";
            }
            catch (OperationCanceledException) when (stop.IsCancellationRequested)
            {
                break;
            }
            catch (Exception exception)
            {
                ending = "could not be started: " + exception.Message;
                log.Write(ending);
            }
            if (stop.IsCancellationRequested) break;

            if (ExitCode is not null && (owner.IsJob || (ExitCode == 0 && !owner.IsLongRunning)))
            {
                owner.Say(Name, ending);
                Set(States.Finished);
                return;
            }
            failures = WasHealthy && lifetime.Elapsed > Recovered ? 1 : failures + 1;
            if (owner.Runtime.IsServer && !WasHealthy && failures >= ServerAttempts)
            {
                Set(States.FailedToStart);
                owner.Fail($"it {ending} {failures} times in a row. Its log is {log.Path}; the last lines:\n{log.Tail(12)}");
                return;
            }
            Restarts++;
            var delay = TimeSpan.FromSeconds(Math.Min(0.25 * Math.Pow(2, failures - 1), LongestDelay.TotalSeconds));
            owner.Say(Name, $"{ending}; starts again in {delay.TotalSeconds.ToString("0.##", CultureInfo.InvariantCulture)} s"
                + (failures == 3 && !WasHealthy ? $". Its log is {log.Path}; the last lines:\n{log.Tail(8)}" : ""));
            Set(States.Restarting);
            await Task.Delay(delay, stop.Token).ContinueWith(_ => { }, TaskScheduler.Default);
        }
        Set(States.Exited);
    }

    private async Task<int> RunOnceAsync(LaunchPlan plan, ResourceLog log)
    {
        owner.RequireFreePorts(index);
        using var ended = CancellationTokenSource.CreateLinkedTokenSource(stop.Token);
        using var companionStop = new CancellationTokenSource();
        var companions = plan.Companions.Select(companion => AccompanyAsync(companion, log, companionStop.Token)).ToList();
        try
        {
            child = await ChildProcess.StartAsync(plan.Main, log, owner.Ledger, Name);
            Pid = child.Pid;
            Set(States.Running);
            var health = WatchHealthAsync(log, ended.Token);
            var stopRequested = Task.Delay(Timeout.InfiniteTimeSpan, ended.Token).ContinueWith(_ => { }, TaskScheduler.Default);
            if (await Task.WhenAny(child.Exited, stopRequested) != child.Exited)
            {
                Set(States.Stopping);
                await child.StopAsync(patience);
            }
            var code = await child.Exited;
            await ended.CancelAsync();
            await health;
            return code;
        }
        finally
        {
            IsHealthy = false;
            Pid = null;
            child = null;
            await companionStop.CancelAsync();
            await Task.WhenAll(companions);
            owner.Changed();
        }
    }

    /// <summary>Keeps a helper process alive next to the main one.</summary>
    private async Task AccompanyAsync(LaunchSpec spec, ResourceLog log, CancellationToken until)
    {
        while (!until.IsCancellationRequested)
        {
            try
            {
                var process = await ChildProcess.StartAsync(spec, log, owner.Ledger, Name + "-companion");
                await Task.WhenAny(process.Exited, Task.Delay(Timeout.InfiniteTimeSpan, until));
                if (until.IsCancellationRequested) await process.StopAsync(TimeSpan.FromSeconds(5));
            }
            catch (DistributedApplicationException exception)
            {
                log.Write(exception.Message);
            }
            await Task.Delay(TimeSpan.FromSeconds(1), until).ContinueWith(_ => { }, TaskScheduler.Default);
        }
    }

    private async Task WatchHealthAsync(ResourceLog log, CancellationToken until)
    {
        if (!owner.HasHealthCheck)
        {
            SetHealth(true, null);
            return;
        }
        var waited = Stopwatch.StartNew();
        var failed = 0;
        while (!until.IsCancellationRequested)
        {
            try
            {
                using var timeout = CancellationTokenSource.CreateLinkedTokenSource(until);
                timeout.CancelAfter(TimeSpan.FromSeconds(5));
                await owner.CheckAsync(index, timeout.Token);
                failed = 0;
                if (!until.IsCancellationRequested) SetHealth(true, null);
            }
            catch (Exception exception)
            {
                if (until.IsCancellationRequested) return;
                // One slow answer of a healthy replica is no news.
                if (!IsHealthy || ++failed >= 3) SetHealth(false, exception is OperationCanceledException ? "no answer within 5 s" : exception.Message);
            }
            if (!WasHealthy && owner.Runtime.IsServer && waited.Elapsed > ServerDeadline)
            {
                owner.Fail($"it does not answer after {ServerDeadline.TotalSeconds:0} s ({HealthDetail}). Its log is {log.Path}; the last lines:\n{log.Tail(12)}");
                return;
            }
            var pause = IsHealthy ? TimeSpan.FromSeconds(5) : TimeSpan.FromMilliseconds(waited.Elapsed.TotalSeconds < 10 ? 250 : 1000);
            await Task.Delay(pause, until).ContinueWith(_ => { }, TaskScheduler.Default);
        }
    }

    private void SetHealth(bool healthy, string? detail)
    {
        var news = healthy != IsHealthy;
        (IsHealthy, HealthDetail) = (healthy, detail);
        WasHealthy |= healthy;
        if (!news) return;
        owner.Say(Name, healthy ? $"healthy (pid {Pid})" : $"unhealthy: {detail}");
        owner.Changed();
    }

    private void Set(string state)
    {
        State = state;
        owner.Changed();
    }
}
