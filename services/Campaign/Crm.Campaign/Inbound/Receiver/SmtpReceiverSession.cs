using System.Globalization;
using System.Net.Security;
using System.Security.Cryptography.X509Certificates;
using System.Text;
using System.Text.RegularExpressions;
using Crm.Campaign.Delivery;

namespace Crm.Campaign.Inbound.Receiver;

/// <summary>One client's dialogue (RFC 5321 with PIPELINING, SIZE, 8BITMIME, SMTPUTF8, ENHANCEDSTATUSCODES, STARTTLS).</summary>
internal sealed partial class SmtpReceiverSession(
    Stream network, InboundOptions options, ReturnPaths returnPaths, X509Certificate2? certificate, TimeProvider time,
    Func<ReceivedMail, CancellationToken, Task<bool>> take)
{
    private const int MaxRecipients = 100;
    private const int MaxErrors = 10;
    private const int MaxMails = 1000;

    private readonly List<string> _recipients = [];
    private Stream _stream = network;
    private SmtpReceiverInput _input = new(network, options, time);
    private string? _sender;
    private bool _greeted;
    private int _errors;
    private int _mails;

    /// <param name="placed">Otherwise there are too many sessions already.</param>
    /// <param name="stopping">Ends the session; what was not acknowledged comes again.</param>
    public async Task RunAsync(bool placed, CancellationToken stopping)
    {
        if (!placed)
        {
            await ReplyAsync("421 4.3.2 Too many sessions, try again later", stopping);
            return;
        }

        await ReplyAsync($"220 {options.HostName} ESMTP", stopping);
        while (await _input.ReadLineAsync(stopping) is { } line)
        {
            if (line.Length > SmtpReceiverInput.MaxLineLength)
            {
                await ReplyAsync("500 5.5.6 Line too long", stopping);
                return;
            }

            if (!await HandleAsync(line, stopping)) return;
            if (_errors < MaxErrors) continue;
            await ReplyAsync("421 4.7.0 Too many errors", stopping);
            return;
        }
    }

    private async Task<bool> HandleAsync(string line, CancellationToken stopping)
    {
        var end = line.AsSpan().IndexOfAny(' ', ':');
        switch ((end < 0 ? line : line[..end]).ToUpperInvariant())
        {
            case "EHLO" or "HELO" when line.Length > 5:
                Reset();
                _greeted = true;
                return await ReplyAsync(line[0] is 'E' or 'e' ? Capabilities() : $"250 {options.HostName}", stopping);
            case "STARTTLS" when certificate is not null && _stream is not SslStream:
                return await StartTlsAsync(stopping);
            case "MAIL":
                return await ReplyAsync(Mail(line), stopping);
            case "RCPT":
                return await ReplyAsync(Recipient(line), stopping);
            case "DATA":
                return await DataAsync(stopping);
            case "RSET":
                Reset();
                return await ReplyAsync("250 2.0.0 OK", stopping);
            case "NOOP":
                return await ReplyAsync("250 2.0.0 OK", stopping);
            case "VRFY":
                return await ReplyAsync("252 2.5.2 Send it and see", stopping);
            case "QUIT":
                await ReplyAsync("221 2.0.0 Bye", stopping);
                return false;
            case "EHLO" or "HELO":
                return await ReplyAsync(Refuse("501 5.5.4 A name is needed"), stopping);
            default:
                return await ReplyAsync(Refuse("500 5.5.1 Unknown command"), stopping);
        }
    }

    private string Capabilities()
    {
        var offers = new List<string> { options.HostName, "PIPELINING", string.Create(CultureInfo.InvariantCulture, $"SIZE {options.MaxMessageSize}"), "8BITMIME", "SMTPUTF8", "ENHANCEDSTATUSCODES" };
        if (certificate is not null && _stream is not SslStream) offers.Add("STARTTLS");
        return string.Join("\r\n", offers.Select((offer, i) => $"250{(i < offers.Count - 1 ? '-' : ' ')}{offer}"));
    }

    private async Task<bool> StartTlsAsync(CancellationToken stopping)
    {
        // Sent ahead in clear, it would be read as if it came encrypted (RFC 3207 section 6).
        if (_input.HasUnread)
        {
            await ReplyAsync("421 4.7.0 Nothing may follow STARTTLS", stopping);
            return false;
        }

        await ReplyAsync("220 2.0.0 Go ahead", stopping);
        var tls = new SslStream(_stream);
        using var expiry = new CancellationTokenSource(options.CommandTimeout, time);
        using var deadline = CancellationTokenSource.CreateLinkedTokenSource(stopping, expiry.Token);
        await tls.AuthenticateAsServerAsync(new SslServerAuthenticationOptions { ServerCertificate = certificate }, deadline.Token);
        (_stream, _input, _greeted) = (tls, new SmtpReceiverInput(tls, options, time), false);
        Reset();
        return true;
    }

    private string Mail(string line)
    {
        if (!_greeted) return Refuse("503 5.5.1 EHLO first");
        if (_sender is not null) return Refuse("503 5.5.1 One at a time");
        if (_mails >= MaxMails) return "421 4.7.0 Enough for one session";
        if (Path().Match(line) is not { Success: true } path || !path.Groups[1].Value.Equals("MAIL FROM", StringComparison.OrdinalIgnoreCase)) return Refuse("501 5.5.4 MAIL FROM:<address>");
        foreach (var parameter in path.Groups[3].Value.Split(' ', StringSplitOptions.RemoveEmptyEntries))
        {
            if (!parameter.StartsWith("SIZE=", StringComparison.OrdinalIgnoreCase)) continue;
            if (!long.TryParse(parameter[5..], NumberStyles.None, CultureInfo.InvariantCulture, out var size) || size > options.MaxMessageSize) return "552 5.3.4 Too large";
        }

        _sender = path.Groups[2].Value;
        return "250 2.1.0 OK";
    }

    private string Recipient(string line)
    {
        if (_sender is null) return Refuse("503 5.5.1 MAIL first");
        if (Path().Match(line) is not { Success: true } path || !path.Groups[1].Value.Equals("RCPT TO", StringComparison.OrdinalIgnoreCase)) return Refuse("501 5.5.4 RCPT TO:<address>");
        if (_recipients.Count >= MaxRecipients) return "452 4.5.3 Too many recipients";
        // A source route is ignored (RFC 5321 appendix C).
        var address = path.Groups[2].Value[(path.Groups[2].Value.IndexOf(':', StringComparison.Ordinal) + 1)..];
        if (!IsOurs(address)) return Refuse(IsOurDomain(address) ? "550 5.1.1 No such address" : "550 5.7.1 Relaying is not done here");
        _recipients.Add(address);
        return "250 2.1.5 OK";
    }

    private bool IsOurs(string address)
    {
        if (returnPaths.Read(address) is not null || returnPaths.ReadUnsubscribe(address) is not null || address.Equals("postmaster", StringComparison.OrdinalIgnoreCase)) return true;
        var local = address.Split('@')[0];
        return IsOurDomain(address) && (local.Equals("postmaster", StringComparison.OrdinalIgnoreCase) || local.Equals("abuse", StringComparison.OrdinalIgnoreCase));
    }

    private bool IsOurDomain(string address) => returnPaths.Domain is { } domain && address.EndsWith("@" + domain, StringComparison.OrdinalIgnoreCase);

    private async Task<bool> DataAsync(CancellationToken stopping)
    {
        if (_recipients.Count == 0) return await ReplyAsync(Refuse("503 5.5.1 RCPT first"), stopping);
        await ReplyAsync("354 End with a dot on a line of its own", stopping);
        var content = await _input.ReadContentAsync(stopping);
        _mails++;
        var mail = content is null ? null : new ReceivedMail(_sender!, [.. _recipients], content);
        Reset();
        if (mail is null) return await ReplyAsync("552 5.3.4 Too large", stopping);
        return await ReplyAsync(await take(mail, stopping) ? "250 2.0.0 Taken" : "451 4.3.0 Try again later", stopping);
    }

    private void Reset()
    {
        _sender = null;
        _recipients.Clear();
    }

    private string Refuse(string reply)
    {
        _errors++;
        return reply;
    }

    private async Task<bool> ReplyAsync(string reply, CancellationToken stopping)
    {
        await _stream.WriteAsync(Encoding.ASCII.GetBytes(reply + "\r\n"), stopping);
        return !reply.StartsWith("421", StringComparison.Ordinal);
    }

    [GeneratedRegex("^(MAIL FROM|RCPT TO): ?<([^<>]{0,320})>(.*)$", RegexOptions.IgnoreCase | RegexOptions.CultureInvariant)]
    private static partial Regex Path();
}
