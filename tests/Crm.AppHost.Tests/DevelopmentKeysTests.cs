using System.Security.Cryptography;

namespace Crm.AppHost.Tests;

public sealed class DevelopmentKeysTests : IDisposable
{
    private readonly string directory = Path.Combine(Path.GetTempPath(), Path.GetRandomFileName());

    public void Dispose() => Directory.Delete(directory, recursive: true);

    [Fact]
    public void A_workloads_signature_is_accepted_with_its_public_key_only()
    {
        var keys = new DevelopmentKeys(directory);
        using var signer = ECDsa.Create();
        signer.ImportPkcs8PrivateKey(Convert.FromBase64String(keys.PrivateKeyOf("gateway")), out _);
        var signature = signer.SignData("token"u8, HashAlgorithmName.SHA256);

        Assert.True(Verifies("gateway"));
        Assert.False(Verifies("sales"));

        bool Verifies(string workload)
        {
            using var verifier = ECDsa.Create();
            verifier.ImportSubjectPublicKeyInfo(Convert.FromBase64String(keys.PublicKeyOf(workload)), out _);
            return verifier.VerifyData("token"u8, signature, HashAlgorithmName.SHA256);
        }
    }

    [Fact]
    public async Task Workloads_that_start_at_the_same_time_agree_on_a_key()
    {
        var keys = new DevelopmentKeys(directory);
        using var together = new Barrier(8);
        var seen = await Task.WhenAll(Enumerable.Range(0, 8).Select(_ => Task.Factory.StartNew(
            () =>
            {
                together.SignalAndWait();
                return keys.PublicKeyOf("gateway");
            }, CancellationToken.None, TaskCreationOptions.LongRunning, TaskScheduler.Default)));
        Assert.Single(seen.Distinct());
    }

    [Fact]
    public void Keys_are_kept_and_only_their_owner_reads_them()
    {
        var publicKey = new DevelopmentKeys(directory).PublicKeyOf("gateway");
        var link = new DevelopmentKeys(directory).RandomKey("campaign-link-key");
        Assert.Equal(publicKey, new DevelopmentKeys(directory).PublicKeyOf("gateway"));
        Assert.Equal(link, new DevelopmentKeys(directory).RandomKey("campaign-link-key"));
        Assert.Equal(32, Convert.FromBase64String(link).Length);
        if (OperatingSystem.IsWindows()) return;
        foreach (var file in Directory.EnumerateFiles(directory))
            Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite, File.GetUnixFileMode(file));
    }
}
