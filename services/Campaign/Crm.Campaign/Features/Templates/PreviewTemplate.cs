using Crm.Campaign.Delivery.Templates;
using Crm.Campaign.Domain;
using Crm.ServiceDefaults.Errors;
using Crm.ServiceDefaults.Idempotency;
using Crm.ServiceDefaults.Postgres;
using Crm.ServiceDefaults.Security;

namespace Crm.Campaign.Features.Templates;

/// <param name="Language">Instead of the customer's own.</param>
public sealed record TemplatePreviewRequest(Guid CustomerId, string? Language = null);

/// <param name="Sms">Of a short message: what this one costs.</param>
public sealed record TemplatePreviewResponse(string Language, string Subject, string Html, string Text, SmsSize? Sms = null);

/// <summary>The message as one customer would get it; links lead to their targets untracked.</summary>
internal static class PreviewTemplate
{
    public static void Map(RouteGroupBuilder api) =>
        api.MapPost("/templates/{id:guid}/preview", async (Guid id, TemplatePreviewRequest request, UnitOfWork unitOfWork, TimeProvider time, CancellationToken cancellationToken) =>
                (await HandleAsync(id, request, unitOfWork, time, cancellationToken)).ToOk())
            .WithMetadata(new NoEffectAttribute())
            .WithName("PreviewTemplate").WithSummary("The message for one customer").AllowRoles(Roles.Marketing);

    public const string ExampleCode = "CONTOH-EXAMPLE";

    private static async Task<Result<TemplatePreviewResponse>> HandleAsync(
        Guid id, TemplatePreviewRequest request, UnitOfWork unitOfWork, TimeProvider time, CancellationToken cancellationToken) =>
        await TemplateRow.FindAsync(id, unitOfWork, cancellationToken) is { } row
            ? await RenderAsync(row, request.CustomerId, request.Language, time.GetUtcNow(), unitOfWork, cancellationToken)
            : CampaignErrors.TemplateNotFound;

    /// <param name="customerId">Null: an example person.</param>
    public static async Task<Result<TemplatePreviewResponse>> RenderAsync(
        TemplateRow row, Guid? customerId, string? language, DateTimeOffset now, UnitOfWork unitOfWork, CancellationToken cancellationToken)
    {
        var template = row.ToPrepared();
        var recipient = Recipient.Example;
        if (customerId is not null)
        {
            var customer = await unitOfWork.QuerySingleOrDefaultAsync<RecipientRow>(
                """
                SELECT customer_id, display_name, given_name, email, language, time_zone, city, province, points, purchase_count, last_purchased_at
                FROM audience WHERE customer_id = @customerId AND profile_version IS NOT NULL
                """,
                new { customerId },
                cancellationToken);
            if (customer is null) return CampaignErrors.CustomerNotInAudience;
            (recipient, language) = (customer.ToRecipient(), language ?? customer.Language);
        }

        var extras = (await RecipientLookups.LoadAsync(template.Needs, [recipient.CustomerId], now, unitOfWork, cancellationToken))[recipient.CustomerId] with
        {
            Coupons = template.Needs.Coupons.ToDictionary(pool => pool, _ => ExampleCode), // a look does not use one up
        };
        var shown = template.LanguageFor(language);
        var message = new MessageTemplate(shown, template.Languages[shown], template.Needs).Preview(recipient with { Extras = extras }, template.Links);
        return new TemplatePreviewResponse(shown, message.Subject, message.Html, message.Text, row.Channel == TemplateChannel.Sms ? SmsSize.Of(message.Text) : null);
    }

    private sealed record RecipientRow(
        Guid CustomerId, string DisplayName, string? GivenName, string? Email, string? Language, string? TimeZone, string? City, string? Province,
        long Points, long PurchaseCount, DateTimeOffset? LastPurchasedAt)
    {
        public Recipient ToRecipient() => new()
        {
            CustomerId = CustomerId,
            DisplayName = DisplayName,
            GivenName = GivenName,
            Email = Email,
            TimeZone = TimeZone,
            City = City,
            Province = Province,
            Points = Points,
            PurchaseCount = PurchaseCount,
            LastPurchasedAt = LastPurchasedAt,
        };
    }
}
