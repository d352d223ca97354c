using System.Globalization;
using Crm.Testing.Mail;
using Dapper;
using Npgsql;

namespace Crm.Bench;

/// <summary>
/// One campaign while its senders, the service, and the servers below are killed, and the relay answers 421, 451 and breaks off after the
/// final dot. At the end the relay's own record is compared with the ledger: nothing lost, nothing doubled, no step by hand.
/// </summary>
internal sealed class SoakSend : IBench
{
    private const int LeastBetweenKills = 100;
    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(5);

    public string Name => "send";

    public string Summary => "kill -9 of a sender every 5 s, broker and database too, a relay that fails [--recipients N] [--senders N] [--seed S]";

    public async Task<int> RunAsync(string[] args, CancellationToken cancellationToken)
    {
        if (Parse(args) is not var (recipients, senders, seed))
        {
            await Console.Error.WriteLineAsync("usage: soak send [--recipients N] [--senders N] [--seed S]");
            return 2;
        }

        await using var sink = new SmtpSink(seed) { Delay = TimeSpan.FromMilliseconds(2), Faults = new SinkFaults(Closing: 2, PutOff: 10, LostBefore: 2, LostAfter: 2) };
        await using var rig = await SendRig.StartAsync(sink, new Dictionary<string, string>
        {
            ["Send__LeaseSeconds"] = "3", ["Send__Slots"] = "2", ["Send__RelayRetry"] = "00:00:00.500", ["Send__DeferralRetry"] = "00:00:00.500", ["Send__MaxAttempts"] = "50",
            ["Dispatch__ResendAfter"] = "00:00:10", ["Reconcile__Interval"] = "00:00:01", ["Reconcile__After"] = "00:00:08",
        });
        for (var i = 0; i < senders; i++) rig.StartSender();
        var campaign = await rig.LaunchAsync(recipients);
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        var unknown = new HashSet<Guid>();
        var watching = WatchUnknownAsync(rig, campaign, unknown, stop.Token);
        var kills = await KillUntilDoneAsync(rig, campaign, senders, seed, cancellationToken);
        await stop.CancelAsync();
        await watching;

        await using var connection = await rig.Database.OpenConnectionAsync(cancellationToken);
        var states = (await connection.QueryAsync<(string State, long Count)>("SELECT state, count(*) FROM deliveries WHERE campaign_id = @campaign GROUP BY state", new { campaign }))
            .ToDictionary(row => row.State, row => row.Count);
        var (delivered, doubled) = (sink.Taken.Count, sink.Taken.Values.Sum(times => times - 1));
        var lost = recipients - delivered;
        var left = states.Where(pair => pair.Key != "sent").Sum(pair => pair.Value);
        Console.WriteLine($"  ledger: {string.Join(", ", states.Select(pair => $"{pair.Value} {pair.Key}"))}; {kills} kills; seed {seed}");
        Console.WriteLine($"soak send: {delivered} delivered, {lost} lost, {doubled} doubled, {unknown.Count} unknown listed, {left} left over");
        return (lost, doubled, left) == (0, 0, 0) && states.GetValueOrDefault("sent") == recipients ? 0 : 1;
    }

    private static async Task<int> KillUntilDoneAsync(SendRig rig, Guid campaign, int senders, int seed, CancellationToken cancellationToken)
    {
        var random = new Random(seed);
        var (kills, killedAt, started) = (0, 0L, TimeProvider.System.GetTimestamp());
        while (TimeProvider.System.GetElapsedTime(started) < Patience)
        {
            await Task.Delay(TimeSpan.FromSeconds(5), TimeProvider.System, cancellationToken);
            var progress = await ProgressAsync(rig, campaign, cancellationToken);
            Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"  {TimeProvider.System.GetElapsedTime(started):mm\\:ss} {progress.Sent} sent, {progress.Unknown} unknown, {progress.State}; relay has {rig.Sink.Taken.Count}"));
            if (progress is { State: "finished", Unknown: 0 }) return kills;
            // Killing nobody who works proves nothing: on a slow machine those that were just started come up first.
            if (progress.State == "finished" || rig.Sink.Count < killedAt + LeastBetweenKills) continue;
            killedAt = rig.Sink.Count;

