using System.Net.Sockets;
using System.Security.Cryptography.X509Certificates;
using Crm.Campaign.Delivery;
using Microsoft.Extensions.Options;

namespace Crm.Campaign.Inbound.Receiver;

/// <summary>
/// The SMTP server that the bounce domain's MX leads to (RFC 5321): takes mail to return paths of ours and to postmaster and abuse there,
/// relays nothing. A mail is acknowledged once what it does is committed; otherwise its sender comes again.
/// </summary>
internal sealed partial class SmtpReceiver(
    IOptions<InboundOptions> options, ReturnPaths returnPaths, IServiceScopeFactory scopes, TimeProvider time, ILogger<SmtpReceiver> log) : BackgroundService
{
    private readonly SemaphoreSlim _places = new(options.Value.MaxSessions);

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        if (options.Value.SmtpPort == 0) return;
        using var certificate = options.Value.CertificateFile is { } file ? X509Certificate2.CreateFromPemFile(file, options.Value.CertificateKeyFile) : null;
        using var listener = TcpListener.Create(options.Value.SmtpPort);
        listener.Start();
        var sessions = new List<Task>();
        try
        {
            while (true)
            {
                var client = await listener.AcceptTcpClientAsync(stoppingToken);
                sessions.RemoveAll(session => session.IsCompleted);
                sessions.Add(ServeAsync(client, certificate, stoppingToken));
            }
        }
        catch (OperationCanceledException) when (stoppingToken.IsCancellationRequested)
        {
            // What was not acknowledged comes again.
            await Task.WhenAll(sessions);
        }
    }

    private async Task ServeAsync(TcpClient client, X509Certificate2? certificate, CancellationToken stopping)
    {
        using (client)
        {
            client.NoDelay = true;
            var placed = _places.Wait(0, CancellationToken.None);
            try
            {
                var session = new SmtpReceiverSession(client.GetStream(), options.Value, returnPaths, certificate, time, TakeAsync);
                await session.RunAsync(placed, stopping);
            }
            catch (Exception exception) when (exception is IOException or OperationCanceledException or System.Security.Authentication.AuthenticationException or ObjectDisposedException)
            {
                SessionEnded(log, exception.Message);
            }
            catch (Exception exception)
            {
                SessionFailed(log, exception);
            }
            finally
            {
                if (placed) _places.Release();
            }
        }
    }

    /// <returns>False where it could not be stored: the sender is to try again.</returns>
    private async Task<bool> TakeAsync(ReceivedMail mail, CancellationToken cancellationToken)
    {
        try
        {
            await using var scope = scopes.CreateAsyncScope();
            var unitOfWork = scope.ServiceProvider.GetRequiredService<ServiceDefaults.Postgres.UnitOfWork>();
            await scope.ServiceProvider.GetRequiredService<InboundMail>().TakeAsync(mail.Content, mail.Sender.Length == 0, mail.Recipients, "smtp", cancellationToken);
            await unitOfWork.CommitAsync(cancellationToken);
            return true;
        }
        catch (Npgsql.NpgsqlException exception)
        {
            NotStored(log, exception.Message);
            return false;
        }
    }

    [LoggerMessage(LogLevel.Debug, "A session of the mail receiver ended: {Reason}")]
    private static partial void SessionEnded(ILogger log, string reason);

    [LoggerMessage(LogLevel.Error, "A session of the mail receiver failed")]
    private static partial void SessionFailed(ILogger log, Exception exception);

    [LoggerMessage(LogLevel.Warning, "A mail could not be stored; its sender is asked to come again: {Reason}")]
    private static partial void NotStored(ILogger log, string reason);
}

/// <param name="Sender">Of the envelope; empty for bounces.</param>
internal sealed record ReceivedMail(string Sender, IReadOnlyList<string> Recipients, byte[] Content);
