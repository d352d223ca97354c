using System.Buffers;
using System.Buffers.Text;
using System.Globalization;
using System.Text;

namespace Crm.Campaign.Sender.Smtp;

/// <summary>The body part of an attachment: base64, its name in ASCII or by RFC 2231.</summary>
internal static class AttachmentPart
{
    // 57 octets are 76 characters of base64, the longest line that MIME allows.
    private const int LineOctets = 57;

    // Of an encoded name, per section: with " filename*10*=" and ";" it stays within 78 columns.
    private const int SectionLength = 60;

    public static void Write(Attachment attachment, IBufferWriter<byte> output)
    {
        Encoding.ASCII.GetBytes($"Content-Type: {attachment.MediaType}{(attachment.MediaType.StartsWith("text/", StringComparison.Ordinal) ? "; charset=utf-8" : "")}\r\n", output);
        Encoding.ASCII.GetBytes($"Content-Transfer-Encoding: base64\r\nContent-Disposition: attachment{NameParameter(attachment.FileName)}\r\n\r\n", output);
        for (var rest = attachment.Content.Span; !rest.IsEmpty; rest = rest[Math.Min(LineOctets, rest.Length)..])
        {
            var target = output.GetSpan(80);
            Base64.EncodeToUtf8(rest[..Math.Min(LineOctets, rest.Length)], target, out _, out var written);
            "\r\n"u8.CopyTo(target[written..]);
            output.Advance(written + 2);
        }
    }

    private static string NameParameter(string name)
    {
        if (name.Length <= SectionLength && name.All(c => char.IsAsciiLetterOrDigit(c) || c is ' ' or '-' or '_' or '.' or '(' or ')')) return $";\r\n filename=\"{name}\"";
        var sections = new List<StringBuilder> { new("utf-8''") };
        Span<byte> octets = stackalloc byte[4];
        foreach (var rune in name.EnumerateRunes())
        {
            var encoded = new StringBuilder();
            foreach (var octet in octets[..rune.EncodeToUtf8(octets)])
            {
                if (char.IsAsciiLetterOrDigit((char)octet) || octet is (byte)'-' or (byte)'.' or (byte)'_') encoded.Append((char)octet);
                else encoded.Append('%').Append(octet.ToString("X2", CultureInfo.InvariantCulture));
            }

            if (sections[^1].Length + encoded.Length > SectionLength) sections.Add(new StringBuilder());
            sections[^1].Append(encoded);
        }

        if (sections.Count == 1) return $";\r\n filename*={sections[0]}";
        return string.Concat(sections.Select((section, i) => string.Create(CultureInfo.InvariantCulture, $";\r\n filename*{i}*={section}")));
    }
}