            kills++;
            switch (kills % 6)
            {
                case 2:
                    Console.WriteLine("        the broker's connections break");
                    await rig.Servers.CloseConnectionsAsync();
                    break;
                case 4:
                    Console.WriteLine("        the database ends every session");
                    await using (var connection = await rig.Database.OpenConnectionAsync(cancellationToken))
                    {
                        await connection.ExecuteAsync("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()");
                    }

                    NpgsqlConnection.ClearAllPools();
                    break;
                case 5:
                    Console.WriteLine("        kill -9 service");
                    rig.StartService();
                    break;
            }

            var victim = rig.Senders[random.Next(rig.Senders.Count)];
            Console.WriteLine($"        kill -9 sender {victim.Id}");
            rig.KillSender(victim);
            while (rig.Senders.Count < senders) rig.StartSender();
        }

        throw new TimeoutException($"The campaign was not done within {Patience}.");
    }

    /// <summary>From the ledger itself: the service may be on its way up.</summary>
    private static async Task<Progress> ProgressAsync(SendRig rig, Guid campaign, CancellationToken cancellationToken)
    {
        while (true)
        {
            try
            {
                await using var connection = await rig.Database.OpenConnectionAsync(cancellationToken);
                return await connection.QuerySingleAsync<Progress>(
                    "SELECT c.state, coalesce(sum(k.sent), 0)::bigint AS sent, coalesce(sum(k.unknown), 0)::bigint AS unknown FROM campaigns c LEFT JOIN chunks k ON k.campaign_id = c.id WHERE c.id = @campaign GROUP BY c.id",
                    new { campaign });
            }
            catch (NpgsqlException exception) when (exception.IsTransient)
            {
                await Task.Delay(TimeSpan.FromMilliseconds(200), TimeProvider.System, cancellationToken);
            }
        }
    }

    private static async Task WatchUnknownAsync(SendRig rig, Guid campaign, HashSet<Guid> unknown, CancellationToken stopping)
    {
        while (!stopping.IsCancellationRequested)
        {
            try
            {
                string? cursor = null;
                do
                {
                    var page = await rig.GetAsync($"campaigns/{campaign}/unknowns?limit=200" + (cursor is null ? "" : "&cursor=" + cursor));
                    foreach (var item in page.GetProperty("items").EnumerateArray()) unknown.Add(item.GetProperty("deliveryId").GetGuid());
                    cursor = page.GetProperty("nextCursor").GetString();
                }
                while (cursor is not null);
            }
            catch (Exception exception) when (exception is HttpRequestException or InvalidOperationException)
            {
                // The service is dead, or its database away: it is asked again.
            }

            await Task.Delay(TimeSpan.FromSeconds(1), TimeProvider.System, stopping).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }
    }

    private static (int Recipients, int Senders, int Seed)? Parse(string[] args)
    {
        var (recipients, senders, seed) = (20_000, 3, (int)(TimeProvider.System.GetTimestamp() & 0xFFFFFF));
        for (var i = 0; i < args.Length; i += 2)
        {
            var value = i + 1 < args.Length ? args[i + 1] : "";
            var understood = args[i] switch
            {
                "--recipients" => int.TryParse(value, CultureInfo.InvariantCulture, out recipients) && recipients is >= 1 and <= 10_000_000,
                "--senders" => int.TryParse(value, CultureInfo.InvariantCulture, out senders) && senders is >= 1 and <= 32,
                "--seed" => int.TryParse(value, CultureInfo.InvariantCulture, out seed),
                _ => false,
            };
            if (!understood) return null;
        }

        return (recipients, senders, seed);
    }

    private sealed record Progress(string State, long Sent, long Unknown);
}
