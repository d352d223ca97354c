using System.Buffers;
using Crm.Campaign.Sender.Smtp.Dkim;

namespace Crm.Campaign.Sender.Smtp;

/// <summary>Writes a mail, signs it, and puts it into its envelope, in one rented buffer: the signatures stand before what they sign.</summary>
internal sealed class OutgoingMail(DkimSigner signer)
{
    /// <param name="message">Header and body.</param>
    /// <param name="sender">Where bounces go.</param>
    /// <param name="recipient">The one recipient; not in the header by itself.</param>
    /// <exception cref="ArgumentException">Something in it cannot be put into a mail.</exception>
    public SmtpMessage Write(MimeMessage message, SmtpAddress sender, SmtpAddress recipient)
    {
        var keys = signer.KeysFor(message.From.Address.Domain);
        var reserved = DkimSigner.Reserve(keys);
        var buffer = new RentedBuffer(reserved + 4096 + (message.TextBody?.Utf8.Length ?? 0) + ((message.HtmlBody?.Utf8.Length ?? 0) * 9 / 8)); // HTML has an '=' in every tag
        try
        {
            buffer.GetSpan(reserved);
            buffer.Advance(reserved);
            MimeMessageWriter.Write(message, buffer);
            var written = buffer.WrittenMemory;
            var signatures = signer.Sign(keys, written.Span[reserved..], written.Span[..reserved]);
            return new SmtpMessage(sender, recipient, written[(reserved - signatures)..], buffer);
        }
        catch
        {
            buffer.Dispose();
            throw;
        }
    }
}
