using System.Text.Json;
using Crm.Campaign.Delivery;
using Crm.Campaign.Inbound;
using Crm.Campaign.Inbound.Classification;
using Crm.ServiceDefaults.Errors;
using Crm.ServiceDefaults.Postgres;
using Microsoft.AspNetCore.Http.Json;
using Microsoft.Extensions.Options;

namespace Crm.Campaign.Features.Inbound;

/// <summary>
/// What a mail provider tells by webhook instead of by mail. Signed (<see cref="ProviderSignature"/>); one that comes again is answered like
/// the first time and has no second effect. Events about messages that are not ours are passed over.
/// </summary>
internal static class ReceiveProviderEvents
{
    private const int MaxEvents = 200;
    private const int MaxLength = 64 * 1024;

    /// <param name="Type">bounced, delayed, delivered, complained.</param>
    /// <param name="MessageId">Our Message-ID, or the return path.</param>
    /// <param name="Status">Enhanced status code where there is one.</param>
    /// <param name="Permanent">Where the provider has judged a bounce itself.</param>
    internal sealed record ProviderEvent(string Type, string MessageId, string? Status = null, string? Diagnostic = null, bool? Permanent = null);

    /// <param name="Applied">Events about deliveries of ours.</param>
    internal sealed record Response(int Applied, int PassedOver, bool Duplicate);

    public static void Map(RouteGroupBuilder pages) => pages.MapPost("/p/provider-events/{provider}", HandleAsync).DisableAntiforgery();

    private static async Task<IResult> HandleAsync(
        string provider, HttpContext http, ProviderSignature signature, ReturnPaths returnPaths, TrackingTokens tokens, DeliveryFeedback feedback, UnitOfWork unitOfWork,
        TimeProvider time, IOptions<JsonOptions> json, CancellationToken cancellationToken)
    {
        if (await ReadAsync(http.Request, cancellationToken) is not { } body)
            return Error.Invalid("inbound.events_too_large", $"A webhook has at most {MaxLength} octets.", "body").ToProblem();
        if (signature.Verify(provider, http.Request.Headers, body) is not { } id) return TypedResults.Problem(
            "Provider, time or signature is wrong.", statusCode: StatusCodes.Status401Unauthorized, extensions: new Dictionary<string, object?> { ["code"] = "inbound.signature_invalid" });
        if (Parse(body, json.Value.SerializerOptions) is not { } events)
            return Error.Invalid("inbound.events_invalid", $"The body is an array of up to {MaxEvents} events with type and messageId.", "body").ToProblem();

        var taken = await unitOfWork.ExecuteAsync(
            "INSERT INTO provider_webhooks (provider, webhook_id, received_at) VALUES (@provider, @id, @now) ON CONFLICT DO NOTHING",
            new { provider, id, now = time.GetUtcNow() },
            cancellationToken);
        if (taken == 0) return TypedResults.Ok(new Response(0, 0, Duplicate: true));

        var applied = 0;
        foreach (var item in events)
        {
            if ((tokens.ReadMessageId(item.MessageId) ?? returnPaths.Read(item.MessageId)) is { } delivery && await feedback.ApplyAsync(delivery, Judge(item), cancellationToken)) applied++;
        }

        return TypedResults.Ok(new Response(applied, events.Length - applied, Duplicate: false));
    }

    private static MailVerdict Judge(ProviderEvent item)
    {
        var status = item.Status ?? BounceSeverity.FindStatus(item.Diagnostic ?? "");
        var kind = item.Type switch
        {
            "complained" => MailKind.Complaint,
            "delayed" => MailKind.Delay,
            "delivered" => MailKind.Receipt,
            _ => item.Permanent switch
            {
                true => MailKind.HardBounce,
                false => MailKind.SoftBounce,
                null => BounceSeverity.Of(status, item.Diagnostic ?? ""),
            },
        };
        return new MailVerdict(item.Type == "bounced" && kind == MailKind.Receipt ? MailKind.SoftBounce : kind, status, item.Diagnostic);
    }

    private static ProviderEvent[]? Parse(byte[] body, JsonSerializerOptions options)
    {
        try
        {
            var events = JsonSerializer.Deserialize<ProviderEvent[]>(body, options);
            return events is { Length: <= MaxEvents } && events.All(item => item is { Type: "bounced" or "delayed" or "delivered" or "complained", MessageId.Length: <= 320 }) ? events : null;
        }
        catch (JsonException)
        {
            return null;
        }
    }

    private static async Task<byte[]?> ReadAsync(HttpRequest request, CancellationToken cancellationToken)
    {
        var body = new byte[MaxLength + 1];
        var length = await request.Body.ReadAtLeastAsync(body, body.Length, throwOnEndOfStream: false, cancellationToken);
        return length > MaxLength ? null : body[..length];
    }
}
