using System.Diagnostics;
using Aspire.Hosting.ApplicationModel;

namespace Aspire.Hosting.Local;

/// <summary>One resource of the model while it runs: waits for what it depends on, then keeps its replicas.</summary>
internal sealed class ResourceSupervisor : IDisposable
{
    private static readonly HttpClient Http = new(new SocketsHttpHandler { UseProxy = false, AllowAutoRedirect = false, PooledConnectionIdleTimeout = TimeSpan.FromSeconds(2) });
    private static readonly TimeSpan PrepareDeadline = TimeSpan.FromSeconds(60);

    private readonly LocalOrchestrator host;
    private readonly SemaphoreSlim control = new(1, 1);
    private readonly CancellationTokenSource startup = new();
    private List<ReplicaSupervisor> replicas = [];
    private Task beginning = Task.CompletedTask;
    private string phase = States.NotStarted;
    private bool prepared;

    public ResourceSupervisor(LocalOrchestrator host, IResource resource)
    {
        this.host = host;
        Resource = resource;
        Runtime = resource.TryGetLastAnnotation<LocalRuntime>(out var runtime) ? runtime : new PassiveRuntime();
        (Runtime as ModelledRuntime)?.Attach(resource);
        WantedReplicas = resource.TryGetLastAnnotation<ReplicaAnnotation>(out var annotation) ? annotation.Replicas : 1;
        Endpoints = [.. resource.Annotations.OfType<EndpointAnnotation>()];
        httpChecks = [.. resource.Annotations.OfType<HttpHealthCheckAnnotation>()];
    }

    private readonly List<HttpHealthCheckAnnotation> httpChecks;

    public IResource Resource { get; }
    public string Name => Resource.Name;
    public LocalRuntime Runtime { get; }
    public int WantedReplicas { get; private set; }
    public IReadOnlyList<EndpointAnnotation> Endpoints { get; }
    public IReadOnlyList<ReplicaSupervisor> Replicas => replicas;
    public ReplicaPortsAnnotation? Ports { get; private set; }
    public ProcessLedger Ledger => host.Ledger;
    public bool IsProject => Runtime is ProjectRuntime;
    public bool IsAutomatic => !Resource.Annotations.OfType<ExplicitStartupAnnotation>().Any();
    /// <summary>Something waits for its completion: it runs once.</summary>
    public bool IsJob { get; set; }
    /// <summary>It serves something, so even an end with exit code 0 is not what was wanted.</summary>
    public bool IsLongRunning => Runtime.IsServer || Endpoints.Count > 0 || httpChecks.Count > 0;
    public bool HasHealthCheck => Runtime.HasHealthCheck || httpChecks.Count > 0;

    public IEnumerable<IResource> Dependencies => Resource.Annotations.OfType<WaitAnnotation>().Select(w => w.Resource)
        .Concat(Resource.Annotations.OfType<ResourceRelationshipAnnotation>().Select(r => r.Resource))
        .Concat(Runtime.Parent is { } parent ? [parent] : []);

    public string State => replicas.Count == 0 || phase is States.FailedToStart
        ? phase
        : replicas.FirstOrDefault(r => r.State != States.Running)?.State ?? States.Running;

    public bool IsHealthy => !Runtime.HasProcess
        ? prepared && (Runtime.Parent is not { } parent || host.Find(parent.Name).IsHealthy)
        : phase == States.Running && replicas.Count >= WantedReplicas && replicas.All(r => r.IsHealthy || r.State == States.Finished);

    public bool IsRunning => phase == States.Running && (!Runtime.HasProcess || (replicas.Count > 0 && replicas.All(r => r.State == States.Running)));

    public Task WaitUntilHealthyAsync(CancellationToken cancellationToken) => host.WaitUntilAsync(() => IsHealthy, cancellationToken);

