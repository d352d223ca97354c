using System.Buffers;
using System.Text;
using Crm.Campaign.Sender.Smtp;
using FsCheck;
using FsCheck.Fluent;
using static Crm.Campaign.Tests.Smtp.SmtpTest;

namespace Crm.Campaign.Tests.Smtp;

public sealed class MimeMessageWriterTests
{
    private const string Indonesian = "Selamat ulang tahun, Bu Sri Wahyuni! 🎂🎉 Nikmati diskon 25% — hanya hari ini, é = è.";

    private static readonly MimeMessage Mail = new()
    {
        From = new Mailbox("promo@toko.example", "Toko Sejahtera"),
        To = [new Mailbox("sri@example.com", "Sri Wahyuni")],
        ReplyTo = new Mailbox("cs@toko.example"),
        Subject = "Promo akhir tahun",
        Date = new DateTimeOffset(2026, 11, 2, 7, 5, 9, TimeSpan.FromHours(7)),
        MessageId = "k3jf82hd@toko.example",
        TextBody = "Halo\n",
        HtmlBody = "<p>Halo</p>",
    };

    /// <summary>Characters that are hard on an encoder, mixed with any others, in lines of any length.</summary>
    private static Gen<string> Texts { get; } =
        Gen.Frequency(
            (6, Gen.Elements("a", "Z", " ", "\t", "=", ".", "\r\n", "\n", "\r", "\r\n.\r\n", "\n.", "..", "é", "日", "🎂", "👨‍👩‍👧", "=?", "From ", "--", "=\r\n", "=3D", "\0", "\x7f")),
            (2, Gen.Choose(0x20, 0xD7FF).Select(c => ((char)c).ToString())),
            (1, Gen.Choose(1, 200).Select(n => new string('x', n))))
        .ListOf().Select(parts => string.Concat(parts));

    [Fact]
    public void The_octets_of_a_mail_are_these()
    {
        var mail = Mail with { Subject = "Diskon 25% 🎂", UnsubscribeUrl = new Uri("https://toko.example/u/abc"), UnsubscribeAddress = SmtpAddress.Parse("u+abc@toko.example") };

        Assert.Equal(
            """
            Date: Mon, 02 Nov 2026 07:05:09 +0700
            From: Toko Sejahtera <promo@toko.example>
            Reply-To: <cs@toko.example>
            To: Sri Wahyuni <sri@example.com>
            Subject: =?utf-8?b?RGlza29uIDI1JSDwn46C?=
            Message-ID: <k3jf82hd@toko.example>
            List-Unsubscribe: <https://toko.example/u/abc>, <mailto:u%2Babc@toko.example>
            List-Unsubscribe-Post: List-Unsubscribe=One-Click
            MIME-Version: 1.0
            Content-Type: multipart/alternative;
             boundary="=_BOUNDARY"

            --=_BOUNDARY
            Content-Type: text/plain; charset=utf-8
            Content-Transfer-Encoding: quoted-printable

            Halo

            --=_BOUNDARY
            Content-Type: text/html; charset=utf-8
            Content-Transfer-Encoding: quoted-printable

            <p>Halo</p>
            --=_BOUNDARY--

            """.ReplaceLineEndings("\r\n"),
            System.Text.RegularExpressions.Regex.Replace(Encoding.UTF8.GetString(Write(mail)), "=_[0-9a-f]{24}", "=_BOUNDARY"));
        Assert.Equal(Write(mail), Write(mail));
    }

