using System.Diagnostics.CodeAnalysis;
using System.Text;

namespace Crm.Campaign.Sender.Smtp;

/// <summary>A body of a mail, as UTF-8. What is rendered for a recipient is octets from the start; a string becomes them where it is given.</summary>
public sealed class MailText(ReadOnlyMemory<byte> utf8)
{
    public ReadOnlyMemory<byte> Utf8 { get; } = utf8;

    [return: NotNullIfNotNull(nameof(text))]
    public static implicit operator MailText?(string? text) => text is null ? null : new MailText(Encoding.UTF8.GetBytes(text));

    public override string ToString() => Encoding.UTF8.GetString(Utf8.Span);
}
