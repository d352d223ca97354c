using System.Security.Cryptography;
using System.Text;

namespace Crm.AppHost;

/// <summary>
/// An ES256 key pair for each workload, kept as PEM files that only their owner can read, so that a token of one workload
/// cannot be signed by another and a second start uses the same keys. In a cluster the keys come from secrets instead.
/// </summary>
internal sealed class DevelopmentKeys(string directory)
{
    /// <summary>Workloads start at the same time: only one of them makes a key.</summary>
    private readonly Lock gate = new();

    /// <summary>PKCS #8, base64 on one line.</summary>
    public string PrivateKeyOf(string workload)
    {
        using var key = Load(workload);
        return Convert.ToBase64String(key.ExportPkcs8PrivateKey());
    }

    /// <summary>SubjectPublicKeyInfo, base64 on one line.</summary>
    public string PublicKeyOf(string workload)
    {
        using var key = Load(workload);
        return Convert.ToBase64String(key.ExportSubjectPublicKeyInfo());
    }

    /// <summary>32 random bytes, base64: the key of a keyed hash.</summary>
    public string RandomKey(string name)
    {
        var path = Path.Combine(directory, name);
        lock (gate)
        {
            if (!File.Exists(path)) Write(path, Convert.ToBase64String(RandomNumberGenerator.GetBytes(32)) + "\n");
            return File.ReadAllText(path).Trim();
        }
    }

    private ECDsa Load(string workload)
    {
        var path = Path.Combine(directory, workload + ".pem");
        lock (gate)
        {
            if (!File.Exists(path))
            {
                using var made = ECDsa.Create(ECCurve.NamedCurves.nistP256);
                Write(path, made.ExportPkcs8PrivateKeyPem() + "\n");
            }
            var key = ECDsa.Create();
            key.ImportFromPem(File.ReadAllText(path));
            return key;
        }
    }

    private void Write(string path, string text)
    {
        var options = new FileStreamOptions { Mode = FileMode.Create, Access = FileAccess.Write };
        if (OperatingSystem.IsWindows())
        {
            Directory.CreateDirectory(directory);
        }
        else
        {
            Directory.CreateDirectory(directory, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
            options.UnixCreateMode = UnixFileMode.UserRead | UnixFileMode.UserWrite;
        }
        // Complete or not at all: an interrupted start must not leave half a key.
        using (var stream = new FileStream(path + ".new", options)) stream.Write(Encoding.ASCII.GetBytes(text));
        File.Move(path + ".new", path, overwrite: true);
    }
}