    [Fact]
    public async Task Another_reader_sees_what_was_written_after_it_went_over_the_wire()
    {
        var mail = Mail with
        {
            From = new Mailbox("promo@toko.example", "Toko “Sejahtera” 🛍"),
            To = [new Mailbox("sri@example.com", "Sri \"Yuni\" Wahyuni, S.E."), new Mailbox("budi@bücher.example", "Budi")],
            Subject = string.Join(' ', Enumerable.Repeat(Indonesian, 3)),
            TextBody = $"{Indonesian}\r\n.titik\r\n..\r\n.\r\n{new string('x', 3000)} \r\nSalam\t\r\n",
            HtmlBody = $"<p style=\"color:red\">{Indonesian}</p>\r\n.<br>\r\n",
            Headers = [new("Feedback-ID", "kampanye:toko"), new("X-Note", "catatan é")],
        };
        await using var server = new ScriptedSmtpServer(Pipelining);
        await using var connection = await ConnectAsync(server);
        var sent = new SmtpMessage("b+1@toko.example", "sri@example.com", Write(mail));

        Assert.Equal(["Accepted"], Cases(await connection.SendBatchAsync([sent], CancellationToken.None)));
        var wire = Encoding.Latin1.GetString(Assert.Single(server.WireContents));
        var read = (await PythonMailReader.ReadAsync(server.Contents))[0];

        Assert.Contains("\r\n..titik", wire, StringComparison.Ordinal);
        Assert.All(wire.Split("\r\n"), line => Assert.InRange(line.Length, 0, 78));
        Assert.Empty(read.Defects);
        Assert.Equal(mail.Subject, read.Subject);
        Assert.Equal([["Toko “Sejahtera” 🛍", "promo@toko.example"]], read.From);
        Assert.Equal([["Sri \"Yuni\" Wahyuni, S.E.", "sri@example.com"], ["Budi", "budi@xn--bcher-kva.example"]], read.To);
        Assert.Equal(["<k3jf82hd@toko.example>"], read.HeaderValues("Message-ID"));
        Assert.Equal(["catatan é"], read.HeaderValues("X-Note"));
        Assert.Equal("2026-11-02T07:05:09+07:00", read.Date);
        Assert.Equal("multipart/alternative", read.Type);
        Assert.Equal([("text/plain", "utf-8", mail.TextBody!.ToString()), ("text/html", "utf-8", mail.HtmlBody!.ToString())], read.Parts.Select(part => (part.Type, part.Charset!, part.Body)));
    }

    [Fact]
    public async Task Any_body_and_any_subject_come_out_at_another_reader_as_they_went_in()
    {
        var bodies = Gen.Sample(Texts, 200, 60).ToArray();
        var subjects = Gen.Sample(Texts, bodies.Length, 12).Select(text => string.Concat(text.Where(c => !char.IsControl(c)))).ToArray();
        var mails = bodies.Select((body, i) => Mail with { Subject = subjects[i], TextBody = body, HtmlBody = "<p>" + body }).ToArray();
        await using var server = new ScriptedSmtpServer(Pipelining);
        await using var connection = await ConnectAsync(server);

        var outcomes = await connection.SendBatchAsync([.. mails.Select(m => new SmtpMessage("a@toko.example", "b@example.com", Write(m)))], CancellationToken.None);
        var read = await PythonMailReader.ReadAsync(server.Contents);

        Assert.All(outcomes, o => Assert.IsType<SmtpOutcome.Accepted>(o));
        Assert.Equal(bodies.Length, read.Length);
        for (var i = 0; i < read.Length; i++)
        {
            Assert.Empty(read[i].Defects);
            Assert.Equal([CanonicalLines(bodies[i]), "<p>" + CanonicalLines(bodies[i])], read[i].Parts.Select(p => p.Body));
            Assert.Equal(subjects[i], read[i].Subject);
        }
    }

    [Fact]
    public void Quoted_printable_of_any_text_decodes_to_it_in_lines_of_76() =>
        Prop.ForAll(Texts.ToArbitrary(), text =>
        {
            var output = new ArrayBufferWriter<byte>();
            QuotedPrintable.Encode(Encoding.UTF8.GetBytes(text), output);
            var encoded = Encoding.ASCII.GetString(output.WrittenSpan);
            return encoded.Split("\r\n").All(line => line.Length <= 76 && !line.EndsWith(' ') && !line.EndsWith('\t') && line.All(c => c is '\t' or >= ' ' and <= '~'))
                && DecodeQuotedPrintable(encoded) == CanonicalLines(text);
        }).QuickCheckThrowOnFailure();

