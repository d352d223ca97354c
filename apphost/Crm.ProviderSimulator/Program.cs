using Crm.ProviderSimulator;

var app = Simulator.Create(args);
if (app.Environment.IsProduction())
{
    await Console.Error.WriteLineAsync("Crm.ProviderSimulator only pretends to deliver messages and does not run in Production. Configure Providers of real gateways.");
    return 1;
}

await app.RunAsync();
return 0;
