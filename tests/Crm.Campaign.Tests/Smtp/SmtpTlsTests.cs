using Crm.Campaign.Sender.Smtp;
using static Crm.Campaign.Tests.Smtp.SmtpTest;

namespace Crm.Campaign.Tests.Smtp;

public sealed class SmtpTlsTests : IDisposable
{
    private readonly TestCertificates certificates = new();

    public void Dispose() => certificates.Dispose();

    [Theory]
    [InlineData(SmtpSecurity.StartTls)]
    [InlineData(SmtpSecurity.StartTlsRequired)]
    [InlineData(SmtpSecurity.Tls)]
    public async Task A_certificate_of_a_trusted_authority_is_accepted_and_the_mail_goes_encrypted(SmtpSecurity security)
    {
        using var certificate = certificates.For("localhost");
        await using var server = new ScriptedSmtpServer("PIPELINING", "STARTTLS", "AUTH PLAIN")
        {
            Certificate = certificate, ImplicitTls = security == SmtpSecurity.Tls, Credentials = ("pengirim", "rahasia"),
        };
        var options = Options(server) with
        {
            Security = security, TrustedCertificateAuthorities = certificates.AuthorityFile, UserName = "pengirim", Password = "rahasia",
        };

        await using var connection = await ConnectAsync(options);

        Assert.True(connection.IsEncrypted);
        Assert.Equal(["Accepted", "Accepted"], Cases(await connection.SendBatchAsync(Messages(2), CancellationToken.None)));
        if (security != SmtpSecurity.Tls) Assert.Equal(["EHLO client.test", "STARTTLS", "EHLO client.test"], server.Commands.Take(3));
    }

    [Theory]
    [InlineData(SmtpSecurity.StartTls)]
    [InlineData(SmtpSecurity.StartTlsRequired)]
    [InlineData(SmtpSecurity.Tls)]
    public async Task A_self_signed_certificate_is_refused(SmtpSecurity security)
    {
        using var certificate = certificates.SelfSigned("localhost");
        await using var server = new ScriptedSmtpServer("STARTTLS") { Certificate = certificate, ImplicitTls = security == SmtpSecurity.Tls };

        var e = await Assert.ThrowsAsync<SmtpConnectionException>(() => ConnectAsync(Options(server) with { Security = security }));

        Assert.Equal((SmtpFailure.TlsFailed, false), (e.Failure, e.IsTransient));
        Assert.Equal(0, server.CountOf("MAIL"));
    }

    [Fact]
    public async Task A_trusted_certificate_for_another_name_is_refused()
    {
        using var certificate = certificates.For("other.example");
        await using var server = new ScriptedSmtpServer("STARTTLS") { Certificate = certificate };
        var options = Options(server) with { Security = SmtpSecurity.StartTlsRequired, TrustedCertificateAuthorities = certificates.AuthorityFile };

        var e = await Assert.ThrowsAsync<SmtpConnectionException>(() => ConnectAsync(options));

        Assert.Equal(SmtpFailure.TlsFailed, e.Failure);
    }

    [Fact]
    public async Task Without_STARTTLS_on_offer_required_fails_and_opportunistic_goes_on()
    {
        await using var server = new ScriptedSmtpServer("PIPELINING");

        var e = await Assert.ThrowsAsync<SmtpConnectionException>(() => ConnectAsync(Options(server) with { Security = SmtpSecurity.StartTlsRequired }));
        Assert.Equal(SmtpFailure.TlsFailed, e.Failure);

        await using var connection = await ConnectAsync(Options(server) with { Security = SmtpSecurity.StartTls });
        Assert.False(connection.IsEncrypted);
    }

    [Fact]
    public async Task Replies_injected_in_clear_behind_STARTTLS_end_the_connection()
    {
        using var certificate = certificates.For("localhost");
        await using var server = new ScriptedSmtpServer("STARTTLS") { Certificate = certificate, InjectAfterStartTls = "250-forged\r\n250 AUTH PLAIN" };
        var options = Options(server) with { Security = SmtpSecurity.StartTlsRequired, TrustedCertificateAuthorities = certificates.AuthorityFile };

        var e = await Assert.ThrowsAsync<SmtpConnectionException>(() => ConnectAsync(options));

        Assert.Equal(SmtpFailure.ProtocolViolation, e.Failure);
    }
}