    [Fact]
    public void Dot_stuffing_of_any_content_can_be_undone_and_holds_no_end_of_data() =>
        Prop.ForAll(Texts.ToArbitrary(), Gen.Choose(1, 100).ToArbitrary(), (text, limit) =>
        {
            var output = new ArrayBufferWriter<byte>();
            ReadOnlyMemory<byte> rest = Encoding.UTF8.GetBytes(text);
            while (!rest.IsEmpty) rest = DotStuffing.Write(rest, output, limit);
            var lines = Encoding.UTF8.GetString(output.WrittenSpan).Split("\r\n");
            var canonical = CanonicalLines(text);
            if (canonical.Length > 0 && !canonical.EndsWith("\r\n", StringComparison.Ordinal)) canonical += "\r\n";
            return lines.All(line => line != "." && !line.Contains('\r') && !line.Contains('\n'))
                && string.Join("\r\n", lines.Select(line => line.StartsWith('.') ? line[1..] : line)) == canonical;
        }).QuickCheckThrowOnFailure();

    [Fact]
    public void Encoded_words_are_at_most_75_long_and_split_no_character()
    {
        foreach (var text in new[] { new string('é', 300), string.Concat(Enumerable.Repeat("🎂", 100)), string.Concat(Enumerable.Repeat("ab 日", 80)) })
        {
            foreach (var first in new[] { 10, 30, 67 })
            {
                var words = EncodedWords.Encode(text, first).ToArray();
                Assert.All(words, w => Assert.InRange(w.Length, 13, 75));
                Assert.Equal(text, string.Concat(words.Select(DecodeEncodedWord)));
            }
        }
    }

    [Fact]
    public async Task One_body_alone_is_no_multipart()
    {
        var read = await PythonMailReader.ReadAsync([Write(Mail with { HtmlBody = null }), Write(Mail with { TextBody = null })]);

        Assert.Equal(["text/plain", "text/html"], read.Select(r => r.Type));
        Assert.Equal(["Halo\r\n", "<p>Halo</p>\r\n"], read.Select(r => r.Parts.Single().Body));
    }

    [Theory]
    [InlineData("x\r\nBcc: victim@example.com")]
    [InlineData("x\nBcc: victim@example.com")]
    [InlineData("x\rBcc: victim@example.com")]
    [InlineData("x\0y")]
    [InlineData("x\u0085y")]
    public void No_line_break_gets_into_any_field(string value)
    {
        Assert.Throws<ArgumentException>(() => Write(Mail with { Subject = value }));
        Assert.Throws<ArgumentException>(() => Write(Mail with { From = new Mailbox("a@toko.example", value) }));
        Assert.Throws<ArgumentException>(() => Write(Mail with { To = [new Mailbox("a@example.com", value)] }));
        Assert.Throws<ArgumentException>(() => Write(Mail with { MessageId = value + "@toko.example" }));
        Assert.Throws<ArgumentException>(() => Write(Mail with { Headers = [new("X-Note", value)] }));
        Assert.Throws<ArgumentException>(() => Write(Mail with { Headers = [new(value, "note")] }));
        Assert.Throws<ArgumentException>(() => new Mailbox(value + "@example.com"));
        Assert.Throws<ArgumentException>(() => new Mailbox("a@" + value));
        Assert.Throws<ArgumentException>(() => new SmtpMessage(value + "@example.com", "b@example.com", Write(Mail)));
        Assert.Throws<ArgumentException>(() => new SmtpMessage("a@example.com", "b@example.com>" + value, Write(Mail)));
    }

