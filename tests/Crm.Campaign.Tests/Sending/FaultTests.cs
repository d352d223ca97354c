using System.Diagnostics;
using Crm.Campaign.Reconciliation;
using Crm.Campaign.Tests.Reconciliation;
using Crm.Testing;
using Crm.Testing.Mail;

namespace Crm.Campaign.Tests.Sending;

/// <summary>The short version of <c>./crm soak send</c>.</summary>
[Collection(CampaignCollection.Name)]
public sealed class FaultTests(CampaignHost host) : IAsyncLifetime
{
    public Task InitializeAsync() => Task.CompletedTask;

    public Task DisposeAsync() => host.CancelAllAsync();

    [Fact]
    public async Task Senders_killed_one_after_the_other_and_a_relay_that_fails_lose_nothing_and_double_nothing()
    {
        const int Recipients = 400;
        var tag = CampaignHost.NewTag();
        await host.RegisterAsync(tag, Recipients);
        var started = TimeProvider.System.GetUtcNow();
        await using var sink = new SmtpSink(seed: 7)
        {
            Delay = TimeSpan.FromMilliseconds(4),
            Faults = new SinkFaults(Closing: 5, PutOff: 20, LostBefore: 10, LostAfter: 10),
        };
        var settings = SenderHost.Settings(host, sink.Port);
        foreach (var (key, value) in new[] { ("Send:MaxAttempts", "50"), ("Send:DeferralRetry", "00:00:00.200"), ("Send:RelayRetry", "00:00:00.200") }) settings[key] = value;
        var senders = new Queue<Process>([SenderHost.StartProcess(settings), SenderHost.StartProcess(settings)]);
        try
        {
            var campaign = await host.LaunchAsync(tag);
            foreach (var share in new[] { 60, 160, 260 })
            {
                await Eventually.Holds(() => Task.FromResult(sink.Taken.Count >= share ? 0 : throw new InvalidOperationException($"{sink.Taken.Count} so far.")), TimeSpan.FromSeconds(90));
                senders.Dequeue().Kill();
                senders.Enqueue(SenderHost.StartProcess(settings));
            }

            await using (await RunningReconciler.StartAsync(
                host, new ReconcileOptions { Interval = TimeSpan.FromMilliseconds(200), After = TimeSpan.FromSeconds(3) }, new SinkJournal(sink, started)))
            {
                await Eventually.Holds(
                    async () =>
                    {
                        var statistics = await host.StatisticsAsync(campaign);
                        Assert.Equal(("finished", Recipients), (statistics.GetProperty("state").GetString(), statistics.GetProperty("sent").GetInt32()));
                    },
                    TimeSpan.FromSeconds(90));
            }

            Assert.Equal(Recipients, sink.Taken.Count);
            Assert.All(sink.Taken, taken => Assert.Equal(1, taken.Value));
            await host.CountersAgreeAsync(campaign);
        }
        finally
        {
            foreach (var sender in senders) sender.Kill();
        }
    }

    private sealed class SinkJournal(SmtpSink sink, DateTimeOffset from) : IRelayJournal
    {
        public Task<JournalAnswer> FindAsync(IReadOnlyCollection<string> messageIds, CancellationToken cancellationToken) => Task.FromResult(
            new JournalAnswer(messageIds.Where(sink.Taken.ContainsKey).ToDictionary(id => id, _ => "the sink has it"), from));
    }
}
