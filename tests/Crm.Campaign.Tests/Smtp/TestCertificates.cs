using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;

namespace Crm.Campaign.Tests.Smtp;

/// <summary>A certificate authority of the test's own and what it signs.</summary>
public sealed class TestCertificates : IDisposable
{
    private readonly ECDsa key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
    private readonly X509Certificate2 authority;
    private readonly DateTimeOffset now = TimeProvider.System.GetUtcNow();

    public TestCertificates()
    {
        var request = new CertificateRequest("CN=Test authority", key, HashAlgorithmName.SHA256);
        request.CertificateExtensions.Add(new X509BasicConstraintsExtension(true, false, 0, true));
        request.CertificateExtensions.Add(new X509SubjectKeyIdentifierExtension(request.PublicKey, false));
        authority = request.CreateSelfSigned(now.AddDays(-1), now.AddDays(2));
        AuthorityFile = Path.GetTempFileName();
        File.WriteAllText(AuthorityFile, authority.ExportCertificatePem());
    }

    /// <summary>PEM file of the authority.</summary>
    public string AuthorityFile { get; }

    public X509Certificate2 For(string dnsName)
    {
        using var leafKey = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var request = new CertificateRequest($"CN={dnsName}", leafKey, HashAlgorithmName.SHA256);
        var names = new SubjectAlternativeNameBuilder();
        names.AddDnsName(dnsName);
        request.CertificateExtensions.Add(names.Build());
        using var signed = request.Create(authority, now.AddDays(-1), now.AddDays(1), RandomNumberGenerator.GetBytes(16));
        return signed.CopyWithPrivateKey(leafKey);
    }

    public X509Certificate2 SelfSigned(string dnsName)
    {
        using var leafKey = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var request = new CertificateRequest($"CN={dnsName}", leafKey, HashAlgorithmName.SHA256);
        var names = new SubjectAlternativeNameBuilder();
        names.AddDnsName(dnsName);
        request.CertificateExtensions.Add(names.Build());
        return request.CreateSelfSigned(now.AddDays(-1), now.AddDays(1));
    }

    public void Dispose()
    {
        File.Delete(AuthorityFile);
        authority.Dispose();
        key.Dispose();
    }
}
