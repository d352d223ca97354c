using System.Diagnostics;
using System.Text.Json;
using System.Text.RegularExpressions;
using Crm.Campaign.Sender.Smtp.Dkim;

namespace Crm.Campaign.Tests.Smtp.Dkim;

/// <summary>Two verifiers that nobody here wrote, with the public keys from a file instead of the DNS.</summary>
internal static partial class DkimVerifiers
{
    /// <summary>dkimpy: per mail, per signature from the top, whether it holds.</summary>
    public static async Task<bool[][]> DkimpyAsync(IReadOnlyList<DkimKey> keys, IEnumerable<byte[]> mails)
    {
        var input = JsonSerializer.Serialize(new { Keys = keys.ToDictionary(key => key.Name, key => key.Record), Mails = mails.Select(Convert.ToBase64String) });
        return JsonSerializer.Deserialize<bool[][]>(await RunAsync("/usr/bin/python3", [Path.Combine(AppContext.BaseDirectory, "Smtp", "Dkim", "verify_dkim.py")], input))!;
    }

    /// <summary>OpenDKIM: "algorithm result" per signature from the top, for example "rsa-sha256 pass".</summary>
    public static async Task<string[]> OpenDkimAsync(IReadOnlyList<DkimKey> keys, byte[] mail)
    {
        var folder = Directory.CreateTempSubdirectory();
        try
        {
            var (names, settings, message) = (Path.Combine(folder.FullName, "keys"), Path.Combine(folder.FullName, "conf"), Path.Combine(folder.FullName, "mail"));
            await File.WriteAllLinesAsync(names, keys.Select(key => $"{key.Name} {key.Record}"));
            await File.WriteAllLinesAsync(settings, [$"TestPublicKeys {names}", "Mode v", "Syslog no"]);
            await File.WriteAllBytesAsync(message, mail);
            var output = await RunAsync("/usr/sbin/opendkim", ["-x", settings, "-t", message, "-vv"], null);
            return [.. Result().Matches(output).Select(match => $"{match.Groups[2].Value} {match.Groups[1].Value}")];
        }
        finally
        {
            folder.Delete(recursive: true);
        }
    }

    private static async Task<string> RunAsync(string program, string[] arguments, string? input)
    {
        using var process = Process.Start(new ProcessStartInfo(program, arguments) { RedirectStandardInput = true, RedirectStandardOutput = true, RedirectStandardError = true })!;
        var (output, errors) = (process.StandardOutput.ReadToEndAsync(), process.StandardError.ReadToEndAsync());
        if (input is not null) await process.StandardInput.WriteAsync(input);
        process.StandardInput.Close();
        var text = await output;
        await process.WaitForExitAsync();
        Assert.True(process.ExitCode == 0, await errors);
        return text;
    }

    [GeneratedRegex(@"dkim=(\w+)[^;]*header\.a=([\w-]+)")]
    private static partial Regex Result();
}
