using System.Globalization;

namespace Crm.Bench;

/// <summary>
/// Mail through the real sender (ledger, broker, tracked links, merge fields, about 8 KB) into Postfix's smtp-sink, against Postfix's
/// smtp-source (renders nothing: a yardstick of the sink), nodemailer's pool, and a listmonk-shaped control in Go; then ours with DKIM by
/// both algorithms and, into a sink of the bench's own, with TLS. Interleaved; medians. CPU is the sender process's alone, from /proc.
/// </summary>
internal sealed class SendBench : IBench
{
    private const int Connections = 10;
    private const double TargetPerCore = 5_000;
    private const double TargetPerSecond = 4_000;
    private const double TargetMegabytes = 120;

    public string Name => "send";

    public string Summary => "messages/s and CPU per message of the sender with its ledger, against smtp-source, nodemailer's pool and a control in Go (--quick: one short round; --ours: the sender alone, against its goal)";

    public async Task<int> RunAsync(string[] args, CancellationToken cancellationToken)
    {
        var quick = args.Contains("--quick");
        var (rounds, messages, warmUp) = quick ? (1, 5_000, 5_000) : (5, 30_000, 30_000);
        await using var platform = await SendBenchPlatform.StartAsync(messages, warmUp, cancellationToken);
        using var sink = PostfixSink.Start();
        using var tlsSink = new TlsSink();
        Contender[] contenders =
        [
            new("ours", () => platform.SendAsync(sink.Port, SendVariant.Plain, cancellationToken)),
            new("smtp-source", () => ReferenceSenders.SmtpSourceAsync(sink.Port, messages, Connections, cancellationToken)),
            new("control (Go)", () => ReferenceSenders.ControlAsync(sink.Port, messages, Connections, cancellationToken)),
            new("nodemailer", () => ReferenceSenders.NodemailerAsync(sink.Port, quick ? 1_000 : 5_000, Connections, cancellationToken)),
            new("ours, DKIM", () => platform.SendAsync(sink.Port, SendVariant.Dkim, cancellationToken)),
            new("ours, TLS", () => platform.SendAsync(tlsSink.Port, SendVariant.Tls(tlsSink.AuthorityFile), cancellationToken)),
            new("ours, DKIM, TLS", () => platform.SendAsync(tlsSink.Port, SendVariant.Tls(tlsSink.AuthorityFile) with { Signed = true }, cancellationToken)),
        ];

        if (args.Contains("--ours")) contenders = contenders[..1];
        Console.WriteLine($"  {messages:N0} messages a run, {rounds} rounds, {Environment.ProcessorCount} cores shared by sender, PostgreSQL, RabbitMQ and sink");
        // Compiles and fills caches; not counted.
        foreach (var contender in contenders) Console.WriteLine($"  warm-up: {contender.Name,-16} {await contender.Run()}");
        for (var round = 1; round <= rounds; round++)
        {
            foreach (var contender in contenders)
            {
                var run = await contender.Run();
                contender.Runs.Add(run);
                Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"  round {round}: {contender.Name,-16} {run}"));
            }
        }

        foreach (var contender in contenders)
            Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"  median: {contender.Name,-16} {contender.Median}   ({contender.Spread})"));
        var ours = contenders[0].Median;
        var reference = contenders.Length > 1 ? contenders[2].Median.PerSecond : TargetPerSecond;
        Console.WriteLine(string.Create(CultureInfo.InvariantCulture,
            $"  goals: {ours.PerCore:F0} messages per sender core-second (goal {TargetPerCore:F0}), {ours.PerSecond:F0}/s end to end (goal {TargetPerSecond:F0}), {ours.PeakMegabytes - ours.FileMegabytes:F0} MB of its own (goal {TargetMegabytes:F0})"));
        Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"send: ours {ours.PerSecond:F0} messages/s, reference {reference:F0} messages/s, ratio {ours.PerSecond / reference:F2}"));
        return 0;
    }

    private sealed record Contender(string Name, Func<Task<SendRun>> Run)
    {
        public List<SendRun> Runs { get; } = [];

        public SendRun Median => new(Middle(run => run.PerSecond), Middle(run => run.CpuMicroseconds), Runs.Max(run => run.PeakMegabytes), Runs.Min(run => run.FileMegabytes));

        public string Spread => string.Create(CultureInfo.InvariantCulture, $"{Runs.Min(run => run.PerSecond):F0} to {Runs.Max(run => run.PerSecond):F0}/s");

        private double Middle(Func<SendRun, double> value) => Runs.Select(value).Order().ElementAt(Runs.Count / 2);
    }
}

/// <param name="CpuMicroseconds">Of the sending process, user and system, per message.</param>
/// <param name="PeakMegabytes">Its resident set; 0 where not measured.</param>
/// <param name="FileMegabytes">Of it, pages of program files, which all processes of a machine share and the system may drop.</param>
internal sealed record SendRun(double PerSecond, double CpuMicroseconds, double PeakMegabytes, double FileMegabytes = 0)
{
    public double PerCore => 1e6 / CpuMicroseconds;

    public override string ToString() => string.Create(CultureInfo.InvariantCulture,
        $"{PerSecond,7:F0}/s  {CpuMicroseconds,6:F0} us CPU/message  {PerCore,7:F0} per core-second{(PeakMegabytes > 0 ? $"  {PeakMegabytes:F0} MB at most, {PeakMegabytes - FileMegabytes:F0} of them its own" : "")}");
}

/// <param name="Signed">DKIM by RSA of 2048 bits and Ed25519.</param>
/// <param name="AuthorityFile">TLS from the first byte, verified by it; null is plain TCP.</param>
internal sealed record SendVariant(bool Signed, string? AuthorityFile)
{
    public static SendVariant Plain { get; } = new(false, null);

    public static SendVariant Dkim { get; } = new(true, null);

    public static SendVariant Tls(string authorityFile) => new(false, authorityFile);
}
