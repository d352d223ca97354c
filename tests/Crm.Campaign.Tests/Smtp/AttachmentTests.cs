using System.Buffers;
using System.Text;
using Crm.Campaign.Sender.Smtp;
using FsCheck;
using FsCheck.Fluent;

namespace Crm.Campaign.Tests.Smtp;

public sealed class AttachmentTests
{
    private static readonly MimeMessage Mail = new()
    {
        From = new Mailbox("promo@toko.example"),
        To = [new Mailbox("sri@example.com")],
        Subject = "Katalog",
        Date = new DateTimeOffset(2026, 11, 2, 7, 5, 9, TimeSpan.Zero),
        MessageId = "k3jf82hd@toko.example",
        TextBody = "Halo",
        HtmlBody = "<p>Halo</p>",
    };

    [Fact]
    public async Task Another_reader_gets_the_text_and_every_file_octet_by_octet_under_its_name()
    {
        string[] names =
        [
            "katalog.pdf", "Katalog akhir tahun (2).pdf", "katalog \"lama\".pdf", "日本語のカタログ.pdf", "un'e%2F;=.pdf", $"{new string('x', 150)} é.pdf",
            string.Concat(Enumerable.Repeat("panjang é 🎂 ", 12)) + ".pdf",
        ];
        var files = names.Select((name, i) => new Attachment(name, "application/pdf", Enumerable.Range(0, 50 * i + 1).Select(n => (byte)(n * 7)).ToArray())).ToArray();

        var read = (await PythonMailReader.ReadAsync([Write(Mail with { Attachments = files })])).Single();

        Assert.Equal(("multipart/mixed", 0), (read.Type, read.Defects.Length));
        Assert.Equal(["text/plain", "text/html"], read.Parts.Take(2).Select(part => part.Type));
        Assert.Equal(["Halo", "<p>Halo</p>"], read.Parts.Take(2).Select(part => part.Body));
        Assert.Equal(names, read.Parts.Skip(2).Select(part => part.FileName!));
        Assert.Equal(files.Select(file => file.Content.ToArray()), read.Parts.Skip(2).Select(part => part.Content));
    }

    [Fact]
    public async Task A_mail_with_one_body_and_files_of_any_content_is_read_back()
    {
        var contents = Gen.Choose(0, 255).Select(octet => (byte)octet).ArrayOf().Where(octets => octets.Length > 0).Sample(300, 30);
        var mails = contents.Select((octets, i) => Write(Mail with { TextBody = i % 2 == 0 ? null : "Halo\r\n", HtmlBody = i % 2 == 0 ? "<p>a</p>" : null, Attachments = [new Attachment("a.png", "image/png", octets)] }));

        var read = await PythonMailReader.ReadAsync(mails);

        Assert.All(read, mail => Assert.Equal((2, 0), (mail.Parts.Length, mail.Defects.Length)));
        Assert.Equal(contents, read.Select(mail => mail.Parts[1].Content));
    }

    [Fact]
    public void No_line_is_longer_than_mail_systems_take()
    {
        var mail = Encoding.ASCII.GetString(Write(Mail with { Attachments = [new Attachment(new string('é', 190) + ".pdf", "application/pdf", new byte[5000])] }));
        Assert.All(mail.Split("\r\n"), line => Assert.InRange(line.Length, 0, 78));
    }

    [Theory]
    [InlineData("setup.exe", "application/x-msdownload", "application/x-msdownload")]
    [InlineData("katalog.pdf.exe", "application/pdf", ".pdf")]
    [InlineData("katalog.html", "text/html", "text/html")]
    [InlineData("../katalog.pdf", "application/pdf", "path")]
    [InlineData("C:katalog.pdf", "application/pdf", "path")]
    [InlineData("a\r\nX: y.pdf", "application/pdf", "control")]
    [InlineData("fdp.\u202eexe.pdf", "application/pdf", "control")]
    [InlineData(".pdf", "application/pdf", "name")]
    [InlineData("", "application/pdf", "name")]
    public void What_may_not_go_out_is_refused_with_the_reason(string name, string type, string reason) =>
        Assert.Contains(reason, Assert.Throws<ArgumentException>(() => new Attachment(name, type, new byte[1])).Message, StringComparison.Ordinal);

    [Fact]
    public void Sizes_are_limited_per_file_and_per_mail()
    {
        Assert.Throws<ArgumentException>(() => new Attachment("a.pdf", "application/pdf", new byte[Attachment.MaxLength + 1]));
        Assert.Throws<ArgumentException>(() => new Attachment("a.pdf", "application/pdf", Array.Empty<byte>()));
        var file = new Attachment("a.pdf", "application/pdf", new byte[Attachment.MaxLength]);
        Assert.Throws<ArgumentException>(() => Write(Mail with { Attachments = [file, file] }));
    }

    private static byte[] Write(MimeMessage mail)
    {
        var output = new ArrayBufferWriter<byte>();
        MimeMessageWriter.Write(mail, output);
        return output.WrittenSpan.ToArray();
    }
}