    [Theory]
    [InlineData("")]
    [InlineData("nobody")]
    [InlineData("@example.com")]
    [InlineData("a@")]
    [InlineData("a b@example.com")]
    [InlineData("a@exa mple.com")]
    [InlineData("a..b@example.com")]
    [InlineData(".a@example.com")]
    [InlineData("a<b@example.com")]
    [InlineData("a@b@example.com")]
    [InlineData("a@-example.com")]
    [InlineData("a@example..com")]
    [InlineData("\"a\"b\"@example.com")]
    [InlineData("\"a\\\"@example.com")]
    [InlineData("a\u200b@example.com")]
    [InlineData("a\u2028b@example.com")]
    [InlineData("a@[127.0.0.1]>")]
    public void What_is_no_address_is_refused(string text)
    {
        Assert.False(SmtpAddress.TryParse(text, out _));
        Assert.Throws<ArgumentException>(() => new SmtpMessage("a@example.com", text, Write(Mail)));
    }

    [Theory]
    [InlineData("sri.wahyuni+promo@example.com", "sri.wahyuni+promo@example.com", false)]
    [InlineData("\"a b\\\"c\"@example.com", "\"a b\\\"c\"@example.com", false)]
    [InlineData("a@[192.0.2.1]", "a@[192.0.2.1]", false)]
    [InlineData("a@[IPv6:2001:db8::1]", "a@[IPv6:2001:db8::1]", false)]
    [InlineData("budi@bücher.example", "budi@xn--bcher-kva.example", false)]
    // IDNA2008 keeps ß; IDNA2003 would make it ss, somebody else's domain.
    [InlineData("budi@faß.example", "budi@xn--fa-hia.example", false)]
    [InlineData("用户@例え.jp", "用户@xn--r8jz45g.jp", true)]
    public void Addresses_have_an_ASCII_domain_and_say_whether_they_need_SMTPUTF8(string text, string value, bool utf8)
    {
        var address = SmtpAddress.Parse(text);
        Assert.Equal((value, utf8), (address.Value, address.RequiresSmtpUtf8));
    }

    [Fact]
    public void Mails_that_cannot_be_right_are_refused()
    {
        Assert.Throws<ArgumentException>(() => Write(Mail with { TextBody = null, HtmlBody = null }));
        Assert.Throws<ArgumentException>(() => Write(Mail with { To = [] }));
        Assert.Throws<ArgumentException>(() => Write(Mail with { Headers = [new("subject", "twice")] }));
        Assert.Throws<ArgumentException>(() => Write(Mail with { UnsubscribeUrl = new Uri("http://toko.example/u") }));
        Assert.Throws<ArgumentException>(() => Write(Mail with { UnsubscribeUrl = new Uri("https://toko.example/" + new string('u', 1000)) }));
        Assert.Throws<ArgumentException>(() => Message(1, new string('x', 999)));
        Assert.Equal(998, Message(1, new string('x', 998)).Content.Length - "Subject: 1\r\n\r\n\r\n".Length);
    }

    private static byte[] Write(MimeMessage mail)
    {
        var output = new ArrayBufferWriter<byte>();
        MimeMessageWriter.Write(mail, output);
        return output.WrittenSpan.ToArray();
    }

    /// <summary>Text has one kind of line break in a mail: CRLF.</summary>
    private static string CanonicalLines(string text) =>
        text.Replace("\r\n", "\n", StringComparison.Ordinal).Replace('\r', '\n').Replace("\n", "\r\n", StringComparison.Ordinal);

    private static string DecodeQuotedPrintable(string encoded)
    {
        var joined = encoded.Replace("=\r\n", "", StringComparison.Ordinal);
        var bytes = new List<byte>();
        for (var i = 0; i < joined.Length; i++)
        {
            if (joined[i] != '=') bytes.Add((byte)joined[i]);
            else
            {
                bytes.Add(Convert.FromHexString(joined.AsSpan(i + 1, 2))[0]);
                i += 2;
            }
        }
        return new UTF8Encoding(false, true).GetString([.. bytes]);
    }

    private static string DecodeEncodedWord(string word)
    {
        var payload = word[10..^2];
        var strict = new UTF8Encoding(false, true);
        return word[8] == 'b' ? strict.GetString(Convert.FromBase64String(payload)) : DecodeQuotedPrintable(payload.Replace('_', ' '));
    }
}
