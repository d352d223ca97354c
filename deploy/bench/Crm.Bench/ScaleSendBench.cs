using System.Globalization;
using Crm.Testing;
using Crm.Testing.Mail;

namespace Crm.Bench;

/// <summary>
/// One, two and four senders on one campaign, into a relay that takes its time for each message: what is measured is that senders do not
/// stand in each other's way, not how fast this machine is. Each campaign ends with every recipient written to once.
/// </summary>
internal sealed class ScaleSendBench : IBench
{
    private const int PerSender = 2_500;
    private static readonly TimeSpan Delay = TimeSpan.FromMilliseconds(20);

    public string Name => "scale-send";

    public string Summary => "1, 2 and 4 senders on one campaign, 20 ms a message at the relay: ratios (goals 1.9 and 3.6)";

    public async Task<int> RunAsync(string[] args, CancellationToken cancellationToken)
    {
        await using var sink = new SmtpSink { Delay = Delay };
        await using var rig = await SendRig.StartAsync(sink, new Dictionary<string, string> { ["Send__Slots"] = "4", ["Dispatch__ChunkSize"] = "100" });
        var rates = new List<double>();
        var fromZero = await FromZeroAsync(rig);
        Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"  first message {fromZero:0.0} s after the first sender was started"));
        foreach (var senders in new[] { 1, 2, 4 })
        {
            while (rig.Senders.Count < senders) rig.StartSender();
            await RunAsync(rig, 40 * senders); // all are up and compiled
            rates.Add(await RunAsync(rig, PerSender * senders));
            Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"  {senders} senders: {rates[^1]:0} messages/s"));
        }

        var doubled = sink.Taken.Values.Count(times => times > 1);
        Console.WriteLine($"  {sink.Taken.Count} recipients, {doubled} doubled");
        Console.WriteLine(string.Create(CultureInfo.InvariantCulture,
            $"scale-send: ours {rates[2]:0} messages/s with 4 senders, reference {rates[0]:0} messages/s with 1, ratio {rates[2] / rates[0]:0.00} (2 senders: {rates[1] / rates[0]:0.00})"));
        return doubled == 0 ? 0 : 1;
    }

    /// <summary>A campaign waits and nobody sends: seconds from a sender's start to its first message.</summary>
    private static async Task<double> FromZeroAsync(SendRig rig)
    {
        rig.StartSender();
        await RunAsync(rig, 40); // its queue is there from now on
        rig.KillSender(rig.Senders[0]);
        var before = rig.Sink.Count;
        await rig.LaunchAsync(40);
        await Eventually.Holds(
            async () =>
            {
                if (await rig.Servers.QueueLengthAsync("campaign-send-email") == 0) throw new InvalidOperationException("Nothing waits for a sender.");
            },
            TimeSpan.FromMinutes(1));
        var started = TimeProvider.System.GetTimestamp();
        rig.StartSender();
        return TimeProvider.System.GetElapsedTime(started, (await ReachedAsync(rig.Sink, before + 1)).At).TotalSeconds;
    }

    /// <summary>Messages per second between the first and the last of 10 % to 90 %: without the campaign's beginning and end.</summary>
    private static async Task<double> RunAsync(SendRig rig, int recipients)
    {
        var before = rig.Sink.Count;
        var campaign = await rig.LaunchAsync(recipients);
        var from = await ReachedAsync(rig.Sink, before + recipients / 10);
        var to = await ReachedAsync(rig.Sink, before + recipients * 9 / 10);
        await Eventually.Holds(
            async () =>
            {
                if ((await rig.StatisticsAsync(campaign)).GetProperty("state").GetString() != "finished") throw new InvalidOperationException("The campaign is not finished.");
            },
            TimeSpan.FromMinutes(2));
        return (to.Count - from.Count) / TimeProvider.System.GetElapsedTime(from.At, to.At).TotalSeconds;
    }

    private static async Task<(long Count, long At)> ReachedAsync(SmtpSink sink, long count)
    {
        while (sink.Count < count) await Task.Delay(TimeSpan.FromMilliseconds(5), TimeProvider.System);
        return (sink.Count, TimeProvider.System.GetTimestamp());
    }
}
