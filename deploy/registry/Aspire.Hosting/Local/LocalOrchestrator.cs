using Aspire.Hosting.ApplicationModel;

namespace Aspire.Hosting.Local;

/// <summary>Runs the model: all resources at the same time, each as soon as what it waits for is there; stops them in reverse.</summary>
internal sealed class LocalOrchestrator : IAsyncDisposable
{
    public static readonly TimeSpan StopPatience = TimeSpan.FromSeconds(25);

    private readonly DistributedApplicationBuilder builder;
    private readonly Dictionary<string, ResourceSupervisor> supervisors;
    private readonly TaskCompletionSource<string> failure = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly DateTimeOffset createdAt = DateTimeOffset.UtcNow;
    private TaskCompletionSource change = NewSignal();
    private Task? stopping;
    private bool started;
    private volatile bool isUp;
    private StatusPage? statusPage;

    public LocalOrchestrator(DistributedApplicationBuilder builder)
    {
        this.builder = builder;
        Console = new HostConsole(builder.Configuration["CRM_CONSOLE_LOGS"] is "1" or "true");
        Context = new LocalContext(builder.Home, new PortAllocator(), builder.Configuration, builder.ExecutionContext);
        Ledger = new ProcessLedger(Path.Combine(builder.Home.Run, "processes"));
        supervisors = builder.Resources.ToDictionary(r => r.Name, r => new ResourceSupervisor(this, r), StringComparer.OrdinalIgnoreCase);
        foreach (var wait in builder.Resources.SelectMany(r => r.Annotations.OfType<WaitAnnotation>()).Where(w => w.WaitType == WaitType.WaitForCompletion))
            Find(wait.Resource.Name).IsJob = true;
    }

    public HostConsole Console { get; }
    public LocalContext Context { get; }
    public ProcessLedger Ledger { get; }
    public IEnumerable<ResourceSupervisor> Supervisors => builder.Resources.Select(r => supervisors[r.Name]);

    public ResourceSupervisor Find(string name) => supervisors.TryGetValue(name, out var supervisor)
        ? supervisor : throw new DistributedApplicationException($"There is no resource '{name}'.");

    public bool TryFind(string name, out ResourceSupervisor? supervisor) => supervisors.TryGetValue(name, out supervisor);

    public async Task StartAsync(CancellationToken cancellationToken)
    {
        if (started) throw new InvalidOperationException("The application has been started already.");
        builder.Home.Open();
        started = true;
        await Ledger.EndLeftoversAsync(Console);
        var sharedPorts = ReserveFixedPorts().ToList();
        foreach (var supervisor in Supervisors) supervisor.AllocateEndpoints();

        var statusPort = builder.DisableStatusPage ? null : builder.Configuration["status-port"] ?? builder.Configuration["CRM_STATUS_PORT"];
        var problems = sharedPorts.Concat(Supervisors.SelectMany(s => s.FindProblems())).ToList();
        statusPage = StatusPage.Create(this, statusPort, problems);
        if (problems.Count > 0) throw new DistributedApplicationException(string.Join('\n', problems.Distinct()));
        if (statusPage is not null) await statusPage.StartAsync(cancellationToken);

        foreach (var supervisor in Supervisors.Where(s => s.IsAutomatic)) supervisor.Begin();
        var ready = Task.WhenAll(Supervisors.Where(s => s.IsAutomatic).Select(s => s.WaitUntilHealthyAsync(cancellationToken)));
        while (await Task.WhenAny(ready, failure.Task, Task.Delay(TimeSpan.FromSeconds(30), cancellationToken)) is var first && first != ready)
        {
            if (first == failure.Task) throw new DistributedApplicationException(await failure.Task);
            cancellationToken.ThrowIfCancellationRequested();
            Console.Say("app host", "still waiting for " + string.Join(", ", Supervisors.Where(s => s.IsAutomatic && !s.IsHealthy).Select(s => $"{s.Name} ({s.State})")));
        }
        await ready;
        isUp = true;
    }

