using System.Text;
using Crm.Campaign.Sender.Smtp;

namespace Crm.Campaign.Tests.Smtp;

internal static class SmtpTest
{
    public static readonly string[] Pipelining = ["PIPELINING", "SIZE 10000000", "8BITMIME", "ENHANCEDSTATUSCODES"];

    public static SmtpOptions Options(ScriptedSmtpServer server) => new()
    {
        Host = "localhost",
        Port = server.Port,
        Security = SmtpSecurity.None,
        ClientName = "client.test",
    };

    public static Task<SmtpConnection> ConnectAsync(ScriptedSmtpServer server) => ConnectAsync(Options(server));

    public static Task<SmtpConnection> ConnectAsync(SmtpOptions options) => SmtpConnection.ConnectAsync(options, TimeProvider.System, CancellationToken.None);

    public static SmtpMessage Message(int number, string body = "Halo") =>
        new("bounce@sender.test", $"person{number}@example.com", Encoding.UTF8.GetBytes($"Subject: {number}\r\n\r\n{body}\r\n"));

    public static SmtpMessage[] Messages(int count) => [.. Enumerable.Range(1, count).Select(n => Message(n))];

    /// <summary>The name of each outcome's case, in order.</summary>
    public static string[] Cases(IReadOnlyList<SmtpOutcome> outcomes) => [.. outcomes.Select(o => o.GetType().Name)];
}
