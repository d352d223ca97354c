using Crm.Bench;

// bench [NAME] compares with references; soak [NAME] lasts.
IBench[] benches = args is ["soak", ..]
    ? [new SoakKill(), new SoakSend()]
    : [
        new AudienceBench(), new ConsoleBench(), new Customer360Bench(), new DedupeBench(), new FitBench(), new GatewayBench(), new GrowthBench(), new ImportBench(),
        new IngestBench(), new JourneyBench(), new MemoryBench(), new ProgressBench(), new RescoreBench(), new RpcBench(), new RulesBench(), new ScaleSendBench(),
        new SearchBench(), new SendBench(), new SentimentBench(), new ValueBench(),
    ];
if (args is ["soak", ..]) args = args[1..];

if (args is [] or ["list"] || benches.FirstOrDefault(bench => bench.Name == args[0]) is not { } chosen)
{
    foreach (var bench in benches) Console.WriteLine($"{bench.Name,-11} {bench.Summary}");
    return args is [] or ["list"] ? 0 : 2;
}
using var stop = new CancellationTokenSource();
Console.CancelKeyPress += (_, pressed) =>
{
    pressed.Cancel = true;
    stop.Cancel();
};
return await chosen.RunAsync(args[1..], stop.Token);
