using System.Net;
using System.Net.Http.Headers;
using System.Text;
using Crm.Customer.Domain.Privacy;
using Crm.Customer.Domain.Webhooks;
using Crm.OutboundHttp;
using Crm.ServiceDefaults.Errors;
using Dapper;
using Microsoft.Extensions.Options;
using Npgsql;

namespace Crm.Customer.Features.Webhooks;

/// <summary>
/// Delivers what waits, on every replica, four at a time and of one subscription two at most, so that a receiver who does not answer holds nobody up. No transaction
/// is open while it is sent: a delivery is leased, and whoever died with it is followed by somebody else. What fails is repeated ever later, and dead in the end.
/// </summary>
internal sealed partial class WebhookSender(NpgsqlDataSource database, PrivacyKeys keys, IOptions<WebhookOptions> options, TimeProvider time, ILogger<WebhookSender> log) : BackgroundService
{
    private const int Parallel = 4;
    private const int LongestPauseSeconds = 6 * 60 * 60;
    private static readonly TimeSpan Poll = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan Lease = TimeSpan.FromSeconds(60);
    private static readonly TimeSpan Kept = TimeSpan.FromDays(30);

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        using var http = WebhookConnections.Client(options.Value);
        http.DefaultRequestHeaders.UserAgent.ParseAdd("CrmPlatform-Webhooks/1.0");
        await Task.WhenAll(Enumerable.Range(0, Parallel).Select(number => RunAsync(number, http, stoppingToken)));
    }

    private async Task RunAsync(int number, HttpClient http, CancellationToken stoppingToken)
    {
        while (!stoppingToken.IsCancellationRequested)
        {
            try
            {
                if (await ClaimAsync(stoppingToken) is { } due)
                {
                    await SettleAsync(due, await SendAsync(due, http, stoppingToken), stoppingToken);
                    continue;
                }

                if (number == 0) await PruneAsync(stoppingToken);
            }
            catch (OperationCanceledException) when (stoppingToken.IsCancellationRequested)
            {
                return;
            }
            catch (NpgsqlException exception)
            {
                Interrupted(log, exception.Message);
            }

            // One looks every second, the others when there is much to do.
            await Task.Delay(number == 0 ? Poll : Poll * 5, time, stoppingToken).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }
    }

    private async Task<Due?> ClaimAsync(CancellationToken cancellationToken)
    {
        await using var connection = await database.OpenConnectionAsync(cancellationToken);
        var now = time.GetUtcNow();
        return await connection.QuerySingleOrDefaultAsync<Due>(new CommandDefinition(
            """
            UPDATE webhook_deliveries d SET leased_until = @until, attempts = d.attempts + 1, next_attempt_at = @until
            FROM webhook_subscriptions s
            WHERE s.id = d.subscription_id AND d.id = (
                SELECT w.id FROM webhook_subscriptions a CROSS JOIN LATERAL (
                    SELECT id, next_attempt_at FROM webhook_deliveries WHERE subscription_id = a.id AND state = 'waiting' AND next_attempt_at <= @now ORDER BY next_attempt_at LIMIT 1 FOR UPDATE SKIP LOCKED) w
                WHERE a.is_active AND (SELECT count(*) FROM webhook_deliveries f WHERE f.subscription_id = a.id AND f.state = 'waiting' AND f.leased_until > @now) < 2
                ORDER BY w.next_attempt_at LIMIT 1)
            RETURNING d.id, d.subscription_id, d.event_id, d.body, d.attempts, s.url, s.secret_generation, s.previous_until
            """,
            new { now, until = now + Lease },
            cancellationToken: cancellationToken));
    }

    private async Task<(HttpStatusCode? Status, string? Failure)> SendAsync(Due due, HttpClient http, CancellationToken cancellationToken)
    {
        var (now, body) = (time.GetUtcNow(), Encoding.UTF8.GetBytes(due.Body));
        using var limit = new CancellationTokenSource(WebhookConnections.Timeout, time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(limit.Token, cancellationToken);
        try
        {
            if (!WebhookConnections.MayBe(due.Url, options.Value.AllowPrivateAddresses, out var url)) return (null, "address_refused");
            using var request = new HttpRequestMessage(HttpMethod.Post, url) { Content = new ByteArrayContent(body) };
            request.Content.Headers.ContentType = new MediaTypeHeaderValue("application/json");
            request.Headers.Add(WebhookSignature.IdHeader, due.EventId.ToString());
            request.Headers.Add(WebhookSignature.TimestampHeader, now.ToUnixTimeSeconds().ToString(System.Globalization.CultureInfo.InvariantCulture));
            request.Headers.Add(WebhookSignature.SignatureHeader, WebhookSignature.Sign(keys.WebhookSecrets(due.SubscriptionId.ToString(), due.SecretGeneration, due.PreviousUntil), due.EventId.ToString(), now, body));
            using var response = await http.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, either.Token);
            return (response.StatusCode, response.IsSuccessStatusCode ? null : "status");
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            return (null, "timeout");
        }
        catch (ErrorException)
        {
            return (null, "no_key");
        }
        catch (HttpRequestException exception)
        {
            // What is behind an address is nobody's business: the reason is one of a few words.
            return (null, exception.InnerException is RefusedAddressException ? "address_refused" : "unreachable");
        }
    }

    private async Task SettleAsync(Due due, (HttpStatusCode? Status, string? Failure) outcome, CancellationToken cancellationToken)
    {
        var (status, failure) = outcome;
        var gone = status == HttpStatusCode.Gone;
        var state = failure is null ? "delivered" : gone || due.Attempts >= options.Value.MaxAttempts ? "dead" : "waiting";
        var pause = Math.Min(LongestPauseSeconds, options.Value.FirstRetry.TotalSeconds * Math.Pow(2, due.Attempts - 1)) * (0.75 + (Random.Shared.NextDouble() / 2));
        await using var connection = await database.OpenConnectionAsync(cancellationToken);
        await connection.ExecuteAsync(new CommandDefinition(
            """
            UPDATE webhook_deliveries SET state = @state, leased_until = NULL, last_status = @status, last_failure = @failure, next_attempt_at = @next, delivered_at = CASE WHEN @state = 'delivered' THEN @now END
            WHERE id = @Id AND state = 'waiting';
            UPDATE webhook_subscriptions SET is_active = false, version = version + 1 WHERE @gone AND id = @SubscriptionId AND is_active
            """,
            new { state, status = (int?)status, failure, now = time.GetUtcNow(), next = time.GetUtcNow().AddSeconds(pause), gone, due.Id, due.SubscriptionId },
            cancellationToken: cancellationToken));
    }

    private async Task PruneAsync(CancellationToken cancellationToken)
    {
        await using var connection = await database.OpenConnectionAsync(cancellationToken);
        await connection.ExecuteAsync(new CommandDefinition(
            "DELETE FROM webhook_deliveries WHERE created_at < @before; DELETE FROM webhook_receipts WHERE received_at < @before", new { before = time.GetUtcNow() - Kept }, cancellationToken: cancellationToken));
    }

    [LoggerMessage(LogLevel.Warning, "Webhooks wait for the database: {Reason}")]
    private static partial void Interrupted(ILogger log, string reason);

    private sealed class Due
    {
        public Guid Id { get; init; }
        public Guid SubscriptionId { get; init; }
        public Guid EventId { get; init; }
        public string Body { get; init; } = "";
        public int Attempts { get; init; }
        public string Url { get; init; } = "";
        public int SecretGeneration { get; init; }
        public DateTimeOffset? PreviousUntil { get; init; }
    }
}
