using System.ComponentModel.DataAnnotations;
using Crm.Loyalty.Contracts.Events.V1;
using Crm.Loyalty.Domain;
using Crm.ServiceDefaults.Errors;
using Crm.ServiceDefaults.Hosting;
using Crm.ServiceDefaults.Postgres;
using Crm.ServiceDefaults.Security;

namespace Crm.Loyalty.Features.Cards;

/// <summary>
/// What a till asks when a card is presented: whose it is, what they can spend, and what campaigns have to say to them. A message is shown
/// by one inquiry only, which is why this is a POST: asked again with the same key, a till that lost the answer gets the same.
/// </summary>
internal static class InquireCard
{
    private const int MessagesAtATime = 3;

    /// <param name="Till">Where the card is presented, as the till calls itself.</param>
    public sealed record Request(
        [property: Required, RegularExpression("[0-9]{16}", ErrorMessage = "A card number has sixteen digits.")] string CardNumber,
        [property: Required, StringLength(100, MinimumLength = 1)] string Till);

    /// <param name="Messages">For the customer display or the receipt, at most three; others wait for the next inquiry.</param>
    public sealed record Response(Guid MemberId, string MemberNumber, long Available, long Debt, IReadOnlyList<Message> Messages);

    public sealed record Message(Guid Id, string Language, string Title, string Text);

    public static void Map(RouteGroupBuilder api) => api
        .MapPost("/card-inquiries", async (Request request, UnitOfWork unitOfWork, Ids ids, TimeProvider time, CancellationToken cancellationToken) =>
            (await Handle(request, unitOfWork, ids, time.GetUtcNow(), cancellationToken)).ToOk())
        .WithName("InquireCard").WithSummary("Member, balance and messages of a card, for a till")
        .AllowRoles(Roles.Loyalty);

    private static async Task<Result<Response>> Handle(Request request, UnitOfWork unitOfWork, Ids ids, DateTimeOffset now, CancellationToken cancellationToken)
    {
        if (!CardNumber.IsValid(request.CardNumber)) return Error.Unprocessable("loyalty.card_number_invalid", "The check digit does not fit: the number was mistyped.", "cardNumber");
        var card = await unitOfWork.QuerySingleOrDefaultAsync<CardHolder>(
            """
            SELECT m.id, m.customer_id, m.number, m.available, m.debt, c.status FROM cards c JOIN members m ON m.id = c.member_id WHERE c.number = @CardNumber
            """,
            new { request.CardNumber },
            cancellationToken);
        if (card is null) return LoyaltyErrors.CardNotFound;
        if (card.Status != "active") return LoyaltyErrors.CardNotActive;

        var messages = await unitOfWork.QueryAsync<WaitingMessage>(
            """
            UPDATE pos_messages SET shown_at = @now, shown_till = @Till WHERE delivery_id IN (
                SELECT delivery_id FROM pos_messages WHERE customer_id = @CustomerId AND shown_at IS NULL AND valid_until > @now
                ORDER BY delivery_id LIMIT @MessagesAtATime FOR UPDATE SKIP LOCKED)
            RETURNING delivery_id, campaign_id, language, title, text
            """,
            new { card.CustomerId, request.Till, now, MessagesAtATime },
            cancellationToken);
        if (messages.Count > 0)
        {
            unitOfWork.Enqueue(new PosMessagesShown(
                ids.Next(), now, card.Id, card.CustomerId, request.Till, [.. messages.Select(message => new ShownPosMessage(message.DeliveryId, message.CampaignId))]));
        }

        return new Response(
            card.Id, card.Number, card.Available, card.Debt,
            [.. messages.OrderBy(message => message.DeliveryId).Select(message => new Message(message.DeliveryId, message.Language, message.Title, message.Text))]);
    }

    private sealed record CardHolder(Guid Id, Guid CustomerId, string Number, long Available, long Debt, string Status);

    private sealed record WaitingMessage(Guid DeliveryId, Guid CampaignId, string Language, string Title, string Text);
}