    public void AllocateEndpoints()
    {
        if (Endpoints.Count == 0) return;
        Ports = new ReplicaPortsAnnotation();
        Resource.Annotations.Add(Ports);
        Ports.Ensure(Math.Max(WantedReplicas, 1), Endpoints, host.Context.Ports);
        foreach (var endpoint in Endpoints)
            endpoint.AllocatedEndpoint = new AllocatedEndpoint(endpoint, Runtime.IsServer ? "127.0.0.1" : "localhost", Ports.Of(0)[endpoint.Name]);
    }

    public IEnumerable<string> FindProblems()
    {
        foreach (var problem in Runtime.FindProblems(host.Context)) yield return $"{Name}: {problem}";
        if (!Runtime.HasProcess) yield break;
        foreach (var endpoint in Endpoints.Where(e => e.FixedPort is { } port && !PortAllocator.IsFree(port)))
            yield return OccupiedPort(endpoint, endpoint.FixedPort!.Value);
        foreach (var check in httpChecks) _ = check.EndpointOf(Resource);
    }

    public void Begin() => beginning = Task.Run(BeginAsync);

    public Task<LaunchPlan> PlanAsync(int replica, CancellationToken cancellationToken) => Runtime.PlanAsync(host.Context, replica, cancellationToken);

    public async Task CheckAsync(int replica, CancellationToken cancellationToken)
    {
        await Runtime.CheckAsync(cancellationToken);
        foreach (var check in httpChecks)
        {
            var endpoint = check.EndpointOf(Resource);
            var url = new Uri($"{endpoint.UriScheme}://localhost:{Ports!.Of(replica)[endpoint.Name]}{check.Path}");
            using var response = await Http.GetAsync(url, cancellationToken);
            if ((int)response.StatusCode != check.StatusCode)
                throw new HttpRequestException($"{url} answers {(int)response.StatusCode}");
        }
    }

    public void RequireFreePorts(int replica)
    {
        if (Ports is null) return;
        foreach (var endpoint in Endpoints.Where(e => !PortAllocator.IsFree(Ports.Of(replica)[e.Name])))
            throw new DistributedApplicationException(OccupiedPort(endpoint, Ports.Of(replica)[endpoint.Name]));
    }

    public ResourceLog OpenLog(ReplicaSupervisor replica) => host.OpenLog(replica.Name);

    public string LogPath(int replica) => host.LogPath(replica == 0 ? Name : $"{Name}-{replica}");

    public void Say(string name, string text) => host.Console.Say(name, text);

    public void Changed() => host.Changed();

    public void Fail(string message)
    {
        phase = States.FailedToStart;
        host.Fail($"{Name}: {message}");
        Changed();
    }

    public void Kill()
    {
        foreach (var replica in replicas) replica.Kill();
    }

    /// <summary>More or fewer replicas; returns when the superfluous ones have ended.</summary>
    public Task ScaleAsync(int count) => ControlAsync(async () =>
    {
        WantedReplicas = count;
        if (phase != States.Running) return;
        Ports?.Ensure(Math.Max(count, replicas.Count), Endpoints, host.Context.Ports);
        Ports?.Show(count);
        StartMissingReplicas();
        var superfluous = replicas.Skip(count).ToList();
        await Task.WhenAll(superfluous.Select(r => r.StopAsync(LocalOrchestrator.StopPatience)));
        replicas = [.. replicas.Take(count)];
        foreach (var replica in superfluous) replica.Dispose();
    });

    public Task StopAsync() => ControlAsync(StopReplicasAsync);

    public Task StartAsync() => ControlAsync(async () =>
    {
        if (phase is States.Running or States.Waiting or States.Starting) return;
        await BeginAsync();
    });

    public Task RestartAsync() => ControlAsync(async () =>
    {
        await StopReplicasAsync();
        await BeginAsync();
    });

    /// <summary>For good: a start that is still waiting is called off.</summary>
    public async Task ShutDownAsync()
    {
        await startup.CancelAsync();
        await beginning;
        await StopAsync();
    }

