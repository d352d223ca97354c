using System.Buffers;
using System.Security.Cryptography;
using System.Text;
using Crm.Campaign.Sender.Smtp;
using Crm.Campaign.Sender.Smtp.Dkim;
using FsCheck;
using FsCheck.Fluent;
using Microsoft.Extensions.Options;
using Org.BouncyCastle.Crypto.Parameters;
using Org.BouncyCastle.Security;

namespace Crm.Campaign.Tests.Smtp.Dkim;

public sealed class DkimSignerTests : IDisposable
{
    private static readonly string Rsa = CreateRsa(2048);
    private static readonly string Ed25519 = CreateEd25519();
    private static readonly ManualTimeProvider Time = new();
    private readonly DkimSigner signer = Signer(("toko.example", "r1", Rsa), ("toko.example", "e1", Ed25519));

    private static readonly MimeMessage Mail = new()
    {
        From = new Mailbox("promo@toko.example", "Toko Sejahtera"),
        To = [new Mailbox("sri@example.com", "Sri Wahyuni")],
        Subject = "Diskon 25% untuk Ibu Sri — hanya hari ini, dan sebuah baris yang cukup panjang untuk dilipat 🎂",
        Date = new DateTimeOffset(2026, 11, 2, 7, 5, 9, TimeSpan.FromHours(7)),
        MessageId = "k3jf82hd@toko.example",
        TextBody = "Halo  Bu\tSri \r\n\r\n.titik\r\n\r\n\r\n",
        HtmlBody = "<p>Halo</p>\r\n\r\n",
        UnsubscribeUrl = new Uri("https://toko.example/u/abc"),
    };

    public void Dispose() => signer.Dispose();

    [Fact]
    public async Task OpenDkim_and_dkimpy_accept_both_signatures()
    {
        var mail = Sign(Mail);

        Assert.Equal(["rsa-sha256 pass", "ed25519-sha256 pass"], await DkimVerifiers.OpenDkimAsync(Keys, mail));
        Assert.Equal([[true, true]], await DkimVerifiers.DkimpyAsync(Keys, [mail]));
    }

    [Theory]
    [InlineData("Subject: =?", "Subject: X =?")]
    [InlineData("<promo@toko.example>", "<promo@toku.example>")]
    [InlineData("https://toko.example/u/abc", "https://toko.example/u/abd")]
    [InlineData("List-Unsubscribe=One-Click", "List-Unsubscribe=Two-Click")]
    [InlineData("Halo  Bu", "Hale  Bu")]
    [InlineData("<p>Halo</p>", "<p>Halo</p>.")]
    [InlineData("MIME-Version: 1.0", "MIME-Version: 1.1")]
    [InlineData("From: Toko", "From: Palsu <palsu@evil.example>\r\nFrom: Toko")]
    [InlineData("Date: Mon", "From: palsu@evil.example\r\nDate: Mon")]
    public async Task No_verifier_accepts_what_was_changed_behind_the_signature(string from, string to)
    {
        var mail = Encoding.ASCII.GetString(Sign(Mail));
        var at = mail.IndexOf("\r\nDate:", StringComparison.Ordinal);
        Assert.Contains(from, mail[at..], StringComparison.Ordinal);
        var changed = Encoding.ASCII.GetBytes(mail[..at] + mail[at..].Replace(from, to, StringComparison.Ordinal));

        Assert.All(await DkimVerifiers.OpenDkimAsync(Keys, changed), result => Assert.DoesNotContain("pass", result, StringComparison.Ordinal));
        Assert.Equal([[false, false]], await DkimVerifiers.DkimpyAsync(Keys, [changed]));
    }

    [Fact]
    public async Task Any_mail_keeps_its_signature_on_its_way_over_the_wire()
    {
        var bodies = Gen.Elements("a", " ", "  ", "\t", "=", "\r\n", "\n", "\r", "\r\n.\r\n", " \r\n", "\t\r\n", "é", "🎂", "From ", "DKIM-Signature: x", new string('x', 300))
            .ListOf().Select(parts => string.Concat(parts));
        var subjects = Gen.Elements("a", " ", "  ", "\t", "é", "=?", ":", new string('y', 90)).ListOf().Select(parts => string.Concat(parts));
        var texts = from text in bodies from html in bodies from subject in subjects from only in Gen.Choose(0, 2)
            select Mail with { Subject = subject, TextBody = only == 1 ? null : text, HtmlBody = only == 2 ? null : html };
        var mails = texts.Sample(40, 60).Select(mail => Relayed(Sign(mail))).ToArray();

        Assert.All(await DkimVerifiers.DkimpyAsync(Keys, mails), valid => Assert.Equal([true, true], valid));
    }

