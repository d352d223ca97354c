using System.Security.Cryptography;
using System.Text;
using Crm.Campaign.Features.Tracking;
using Crm.Campaign.Inbound.Classification;
using Crm.Campaign.Inbound.Mime;
using Crm.ServiceDefaults.Hosting;
using Crm.ServiceDefaults.Postgres;

namespace Crm.Campaign.Inbound;

/// <param name="Kind">As in the table <c>inbound_mail</c>; "unreadable" where even that could not be told.</param>
/// <param name="Quarantined">Why it was put aside; null where it was not.</param>
internal sealed record IntakeResult(Guid Id, string Kind, Guid? DeliveryId, string? Quarantined, bool Duplicate);

/// <summary>
/// Takes one mail in, by whichever way it came: reads, classifies, finds the delivery, applies, all in the caller's transaction. The same mail
/// again changes nothing. What a person wrote is counted and not kept.
/// </summary>
internal sealed partial class InboundMail(
    UnitOfWork unitOfWork, Correlation correlation, DeliveryFeedback feedback, Ids ids, TimeProvider time, ILogger<InboundMail> log)
{
    /// <param name="raw">As it came.</param>
    /// <param name="nullSender">Null where the envelope is not known.</param>
    /// <param name="recipients">Of the envelope, where it is known.</param>
    /// <param name="source">Which way it came.</param>
    public async Task<IntakeResult> TakeAsync(
        ReadOnlyMemory<byte> raw, bool? nullSender, IReadOnlyCollection<string> recipients, string source, CancellationToken cancellationToken)
    {
        var (verdict, delivery, fault) = Judge(raw, nullSender, recipients);
        var kind = verdict is null ? "unreadable" : NameOf(verdict.Kind);
        var (id, now) = (ids.Next(), time.GetUtcNow());
        var digest = Digest(raw.Span, recipients);
        var known = await unitOfWork.QuerySingleOrDefaultAsync<Guid?>(
            """
            WITH taken AS (
                INSERT INTO inbound_mail (id, digest, source, kind, delivery_id, status, detail, received_at)
                VALUES (@id, @digest, @source, @kind, @delivery, @status, @detail, @now) ON CONFLICT (digest) DO NOTHING RETURNING id)
            SELECT id FROM inbound_mail WHERE digest = @digest AND NOT EXISTS (SELECT 1 FROM taken)
            """,
            new { id, digest, source, kind, delivery, now, status = verdict?.Status, detail = Detail(verdict) },
            cancellationToken);
        if (known is { } before) return new IntakeResult(before, kind, delivery, null, Duplicate: true);

        var found = delivery is { } named && verdict is not null && await ApplyAsync(named, verdict, cancellationToken);
        var reason = fault ?? (found || verdict!.Kind is MailKind.AutomaticReply or MailKind.Reply or MailKind.Receipt or MailKind.Delay ? null : "no_delivery");
        if (reason is not null)
        {
            await unitOfWork.ExecuteAsync(
                "INSERT INTO inbound_quarantine (id, reason, raw, received_at) VALUES (@id, @reason, @raw, @now)",
                new { id, reason, raw = raw.ToArray(), now },
                cancellationToken);
            Quarantined(log, id, kind, reason);
        }

        return new IntakeResult(id, kind, found ? delivery : null, reason, Duplicate: false);
    }

    private async Task<bool> ApplyAsync(Guid deliveryId, MailVerdict verdict, CancellationToken cancellationToken)
    {
        if (verdict.Kind != MailKind.Unsubscribe) return await feedback.ApplyAsync(deliveryId, verdict, cancellationToken);
        if (await TrackedDelivery.FindAsync(deliveryId, unitOfWork, cancellationToken) is not { } delivery) return false;
        await Unsubscribe.EndAsync(delivery, null, unitOfWork, ids, time.GetUtcNow(), cancellationToken);
        return true;
    }

    internal static string NameOf(MailKind kind) => kind switch
    {
        MailKind.HardBounce => "hard_bounce",
        MailKind.SoftBounce => "soft_bounce",
        MailKind.Delay => "delay",
        MailKind.Receipt => "receipt",
        MailKind.Complaint => "complaint",
        MailKind.AutomaticReply => "automatic_reply",
        MailKind.Unsubscribe => "unsubscribe",
        _ => "reply",
    };

    /// <summary>A mail that nobody thought of must not stop those behind it: whatever it breaks, it is put aside with the reason.</summary>
    private (MailVerdict? Verdict, Guid? Delivery, string? Fault) Judge(ReadOnlyMemory<byte> raw, bool? nullSender, IReadOnlyCollection<string> recipients)
    {
        try
        {
            var mail = MimeReader.Read(raw);
            if (mail.Headers.Count == 0) return (null, null, "no_header");
            var verdict = MailClassifier.Classify(mail, nullSender);
            // A bounce of something that was sent from there says nothing about the subscription; everything else does, also what a program writes.
            return correlation.FindUnsubscribe(mail, recipients) is { } leaving && verdict.Kind is MailKind.Reply or MailKind.AutomaticReply
                ? (new MailVerdict(MailKind.Unsubscribe), leaving, null)
                : (verdict, correlation.Find(mail, recipients), null);
        }
        catch (Exception exception)
        {
            Unreadable(log, exception);
            return (null, null, "unreadable: " + exception.GetType().Name);
        }
    }

    /// <summary>Nothing of what a person wrote.</summary>
    private static string? Detail(MailVerdict? verdict) => verdict is null or { Kind: MailKind.Reply or MailKind.AutomaticReply } ? null : DeliveryFeedback.OneLine(verdict);

    private static byte[] Digest(ReadOnlySpan<byte> raw, IEnumerable<string> recipients)
    {
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        foreach (var recipient in recipients.Order(StringComparer.OrdinalIgnoreCase)) hash.AppendData(Encoding.UTF8.GetBytes(recipient.ToLowerInvariant() + "\n"));
        hash.AppendData(raw);
        return hash.GetHashAndReset();
    }

    [LoggerMessage(LogLevel.Warning, "Mail {Id} ({Kind}) was put into quarantine: {Reason}")]
    private static partial void Quarantined(ILogger log, Guid id, string kind, string reason);

    [LoggerMessage(LogLevel.Error, "A mail could not be read")]
    private static partial void Unreadable(ILogger log, Exception exception);
}
