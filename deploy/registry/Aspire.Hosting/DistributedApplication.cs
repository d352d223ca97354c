using System.Runtime.InteropServices;
using Aspire.Hosting.ApplicationModel;
using Aspire.Hosting.Local;

namespace Aspire.Hosting;

/// <summary>The whole application: starts every resource as a local process and stops what it started.</summary>
public sealed class DistributedApplication : IAsyncDisposable
{
    private readonly LocalOrchestrator orchestrator;

    internal DistributedApplication(DistributedApplicationBuilder builder)
    {
        orchestrator = new LocalOrchestrator(builder);
        ResourceNotifications = new ResourceNotificationService(orchestrator);
    }

    public ResourceNotificationService ResourceNotifications { get; }

    public static IDistributedApplicationBuilder CreateBuilder() => CreateBuilder(new DistributedApplicationOptions());

    public static IDistributedApplicationBuilder CreateBuilder(string[] args) => CreateBuilder(new DistributedApplicationOptions { Args = args });

    public static IDistributedApplicationBuilder CreateBuilder(DistributedApplicationOptions options)
    {
        ArgumentNullException.ThrowIfNull(options);
        return new DistributedApplicationBuilder(options);
    }

    /// <summary>Starts every resource and returns when all are up (healthy where they have a health check).</summary>
    /// <exception cref="DistributedApplicationException">A resource cannot be started; everything started so far is stopped again.</exception>
    public async Task StartAsync(CancellationToken cancellationToken = default)
    {
        try
        {
            await orchestrator.StartAsync(cancellationToken);
        }
        catch
        {
            await orchestrator.StopAsync(CancellationToken.None);
            throw;
        }
    }

    public Task StopAsync(CancellationToken cancellationToken = default) => orchestrator.StopAsync(cancellationToken);

    public async ValueTask DisposeAsync() => await orchestrator.DisposeAsync();

    /// <summary>
    /// Runs until SIGINT, SIGTERM or SIGHUP, then stops everything. A resource that cannot be started ends the run: its
    /// message goes to standard error and the exit code is 1.
    /// </summary>
    public async Task RunAsync(CancellationToken cancellationToken = default)
    {
        using var shutdown = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        using var registrations = new SignalRegistrations(signal =>
        {
            if (shutdown.IsCancellationRequested && signal == PosixSignal.SIGINT)
                orchestrator.KillEverything();
            shutdown.Cancel();
        });
        try
        {
            await orchestrator.StartAsync(shutdown.Token);
            orchestrator.AnnounceReady();
            await Task.Delay(Timeout.InfiniteTimeSpan, shutdown.Token);
        }
        catch (OperationCanceledException) when (shutdown.IsCancellationRequested)
        {
        }
        catch (DistributedApplicationException exception)
        {
            await Console.Error.WriteLineAsync(exception.Message);
            Environment.ExitCode = 1;
        }
        await orchestrator.StopAsync(CancellationToken.None);
    }

    private sealed class SignalRegistrations(Action<PosixSignal> onSignal) : IDisposable
    {
        private readonly PosixSignalRegistration[] registrations =
            [.. new[] { PosixSignal.SIGINT, PosixSignal.SIGTERM, PosixSignal.SIGHUP }.Select(signal => PosixSignalRegistration.Create(signal, context =>
            {
                context.Cancel = true;
                onSignal(context.Signal);
            }))];

        public void Dispose()
        {
            foreach (var registration in registrations) registration.Dispose();
        }
    }
}

/// <summary>Waiting for resources from outside the model.</summary>
public sealed class ResourceNotificationService
{
    private readonly LocalOrchestrator orchestrator;

    internal ResourceNotificationService(LocalOrchestrator orchestrator) => this.orchestrator = orchestrator;

    public Task WaitForResourceHealthyAsync(string resourceName, CancellationToken cancellationToken = default)
        => orchestrator.Find(resourceName).WaitUntilHealthyAsync(cancellationToken);
}
