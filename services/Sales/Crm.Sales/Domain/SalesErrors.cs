using Crm.ServiceDefaults.Errors;

namespace Crm.Sales.Domain;

/// <summary>Every refusal of this service. Fields are paths from the purchase or product; batches put the item's path in front.</summary>
internal static class SalesErrors
{
    public static readonly Error ProductNotFound = Error.NotFound("sales.product_not_found", "There is no such product.");
    public static readonly Error ProductStale = Error.Stale("sales.product_stale", "Somebody changed the product meanwhile. Read it again.");
    public static readonly Error SkuTaken = Error.Conflict("sales.sku_taken", "A product with this SKU exists.", "sku");
    public static readonly Error SkuInvalid = Error.Invalid("sales.sku_invalid", "A SKU has 1 to 64 characters, no blanks at the ends.", "sku");
    public static readonly Error SkuRepeated = Error.Invalid("sales.sku_repeated", "This SKU is in the batch already.", "sku");

    public static readonly Error PurchaseNotFound = Error.NotFound("sales.purchase_not_found", "There is no such purchase.");
    public static readonly Error PurchaseKeyReused = Error.Unprocessable("sales.purchase_key_reused", "A purchase with this source and key was recorded with other content.", "sourceId");
    public static readonly Error SourceInvalid = Error.Invalid("sales.source_invalid", "A source is a short name of lower-case letters, digits, dots and dashes.", "source");
    public static readonly Error SourceIdInvalid = Error.Invalid("sales.source_id_invalid", "The key at the source has 1 to 100 characters, no blanks at the ends.", "sourceId");
    public static readonly Error CustomerRequired = Error.Invalid("sales.customer_required", "Name the customer: by customerId, or by customerSource and customerSourceId.", "customerId");
    public static readonly Error CustomerAmbiguous = Error.Invalid("sales.customer_ambiguous", "Name the customer either by id or by the key at a source, not both.", "customerId");
    public static readonly Error CustomerIdInvalid = Error.Invalid("sales.customer_id_invalid", "This is not an id of a customer.", "customerId");
    public static readonly Error CustomerServiceUnavailable = Error.Unavailable("sales.customer_service_unavailable", "Customers cannot be looked up at the moment. Nothing was recorded; send it again.");
    public static readonly Error PurchasedAtInvalid = Error.Invalid("sales.purchased_at_invalid", "A purchase was made between 1900 and now.", "purchasedAt");
    public static readonly Error LineCount = Error.Invalid("sales.line_count", "A purchase has 1 to 500 lines.", "lines");
    public static readonly Error FilterRequired = Error.Invalid("sales.filter_required", "List the purchases of a customerId, or the one of a source and sourceId.", "customerId");

    public static readonly Error ReturnedAtInvalid = Error.Invalid("sales.returned_at_invalid", "A return was made between the purchase and now.", "returnedAt");

    public static Error TextInvalid(string field, int maxLength) => Error.Invalid("sales.text_invalid", $"This is a text of 1 to {maxLength} characters without control characters or blanks at the ends.", field);
    public static Error CurrencyUnknown(string field) => Error.Invalid("sales.currency_unknown", "This is not a currency of ISO 4217.", field);
    public static Error CurrencyDiffers(string field) => Error.Invalid("sales.currency_differs", "All amounts are in the currency of the purchase.", field);
    public static Error AmountMissing(string field) => Error.Invalid("sales.amount_missing", "The amount is missing.", field);
    public static Error AmountMalformed(string field) => Error.Invalid("sales.amount_malformed", "Units and billionths of an amount have one sign, and the billionths are less than a unit.", field);
    public static Error AmountNegative(string field) => Error.Invalid("sales.amount_negative", "The amount is below zero.", field);
    public static Error AmountTooLarge(string field) => Error.Invalid("sales.amount_too_large", "The amount is above 10,000,000,000,000.", field);
    public static Error TooManyDecimals(string field, int decimals) => Error.Invalid("sales.too_many_decimals", $"The amount has more than {decimals} decimals.", field);
    public static Error BatchSize(string field, int max) => Error.Invalid("sales.batch_size", $"A batch has 1 to {max} items.", field);
    public static Error ItemMissing(string field) => Error.Invalid("request.malformed", $"The value of '{field}' has the wrong type or form.", field);
    public static Error QuantityInvalid(int line) => Error.Invalid("sales.quantity_invalid", "A quantity is above 0 and at most 1,000,000, with at most 3 decimals.", $"lines[{line}].quantity");
    public static Error DiscountExceedsAmount(int line) => Error.Invalid("sales.discount_exceeds_amount", "The discount is above quantity times unit price.", $"lines[{line}].discount");
    public static Error UnknownProduct(int line) => Error.Unprocessable("sales.unknown_product", "The catalogue has no product with this SKU.", $"lines[{line}].sku");
    public static Error UnknownCustomer(bool byId) => Error.Unprocessable("sales.unknown_customer", "There is no such customer.", byId ? "customerId" : "customerSourceId");

    public static Error UnknownLine(int line) => Error.Unprocessable("sales.unknown_line", "The purchase has no such line.", $"lines[{line}].line");
    public static Error LineRepeated(int line) => Error.Invalid("sales.line_repeated", "This line is in the return already.", $"lines[{line}].line");
    public static Error ReturnExceedsPurchase(int line, decimal left) => Error.Unprocessable("sales.return_exceeds_purchase", $"Of this line {left} can still be returned.", $"lines[{line}].quantity");
}
