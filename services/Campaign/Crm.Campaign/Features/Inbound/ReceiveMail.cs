using Crm.Campaign.Inbound;
using Crm.ServiceDefaults.Errors;
using Crm.ServiceDefaults.Security;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.AspNetCore.Mvc;
using Microsoft.Extensions.Options;

namespace Crm.Campaign.Features.Inbound;

/// <summary>
/// Takes a raw mail from a mail system's pipe or a provider's forwarding: a bounce, complaint or reply. The envelope may come along; without
/// it the mail's own fields must say whom it was for.
/// </summary>
internal static class ReceiveMail
{
    private const int MaxRecipients = 100;

    /// <param name="Kind">hard_bounce, soft_bounce, delay, receipt, complaint, automatic_reply, reply or unreadable.</param>
    /// <param name="Quarantined">Why it was put aside for people to look at; null where it was understood.</param>
    /// <param name="Duplicate">It came before and changed nothing now.</param>
    internal sealed record Response(Guid Id, string Kind, Guid? DeliveryId, string? Quarantined, bool Duplicate);

    public static void Map(RouteGroupBuilder api) => api.MapPost("/inbound-mail", HandleAsync)
        .WithName("ReceiveMail").WithSummary("Take a bounce, complaint or reply as it came")
        .Accepts<byte[]>("message/rfc822", "application/octet-stream").AllowRoles(Roles.Integration, Roles.Ops);

    /// <param name="sender">Of the envelope; empty for a bounce's, absent where it is not known.</param>
    /// <param name="recipient">Of the envelope.</param>
    private static async Task<Results<Ok<Response>, ProblemHttpResult>> HandleAsync(
        HttpRequest request, string? sender, [FromQuery] string[]? recipient, InboundMail inbound, IOptions<InboundOptions> options, CancellationToken cancellationToken)
    {
        if (recipient is { Length: > MaxRecipients } || recipient?.Any(address => address.Length > 320) == true)
            return Error.Invalid("inbound.recipients_invalid", $"At most {MaxRecipients} addresses of at most 320 characters.", "recipient").ToProblem();
        var limit = options.Value.MaxMessageSize;
        using var body = new MemoryStream();
        var buffer = new byte[16 * 1024];
        for (int read; (read = await request.Body.ReadAsync(buffer, cancellationToken)) > 0;)
        {
            if (body.Length + read > limit) return Error.Invalid("inbound.mail_too_large", $"A mail has at most {limit} octets.", "body").ToProblem();
            body.Write(buffer, 0, read);
        }

        if (body.Length == 0) return Error.Invalid("inbound.mail_empty", "The body is the mail as it came.", "body").ToProblem();
        var mail = body.GetBuffer().AsMemory(0, (int)body.Length);
        var taken = await inbound.TakeAsync(mail, sender is null ? null : sender.Trim('<', '>', ' ').Length == 0, recipient ?? [], "api", cancellationToken);
        return TypedResults.Ok(new Response(taken.Id, taken.Kind, taken.DeliveryId, taken.Quarantined, taken.Duplicate));
    }
}