    [Fact]
    public async Task A_body_without_end_or_with_bare_line_ends_is_signed_as_it_will_arrive()
    {
        byte[][] mails = [.. new[] { "", "x", "x\ny\rz", "\n\n", "x \t\n\n\n", "  x\ty  z" }.Select(body => Relayed(Sign(Encoding.ASCII.GetBytes($"From: promo@toko.example\r\nSUBJECT: \ta\r\n\tb  c \r\n\r\n{body}"))))];

        Assert.All(await DkimVerifiers.DkimpyAsync(Keys, mails), valid => Assert.Equal([true, true], valid));
    }

    [Fact]
    public void The_lines_of_a_signature_are_short_and_the_fields_that_matter_are_in_it()
    {
        var mail = Encoding.ASCII.GetString(Sign(Mail));
        var fields = mail[..mail.IndexOf("\r\nDate:", StringComparison.Ordinal)];

        Assert.All(fields.Split("\r\n"), line => Assert.InRange(line.Length, 1, 78));
        var names = System.Text.RegularExpressions.Regex.Match(fields.ReplaceLineEndings("").Replace(" ", "", StringComparison.Ordinal), "h=([^;]*);").Groups[1].Value;
        Assert.Equal("from:from:to:subject:date:message-id:mime-version:content-type:list-unsubscribe:list-unsubscribe-post", names);
        Assert.Contains($"t={Time.GetUtcNow().ToUnixTimeSeconds()};", fields, StringComparison.Ordinal);
    }

    [Fact]
    public void The_nearest_domain_signs_and_others_do_not()
    {
        using var several = Signer(("toko.example", "shop", Ed25519), ("mail.toko.example", "mail", Ed25519));

        Assert.Equal("mail._domainkey.mail.toko.example", Assert.Single(several.KeysFor("Mail.Toko.example")).Name);
        Assert.Equal("shop._domainkey.toko.example", Assert.Single(several.KeysFor("promo.toko.example")).Name);
        Assert.Empty(several.KeysFor("tokoexample.test"));
        Assert.Empty(several.KeysFor("toko.example.test"));
    }

    [Theory]
    [InlineData("example", "s", "rsa", "Domain")]
    [InlineData("toko.example\r\n", "s", "rsa", "Domain")]
    [InlineData("bücher.example", "s", "rsa", "Domain")]
    [InlineData("toko.example", "s;x", "rsa", "Selector")]
    [InlineData("toko.example", "", "rsa", "Selector")]
    [InlineData("toko.example", "s", "short", "512 bits")]
    [InlineData("toko.example", "s", "no key", "PEM")]
    [InlineData("toko.example", "s", null, "PrivateKey")]
    public void A_key_that_nobody_could_verify_with_stops_the_start(string domain, string selector, string? key, string named)
    {
        var pem = key switch { "rsa" => Rsa, "short" => CreateRsa(512), _ => key };
        var result = new DkimOptionsValidator().Validate(null, new DkimOptions { Keys = [new DkimKeyOptions { Domain = domain, Selector = selector, PrivateKey = pem }] });

        Assert.True(result.Failed);
        Assert.Contains(named, result.FailureMessage, StringComparison.Ordinal);
        Assert.DoesNotContain("BEGIN", result.FailureMessage, StringComparison.Ordinal);
    }

    private IReadOnlyList<DkimKey> Keys => signer.KeysFor("toko.example");

    private byte[] Sign(MimeMessage mail)
    {
        using var message = new OutgoingMail(signer).Write(mail, SmtpAddress.Null, mail.To[0].Address);
        return message.Content.ToArray();
    }

    private byte[] Sign(byte[] mail)
    {
        var reserved = new byte[DkimSigner.Reserve(Keys)];
        var length = signer.Sign(Keys, mail, reserved);
        return [.. reserved.AsSpan(reserved.Length - length), .. mail];
    }

    /// <summary>As the recipient's server has it: line ends mended, dots stuffed and taken out again.</summary>
    private static byte[] Relayed(byte[] mail)
    {
        var wire = new ArrayBufferWriter<byte>();
        DotStuffing.Write(mail, wire);
        var text = Encoding.Latin1.GetString(wire.WrittenSpan);
        return Encoding.Latin1.GetBytes(text.Replace("\r\n.", "\r\n", StringComparison.Ordinal));
    }

    private static DkimSigner Signer(params (string Domain, string Selector, string Key)[] keys) => new(
        Options.Create(new DkimOptions { Keys = [.. keys.Select(key => new DkimKeyOptions { Domain = key.Domain, Selector = key.Selector, PrivateKey = key.Key })] }), Time);

    private static string CreateRsa(int bits)
    {
        using var key = RSA.Create(bits);
        return key.ExportRSAPrivateKeyPem();
    }

    private static string CreateEd25519() => PemEncoding.WriteString(
        "PRIVATE KEY", Org.BouncyCastle.Pkcs.PrivateKeyInfoFactory.CreatePrivateKeyInfo(new Ed25519PrivateKeyParameters(new SecureRandom())).GetEncoded());
}
