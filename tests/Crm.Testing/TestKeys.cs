using System.Security.Cryptography;
using Crm.ServiceDefaults.Hosting;
using Crm.ServiceDefaults.Security;
using Microsoft.Extensions.Options;

namespace Crm.Testing;

/// <summary>Key pairs of workloads, made once per test process, and tokens as the gateway or another service would mint them.</summary>
public static class TestKeys
{
    private static readonly Dictionary<string, ECDsa> Keys = [];

    public static string PrivateKey(string workload) => Convert.ToBase64String(KeyOf(workload).ExportPkcs8PrivateKey());

    public static string PublicKey(string workload) => Convert.ToBase64String(KeyOf(workload).ExportSubjectPublicKeyInfo());

    /// <summary>A token from <paramref name="issuer"/> for <paramref name="audience"/>, made at the given time.</summary>
    public static string Token(string issuer, string audience, Actor actor, TimeProvider? time = null)
    {
        time ??= TimeProvider.System;
        var options = Options.Create(new InternalTokenOptions { Issuer = issuer, PrivateKey = PrivateKey(issuer) });
        return new InternalTokenIssuer(options, time, new Ids(time)).Mint(actor, audience);
    }

    /// <summary>A person with roles; the subject is new each time unless given.</summary>
    public static Actor Person(params string[] roles) => new("user-" + new Ids(TimeProvider.System).Next().ToString("N")[20..], "Test Person", roles, "test", null);

    private static ECDsa KeyOf(string workload)
    {
        lock (Keys)
        {
            if (!Keys.TryGetValue(workload, out var key)) Keys[workload] = key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
            return key;
        }
    }
}
