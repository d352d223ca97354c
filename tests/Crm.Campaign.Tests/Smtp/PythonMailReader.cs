using System.Diagnostics;
using System.Text.Json;

namespace Crm.Campaign.Tests.Smtp;

/// <param name="Content">What Body was decoded from.</param>
public sealed record ReadPart(string Type, string? Charset, string Body, string? FileName, byte[] Content);

public sealed record ReadMail(
    string Subject, string[][] From, string[][] To, string[][] Headers, string Type, ReadPart[] Parts, string[] Defects, string Date)
{
    public string[] HeaderValues(string name) => [.. Headers.Where(h => h[0] == name).Select(h => h[1])];
}

/// <summary>Python's email package as an independent reader of mail.</summary>
public static class PythonMailReader
{
    public static async Task<ReadMail[]> ReadAsync(IEnumerable<byte[]> mails)
    {
        using var python = Process.Start(new ProcessStartInfo("python3", [Path.Combine(AppContext.BaseDirectory, "Smtp", "decode_mail.py")])
        {
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        })!;
        var errors = python.StandardError.ReadToEndAsync();
        var reading = python.StandardOutput.ReadToEndAsync();
        await python.StandardInput.WriteAsync(JsonSerializer.Serialize(mails.Select(Convert.ToBase64String)));
        python.StandardInput.Close();
        var json = await reading;
        await python.WaitForExitAsync();
        Assert.True(python.ExitCode == 0, await errors);
        return JsonSerializer.Deserialize<ReadMail[]>(json)!;
    }
}
