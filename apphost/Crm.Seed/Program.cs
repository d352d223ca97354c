using System.Runtime.InteropServices;
using Crm.Seed;
using Crm.Seed.Cdnow;
using Crm.Seed.Platform;
using Crm.Seed.Shop;

using var stop = new CancellationTokenSource();
using var interrupt = PosixSignalRegistration.Create(PosixSignal.SIGINT, Stop);
using var terminate = PosixSignalRegistration.Create(PosixSignal.SIGTERM, Stop);
var time = TimeProvider.System;
try
{
    var command = SeedCommand.Parse(args);
    if (command.ShowsHelp)
    {
        Console.WriteLine(SeedCommand.Help);
        return 0;
    }

    // The population first: a file that cannot be read needs no platform to say so.
    var population = command.CdnowFile is { } file ? CdnowPopulation.From(CdnowFile.Read(file)) : ShopPopulation.Generate(command.Customers, time.GetUtcNow());
    using var platform = PlatformClient.Connect(PlatformAddress.FromEnvironment(), time);
    var report = await new Loader(platform, new ProgressDisplay(Console.Out, !Console.IsOutputRedirected, time), time).LoadAsync(population, stop.Token);
    report.WriteTo(Console.Out);
    return report.IsComplete ? 0 : 1;
}
catch (OperationCanceledException) when (stop.IsCancellationRequested)
{
    Console.Error.WriteLine("Stopped. What was loaded stays; the same command again loads the rest.");
    return 130;
}
catch (SeedException exception)
{
    Console.Error.WriteLine(exception.Message);
    return exception.ExitCode;
}

void Stop(PosixSignalContext signal)
{
    signal.Cancel = true;
    stop.Cancel();
}
