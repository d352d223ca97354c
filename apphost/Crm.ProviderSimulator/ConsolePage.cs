using System.Reflection;

namespace Crm.ProviderSimulator;

/// <summary>The page for people and the same for tests: what was received, and the switches.</summary>
internal static class ConsolePage
{
    private const int Listed = 200;

    public static void Map(WebApplication app)
    {
        app.MapGet("/", (HttpContext http) =>
        {
            http.Response.Headers.ContentSecurityPolicy = "default-src 'none'; script-src 'unsafe-inline'; style-src 'unsafe-inline'; connect-src 'self'; frame-ancestors 'none'; base-uri 'none'";
            return Results.Stream(Assembly.GetExecutingAssembly().GetManifestResourceStream("Crm.ProviderSimulator.Page.html")!, "text/html; charset=utf-8");
        });
        app.MapGet("/api/state", (Inbox inbox, Switches switches, ReceiptSender receipts) => new
        {
            switches = switches.All.OrderBy(pair => Array.IndexOf(Simulator.Channels, pair.Key)).ToDictionary(pair => pair.Key, pair => pair.Value),
            requests = Simulator.Channels.ToDictionary(channel => channel, inbox.Requests),
            messages = inbox.Messages.Take(Listed),
            receipts = receipts.Sent.Take(Listed),
        });
        app.MapPut("/api/switches/{channel}", (string channel, ChannelSwitches wanted, Switches switches) =>
        {
            if (!Simulator.Channels.Contains(channel)) return Results.NotFound();
            if (wanted.Problem() is { } problem) return Results.Problem(problem, statusCode: 400);
            switches[channel] = wanted;
            return Results.Ok(wanted);
        });
        app.MapDelete("/api/messages", (Inbox inbox) =>
        {
            inbox.Clear();
            return Results.NoContent();
        });
    }
}