    public void Dispose()
    {
        control.Dispose();
        startup.Dispose();
    }

    private async Task StopReplicasAsync()
    {
        await Task.WhenAll(replicas.Select(r => r.StopAsync(LocalOrchestrator.StopPatience)));
        foreach (var replica in replicas) replica.Dispose();
        replicas = [];
        prepared = false;
        if (phase is not (States.NotStarted or States.FailedToStart)) phase = States.Exited;
    }

    private async Task ControlAsync(Func<Task> action)
    {
        await control.WaitAsync();
        try { await action(); }
        finally
        {
            control.Release();
            Changed();
        }
    }

    private async Task BeginAsync()
    {
        try
        {
            SetPhase(States.Waiting);
            await WaitForDependenciesAsync();
            SetPhase(States.Starting);
            if (!prepared) await PrepareAsync();
            SetPhase(States.Running);
            if (Runtime.HasProcess) StartMissingReplicas();
        }
        catch (OperationCanceledException) when (startup.IsCancellationRequested)
        {
            SetPhase(States.Exited);
        }
        catch (Exception exception)
        {
            Fail(exception is DistributedApplicationException ? exception.Message : exception.ToString());
        }
    }

    private async Task WaitForDependenciesAsync()
    {
        if (Runtime.Parent is { } parent) await host.Find(parent.Name).WaitUntilHealthyAsync(startup.Token);
        foreach (var wait in Resource.Annotations.OfType<WaitAnnotation>())
        {
            var dependency = host.Find(wait.Resource.Name);
            switch (wait.WaitType)
            {
                case WaitType.WaitUntilHealthy:
                    await dependency.WaitUntilHealthyAsync(startup.Token);
                    break;
                case WaitType.WaitUntilStarted:
                    await host.WaitUntilAsync(() => dependency.IsRunning || dependency.State == States.Finished, startup.Token);
                    break;
                default:
                    await host.WaitUntilAsync(() => dependency.State == States.Finished, startup.Token);
                    if (dependency.Replicas.FirstOrDefault(r => r.ExitCode != wait.ExitCode) is { } failed)
                        throw new DistributedApplicationException(
                            $"it waits for '{dependency.Name}' to end with exit code {wait.ExitCode}, which ended with {failed.ExitCode}. See {dependency.LogPath(failed.Index)}.");
                    break;
            }
        }
    }

    private async Task PrepareAsync()
    {
        var waited = Stopwatch.StartNew();
        while (true)
        {
            try
            {
                using var log = host.OpenLog(Name);
                await Runtime.PrepareAsync(host.Context, log, startup.Token);
                prepared = true;
                return;
            }
            catch (Exception exception) when (!Runtime.HasProcess && exception is not (DistributedApplicationException or OperationCanceledException))
            {
                // It lives in a server that may be busy or starting again.
                if (waited.Elapsed > PrepareDeadline)
                    throw new DistributedApplicationException($"it is not available after {PrepareDeadline.TotalSeconds:0} s: {exception.Message}", exception);
                await Task.Delay(TimeSpan.FromMilliseconds(500), startup.Token);
            }
        }
    }

    private void StartMissingReplicas()
    {
        if (startup.IsCancellationRequested) return;
        var all = replicas.ToList();
        while (all.Count < WantedReplicas) all.Add(new ReplicaSupervisor(this, all.Count));
        var added = all.Skip(replicas.Count).ToList();
        replicas = all;
        foreach (var replica in added) replica.Start();
    }

    private void SetPhase(string value)
    {
        phase = value;
        Changed();
    }

    private string OccupiedPort(EndpointAnnotation endpoint, int port)
        => $"{Name}: port {port} (endpoint '{endpoint.Name}') is already in use by {ProcFileSystem.ListenerOf(port) ?? "another process"}. "
            + "End that process, or choose another port for this endpoint.";
}
