using System.Text;
using System.Text.Json;

namespace Crm.ProviderSimulator;

/// <summary>What the gateways' customers call. Any path below the channel's name, any JSON or form.</summary>
internal static class ReceiveMessage
{
    private const int MaxBody = 64 * 1024;
    private static readonly string[] Shown = ["Authorization", "Content-Type", "Idempotency-Key", "X-Signature", "X-Timestamp"];

    public static void Map(WebApplication app)
    {
        foreach (var channel in Simulator.Channels)
        {
            app.MapMethods($"/{channel}/{{**path}}", ["POST", "PUT"], (HttpContext http, Inbox inbox, Switches switches, ReceiptSender receipts) => HandleAsync(channel, http, inbox, switches, receipts));
        }
    }

    private static async Task<IResult> HandleAsync(string channel, HttpContext http, Inbox inbox, Switches switches, ReceiptSender receipts)
    {
        if (await ReadAsync(http) is not { } body) return Results.Text("The message is longer than 64 kB.", statusCode: 413);

        inbox.CountRequest(channel);
        var key = http.Request.Headers["Idempotency-Key"].ToString() is { Length: > 0 } given ? given : null;
        if (switches.TakeStatus(channel) is { } status)
        {
            await PauseAsync(switches[channel], http);
            return Results.Json(new { error = new { code = $"simulated_{status}", message = "The simulator was told to refuse." } }, statusCode: status);
        }

        var message = switches[channel].DetectDuplicates ? inbox.Recognise(channel, key) : null;
        if (message is not null)
        {
            http.Response.Headers["Idempotency-Replayed"] = "true";
        }
        else
        {
            message = inbox.Take(channel, key, body, Shown.Where(name => http.Request.Headers.ContainsKey(name)).ToDictionary(name => name, name => Masked(name, http.Request.Headers[name].ToString())));
            receipts.Plan(message, switches[channel]);
        }

        await PauseAsync(switches[channel], http);
        if (switches.TakeDrop(channel))
        {
            http.Abort();
            return Results.Empty;
        }

        return Answer(channel, message);
    }

    private static IResult Answer(string channel, ReceivedMessage message) => channel switch
    {
        "sms" => Results.Json(new { messages = new[] { new { id = message.Id, status = "accepted" } } }, statusCode: 202),
        "whatsapp" => Results.Json(new { messaging_product = "whatsapp", contacts = new[] { new { input = To(message) } }, messages = new[] { new { id = message.Id, message_status = "accepted" } } }),
        "push" => Results.Json(new { id = message.Id }),
        _ => Results.NoContent(),
    };

    private static string? To(ReceivedMessage message)
    {
        try
        {
            return JsonSerializer.Deserialize<JsonElement>(message.Body) is { ValueKind: JsonValueKind.Object } json && json.TryGetProperty("to", out var to) ? to.ToString() : null;
        }
        catch (JsonException)
        {
            return null;
        }
    }

    /// <summary>That a key came is worth seeing, the key is not.</summary>
    private static string Masked(string name, string value) => name == "Authorization" ? value.Split(' ')[0] + " ***" : value;

    private static Task PauseAsync(ChannelSwitches switches, HttpContext http) => switches.DelayMilliseconds == 0
        ? Task.CompletedTask
        : Task.Delay(TimeSpan.FromMilliseconds(switches.DelayMilliseconds), http.RequestServices.GetRequiredService<TimeProvider>(), http.RequestAborted);

    private static async Task<string?> ReadAsync(HttpContext http)
    {
        var buffer = new byte[MaxBody + 1];
        var length = await http.Request.Body.ReadAtLeastAsync(buffer, buffer.Length, throwOnEndOfStream: false, http.RequestAborted);
        return length > MaxBody ? null : Encoding.UTF8.GetString(buffer, 0, length);
    }
}
