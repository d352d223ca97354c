using System.Text;
using Crm.Campaign.Inbound;
using Crm.Campaign.Inbound.Classification;
using Crm.Campaign.Inbound.Mime;
using FsCheck;
using FsCheck.Fluent;

namespace Crm.Campaign.Tests.Inbound;

public sealed class MailClassifierTests
{
    private static readonly Guid Delivery = Guid.Parse("01932d6e-5f60-7000-8000-0123456789ab");

    public static TheoryData<string> Mails => new(Corpus.Names);

    [Fact]
    public void The_corpus_has_many_of_each_kind() =>
        Assert.All(["hard_bounce", "soft_bounce", "delay", "receipt", "complaint", "automatic_reply", "reply"], kind => Assert.InRange(Corpus.Names.Count(name => Corpus.KindOf(name) == kind), 3, 100));

    [Theory]
    [MemberData(nameof(Mails))]
    public void Each_mail_is_taken_for_what_it_is_and_its_delivery_is_found_without_the_envelope(string name)
    {
        var mail = MimeReader.Read(Corpus.Mail(name, Delivery));

        Assert.Equal(Corpus.KindOf(name), InboundMail.NameOf(MailClassifier.Classify(mail, null).Kind));
        if (!name.Contains("arf-not-spam", StringComparison.Ordinal)) Assert.Equal(Delivery, Corpus.Correlation.Find(mail, []));
    }

    [Theory]
    [MemberData(nameof(Mails))]
    public void With_everything_stripped_but_the_return_path_the_delivery_is_still_found(string name)
    {
        var text = Encoding.UTF8.GetString(Corpus.Mail(name, Delivery));
        var stripped = text.Replace(Corpus.ReturnPaths.Write(Delivery, ""), "hidden", StringComparison.Ordinal).Replace(Corpus.Tokens.MessageId(Delivery), "hidden", StringComparison.Ordinal);
        var mail = MimeReader.Read(Encoding.UTF8.GetBytes(stripped));

        Assert.Null(Corpus.Correlation.Find(mail, []));
        Assert.Equal(Delivery, Corpus.Correlation.Find(mail, ["other@example.com", Corpus.ReturnPaths.Write(Delivery, "").ToUpperInvariant()]));
    }

    [Theory]
    [InlineData("5.1.1", "", "hard_bounce")]
    [InlineData("5.1.6", "", "hard_bounce")]
    [InlineData("5.1.7", "", "soft_bounce")]
    [InlineData("5.2.1", "", "hard_bounce")]
    [InlineData("5.2.2", "", "soft_bounce")]
    [InlineData("5.2.1", "mailbox full", "soft_bounce")]
    [InlineData("5.4.4", "", "hard_bounce")]
    [InlineData("5.4.6", "", "soft_bounce")]
    [InlineData("5.7.1", "", "soft_bounce")]
    [InlineData("5.7.1", "user unknown", "hard_bounce")]
    [InlineData("5.7.1", "blocked: sender is unknown user", "soft_bounce")]
    [InlineData("5.0.0", "", "hard_bounce")]
    [InlineData("5.0.0", "message blocked as spam", "soft_bounce")]
    [InlineData("4.1.1", "user unknown", "soft_bounce")]
    [InlineData("2.0.0", "", "receipt")]
    [InlineData(null, "", "soft_bounce")]
    [InlineData("5.x.1", "no such user", "hard_bounce")]
    public void Only_what_is_about_the_address_is_hard(string? status, string text, string kind) => Assert.Equal(kind, InboundMail.NameOf(BounceSeverity.Of(status, text)));

    [Theory]
    [InlineData("host mx[192.5.1.1] said: 550 5.1.1 no", "5.1.1")]
    [InlineData("version 5.1.1.2 of 2.0.0", null)]
    [InlineData("said 550 no such user", "5.0.0")]
    [InlineData("451 later", "4.0.0")]
    [InlineData("552-mailbox", "5.2.2")]
    [InlineData("550 5.0.0 then 5.2.2", "5.2.2")]
    [InlineData("1,550 items at 4:554", null)]
    public void The_code_is_found_in_prose(string text, string? status) => Assert.Equal(status, BounceSeverity.FindStatus(text));

    [Fact]
    public void A_mail_broken_in_any_way_is_read_to_the_end()
    {
        var mails = Corpus.Names.Select(name => Corpus.Mail(name, Delivery)).ToArray();
        var broken =
            from mail in Gen.Elements(mails) from cut in Gen.Choose(0, mail.Length) from at in Gen.Choose(0, mail.Length - 1)
            from junk in Gen.Elements("", "\0", "\r", "\n\n", "--BOUND/123\r\n", "Content-Type: multipart/mixed; boundary=\"BOUND/123\"\r\n", "=?utf-8?b?////?=", "\u00ff\u00fe", new string('x', 5000), ":", "=\r\n", "=?x?q?=?=")
            select (byte[])[.. mail[..Math.Min(at, cut)], .. Encoding.Latin1.GetBytes(junk), .. mail[Math.Min(at, cut)..cut]];
        Prop.ForAll(Arb.From(broken), mail =>
        {
            var read = MimeReader.Read(mail);
            MailClassifier.Classify(read, true);
            Corpus.Correlation.Find(read, []);
        }).Check(Config.QuickThrowOnFailure.WithMaxTest(400));
    }

    [Fact]
    public void A_mail_of_mails_and_parts_without_end_costs_little()
    {
        var nested = new StringBuilder();
        for (var i = 0; i < 2000; i++) nested.Append("Content-Type: multipart/mixed; boundary=b").Append(i).Append("\r\n\r\n--b").Append(i).Append("\r\n");
        var many = "Content-Type: multipart/mixed; boundary=b\r\n\r\n" + string.Concat(Enumerable.Repeat("--b\r\n\r\nx\r\n", 50_000));

        Assert.InRange(MimeReader.Read(Encoding.ASCII.GetBytes(nested.ToString())).Walk().Count(), 2, 200);
        Assert.InRange(MimeReader.Read(Encoding.ASCII.GetBytes(many)).Walk().Count(), 2, 201);
    }
}