    public void AnnounceReady()
    {
        Console.Say("app host", $"everything is up after {(DateTimeOffset.UtcNow - createdAt).TotalSeconds:0.0} s");
        foreach (var supervisor in Supervisors)
        {
            foreach (var endpoint in supervisor.Endpoints.Where(e => e.FixedPort is not null && e.UriScheme is "http" or "https"))
                Console.Say(supervisor.Name, endpoint.AllocatedEndpoint!.UriString);
        }
        if (statusPage is not null) Console.Say("status page", statusPage.Url);
    }

    public Task StopAsync(CancellationToken cancellationToken)
    {
        if (!started) return Task.CompletedTask;
        stopping ??= StopEverythingAsync();
        return stopping.WaitAsync(cancellationToken);
    }

    public void KillEverything()
    {
        foreach (var supervisor in Supervisors) supervisor.Kill();
    }

    public async ValueTask DisposeAsync()
    {
        await StopAsync(CancellationToken.None);
        foreach (var supervisor in Supervisors) supervisor.Dispose();
    }

    /// <summary>Ends the start; once everything has been up, it is news like any other.</summary>
    public void Fail(string message)
    {
        if (isUp) Console.Say("app host", message);
        else failure.TrySetResult(message);
    }

    public void Changed() => Interlocked.Exchange(ref change, NewSignal()).TrySetResult();

    public async Task WaitUntilAsync(Func<bool> condition, CancellationToken cancellationToken)
    {
        while (true)
        {
            var next = Volatile.Read(ref change).Task;
            if (condition()) return;
            await next.WaitAsync(cancellationToken);
        }
    }

    public ResourceLog OpenLog(string name) => new(LogPath(name), Console.EchoFor(name));

    public string LogPath(string name) => Path.Combine(builder.Home.Logs, name + ".log");

    /// <summary>Keeps given ports from being handed out as free ones; tells which are given twice.</summary>
    private IEnumerable<string> ReserveFixedPorts()
        => Supervisors.Where(s => s.Runtime.HasProcess).SelectMany(s => s.Endpoints.Where(e => e.FixedPort is not null).Select(e => (Supervisor: s, Endpoint: e)))
            .Where(given => !Context.Ports.Reserve(given.Endpoint.FixedPort!.Value))
            .Select(given => $"{given.Supervisor.Name}: port {given.Endpoint.FixedPort} (endpoint '{given.Endpoint.Name}') is also given to another endpoint. Choose different ports.");

    private async Task StopEverythingAsync()
    {
        Console.Say("app host", "stopping");
        var order = DependenciesFirst();
        var rank = order.Select((supervisor, i) => (supervisor, i)).ToDictionary(x => x.supervisor, x => x.i);
        var stops = new Dictionary<ResourceSupervisor, Task>();
        foreach (var supervisor in Enumerable.Reverse(order))
        {
            // Of a cycle of references only the edges that fit the order count.
            var dependents = order.Skip(rank[supervisor] + 1).Where(other => other.Dependencies.Contains(supervisor.Resource)).Select(other => stops[other]).ToList();
            stops[supervisor] = StopAfterAsync(supervisor, dependents);
        }
        await Task.WhenAll(stops.Values);
        if (statusPage is not null) await statusPage.DisposeAsync();
        Ledger.Clear();
        builder.Home.Dispose();
        Console.Say("app host", "stopped");

        static async Task StopAfterAsync(ResourceSupervisor supervisor, List<Task> dependents)
        {
            await Task.WhenAll(dependents);
            await supervisor.ShutDownAsync();
        }
    }

    private List<ResourceSupervisor> DependenciesFirst()
    {
        var order = new List<ResourceSupervisor>();
        var seen = new HashSet<ResourceSupervisor>();
        void Visit(ResourceSupervisor supervisor)
        {
            if (!seen.Add(supervisor)) return;
            foreach (var dependency in supervisor.Dependencies) Visit(Find(dependency.Name));
            order.Add(supervisor);
        }
        foreach (var supervisor in Supervisors) Visit(supervisor);
        return order;
    }

    private static TaskCompletionSource NewSignal() => new(TaskCreationOptions.RunContinuationsAsynchronously);
}
