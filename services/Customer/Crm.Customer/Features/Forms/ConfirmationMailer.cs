using System.Net;
using System.Net.Mail;
using System.Text;
using Crm.Customer.Domain.Privacy;
using Crm.ServiceDefaults.Errors;
using Crm.ServiceDefaults.Postgres;
using Microsoft.Extensions.Options;
using Npgsql;

namespace Crm.Customer.Features.Forms;

/// <summary>Section <c>Smtp</c>: the relay for the few mails of this service (campaigns have a sender of their own).</summary>
public sealed class SmtpOptions
{
    public string? Host { get; init; }

    [System.ComponentModel.DataAnnotations.Range(1, 65535)]
    public int Port { get; init; } = 587;

    /// <summary>None (a relay on the same host) or StartTlsRequired.</summary>
    [System.ComponentModel.DataAnnotations.RegularExpression("None|StartTlsRequired")]
    public string Security { get; init; } = "StartTlsRequired";

    public string? UserName { get; init; }

    public string? Password { get; init; }

    /// <summary>Sender of the mails.</summary>
    [System.ComponentModel.DataAnnotations.EmailAddress]
    public string From { get; init; } = "noreply@localhost.localdomain";

    /// <summary>Mails are written there as files, not sent.</summary>
    public string? PickupDirectory { get; init; }

    internal bool IsSet => Host is not null || PickupDirectory is not null;
}

/// <summary>
/// Sends the mails that ask the owner of an address to confirm a form, on any replica, one at a time. A relay that does not answer is tried again after 1, 2, 4 ...
/// minutes; after eight times the submission waits for nobody. What was not confirmed within seven days is deleted.
/// </summary>
internal sealed partial class ConfirmationMailer(IServiceScopeFactory scopes, PrivacyKeys keys, IOptions<SmtpOptions> options, TimeProvider time, ILogger<ConfirmationMailer> log) : BackgroundService
{
    private const int MaxAttempts = 8;
    private static readonly TimeSpan Poll = TimeSpan.FromSeconds(2);

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        while (!stoppingToken.IsCancellationRequested)
        {
            try
            {
                if (await WorkOnceAsync(stoppingToken)) continue;
            }
            catch (OperationCanceledException) when (stoppingToken.IsCancellationRequested)
            {
                return;
            }
            catch (NpgsqlException exception)
            {
                Interrupted(log, exception.Message);
            }

            await Task.Delay(Poll, time, stoppingToken).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }
    }

    private async Task<bool> WorkOnceAsync(CancellationToken cancellationToken)
    {
        await using var scope = scopes.CreateAsyncScope();
        var unitOfWork = scope.ServiceProvider.GetRequiredService<UnitOfWork>();
        var now = time.GetUtcNow();
        var due = await unitOfWork.QuerySingleOrDefaultAsync<Due>(
            """
            SELECT s.id, s.email, s.expires_at, s.mail_attempts, v.definition ->> 'name' AS form, v.definition ->> 'language' AS language
            FROM form_submissions s JOIN registration_form_versions v ON v.form_key = s.form_key AND v.version = s.form_version
            WHERE s.next_mail_at <= @now ORDER BY s.next_mail_at LIMIT 1 FOR UPDATE OF s SKIP LOCKED
            """,
            new { now },
            cancellationToken);
        if (due is null)
        {
            await unitOfWork.ExecuteAsync("DELETE FROM form_submissions WHERE confirmed_at IS NULL AND expires_at < @now", new { now }, cancellationToken);
            await unitOfWork.CommitAsync(cancellationToken);
            return false;
        }

        var sent = await SendAsync(due, cancellationToken);
        await unitOfWork.ExecuteAsync(
            "UPDATE form_submissions SET mail_attempts = mail_attempts + 1, mailed_at = CASE WHEN @sent THEN @now END, next_mail_at = @next WHERE id = @Id",
            new { sent, now, next = sent || due.MailAttempts + 1 >= MaxAttempts ? (DateTimeOffset?)null : now.AddMinutes(Math.Pow(2, due.MailAttempts)), due.Id },
            cancellationToken);
        await unitOfWork.CommitAsync(cancellationToken);
        return true;
    }

    private async Task<bool> SendAsync(Due due, CancellationToken cancellationToken)
    {
        try
        {
            var link = keys.Link("/p/forms/confirmations", LinkPurpose.ConfirmForm, due.Id, due.ExpiresAt);
            var (subject, text) = due.Language == "id"
                ? ($"Konfirmasi pendaftaran: {due.Form}", $"Seseorang mendaftarkan alamat ini di {due.Form}.\n\nJika itu Anda, konfirmasikan di sini dalam tujuh hari:\n{link}\n\nJika bukan, abaikan e-mail ini: tidak ada yang akan terdaftar.\n")
                : ($"Confirm your registration: {due.Form}", $"Somebody registered this address at {due.Form}.\n\nIf it was you, confirm here within seven days:\n{link}\n\nIf not, ignore this e-mail: nobody is registered then.\n");
            using var message = new MailMessage(options.Value.From, due.Email, subject, text) { BodyEncoding = Encoding.UTF8, SubjectEncoding = Encoding.UTF8, BodyTransferEncoding = System.Net.Mime.TransferEncoding.QuotedPrintable };
            message.Headers.Add("Auto-Submitted", "auto-generated");
            using var client = options.Value.PickupDirectory is { } directory
                ? new SmtpClient { DeliveryMethod = SmtpDeliveryMethod.SpecifiedPickupDirectory, PickupDirectoryLocation = directory }
                : new SmtpClient(options.Value.Host, options.Value.Port) { EnableSsl = options.Value.Security != "None", Timeout = 30_000 };
            if (options.Value.UserName is { } user) client.Credentials = new NetworkCredential(user, options.Value.Password);
            await client.SendMailAsync(message, cancellationToken);
            return true;
        }
        catch (Exception exception) when (exception is SmtpException or ErrorException or IOException or FormatException or InvalidOperationException)
        {
            NotSent(log, due.MailAttempts + 1, exception.GetType().Name);
            return false;
        }
    }

    [LoggerMessage(LogLevel.Warning, "A confirmation mail was not sent, attempt {Attempt}: {Reason}")]
    private static partial void NotSent(ILogger log, int attempt, string reason);

    [LoggerMessage(LogLevel.Warning, "Confirmation mails wait for the database: {Reason}")]
    private static partial void Interrupted(ILogger log, string reason);

    private sealed class Due
    {
        public Guid Id { get; init; }
        public string Email { get; init; } = "";
        public DateTimeOffset ExpiresAt { get; init; }
        public int MailAttempts { get; init; }
        public string Form { get; init; } = "";
        public string Language { get; init; } = "";
    }
}
