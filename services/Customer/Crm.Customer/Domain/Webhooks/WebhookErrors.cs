using Crm.ServiceDefaults.Errors;

namespace Crm.Customer.Domain.Webhooks;

internal static class WebhookErrors
{
    public static readonly Error NotFound = Error.NotFound("customer.webhook_not_found", "There is no such webhook.");
    public static readonly Error DeliveryNotFound = Error.NotFound("customer.webhook_delivery_not_found", "There is no such delivery.");
    public static readonly Error SourceNotFound = Error.NotFound("customer.webhook_source_not_found", "There is no such source.");
    public static readonly Error Waiting = Error.Conflict("customer.webhook_delivery_waiting", "This delivery is under way already.");

    public static Error UrlRefused(string field) => Error.Unprocessable("customer.webhook_url_refused", "The address is one of https on the public internet, on the port of https, without a password.", field);
}
