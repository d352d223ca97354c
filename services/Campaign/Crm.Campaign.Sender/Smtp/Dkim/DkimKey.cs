using System.Collections.Concurrent;
using System.Security.Cryptography;
using System.Text;
using Org.BouncyCastle.Crypto.Parameters;
using Org.BouncyCastle.Math.EC.Rfc8032;
using Org.BouncyCastle.Security;

namespace Crm.Campaign.Sender.Smtp.Dkim;

/// <summary>A signing key with what it says of itself in a signature. Safe for concurrent use.</summary>
internal abstract class DkimKey : IDisposable
{
    private readonly byte[] fieldStart;

    private DkimKey(DkimKeyOptions options, string algorithm)
    {
        Domain = options.Domain.ToLowerInvariant();
        Name = $"{options.Selector}._domainkey.{Domain}";
        fieldStart = Encoding.ASCII.GetBytes($"DKIM-Signature: v=1; a={algorithm}; c=relaxed/relaxed;\r\n d={Domain}; s={options.Selector}; t=");
    }

    public string Domain { get; }

    /// <summary>Where verifiers look for <see cref="Record"/>.</summary>
    public string Name { get; }

    /// <summary>The TXT record (RFC 6376 section 3.6.1).</summary>
    public abstract string Record { get; }

    /// <summary>Octets of a signature.</summary>
    public abstract int SignatureLength { get; }

    /// <summary>The field up to the value of its tag t.</summary>
    public ReadOnlySpan<byte> FieldStart => fieldStart;

    /// <param name="hash">SHA-256 of the canonical header fields.</param>
    /// <param name="signature">Takes <see cref="SignatureLength"/> octets.</param>
    public abstract void Sign(ReadOnlySpan<byte> hash, Span<byte> signature);

    public abstract void Dispose();

    /// <exception cref="ArgumentException">The options or the key are not such that anybody could verify with them.</exception>
    /// <exception cref="CryptographicException">Not a key.</exception>
    public static DkimKey Load(DkimKeyOptions options)
    {
        if (!options.Domain.Contains('.', StringComparison.Ordinal) || !SmtpAddress.TryParse("x@" + options.Domain, out var address) || address.Value.Length != options.Domain.Length + 2)
            throw new ArgumentException("Domain must be a domain name in its ASCII form.");
        if (options.Selector.Length is 0 or > 63 || !options.Selector.All(c => char.IsAsciiLetterOrDigit(c) || c is '-' or '.'))
            throw new ArgumentException("Selector must be letters, digits, hyphens and dots.");
        if (options.PrivateKey is null == options.PrivateKeyFile is null) throw new ArgumentException("Either PrivateKey or PrivateKeyFile must be given.");
        var pem = options.PrivateKey ?? File.ReadAllText(options.PrivateKeyFile!);
        if (!PemEncoding.TryFind(pem, out var fields)) throw new ArgumentException("The key is not PEM.");
        if (pem[fields.Label] != "PRIVATE KEY") return new RsaKey(options, pem);
        // .NET has no Ed25519; what is neither it nor RSA is refused by the latter.
        var key = PrivateKeyFactory.CreateKey(Convert.FromBase64String(pem[fields.Base64Data]));
        return key is Ed25519PrivateKeyParameters ed25519 ? new Ed25519Key(options, ed25519) : new RsaKey(options, pem);
    }

    private sealed class RsaKey : DkimKey
    {
        private readonly string pem;
        private readonly ConcurrentBag<RSA> idle = [];

        public RsaKey(DkimKeyOptions options, string pem) : base(options, "rsa-sha256")
        {
            this.pem = pem;
            var key = Import();
            if (key.KeySize is < 1024 or > 4096) throw new ArgumentException($"An RSA key of {key.KeySize} bits; verifiers take 1024 to 4096 (RFC 8301 section 3.2).");
            SignatureLength = key.KeySize / 8;
            Record = $"v=DKIM1; k=rsa; p={Convert.ToBase64String(key.ExportSubjectPublicKeyInfo())}";
            idle.Add(key);
        }

        public override string Record { get; }

        public override int SignatureLength { get; }

        public override void Sign(ReadOnlySpan<byte> hash, Span<byte> signature)
        {
            // An RSA object is for one thread at a time; there are as many as ever signed at once.
            if (!idle.TryTake(out var key)) key = Import();
            if (!key.TrySignHash(hash, signature, HashAlgorithmName.SHA256, RSASignaturePadding.Pkcs1, out _)) throw new CryptographicException("The signature is longer than the key.");
            idle.Add(key);
        }

        public override void Dispose()
        {
            while (idle.TryTake(out var key)) key.Dispose();
        }

        private RSA Import()
        {
            var key = RSA.Create();
            key.ImportFromPem(pem);
            return key;
        }
    }

    private sealed class Ed25519Key(DkimKeyOptions options, Ed25519PrivateKeyParameters key) : DkimKey(options, "ed25519-sha256")
    {
        // The bare 32 octets, unlike RSA's (RFC 8463 section 4.2).
        public override string Record { get; } = $"v=DKIM1; k=ed25519; p={Convert.ToBase64String(key.GeneratePublicKey().GetEncoded())}";

        public override int SignatureLength => Ed25519.SignatureSize;

        public override void Sign(ReadOnlySpan<byte> hash, Span<byte> signature)
        {
            // The hash is the message that PureEdDSA signs (RFC 8463 section 3).
            var octets = new byte[Ed25519.SignatureSize];
            key.Sign(Ed25519.Algorithm.Ed25519, null, hash.ToArray(), 0, hash.Length, octets, 0);
            octets.CopyTo(signature);
        }

        public override void Dispose()
        {
            // Nothing but memory of the runtime.
        }
    }
}
