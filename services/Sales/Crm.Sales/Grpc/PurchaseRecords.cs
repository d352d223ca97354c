using Crm.Sales.Contracts.V1;
using Crm.Sales.Domain;
using Crm.ServiceDefaults.Errors;
using Google.Protobuf.WellKnownTypes;

namespace Crm.Sales.Grpc;

/// <summary>Reads a purchase off the wire; whether it is sound is for <see cref="Purchase.Check"/> to say.</summary>
internal static class PurchaseRecords
{
    private const long Day = 24 * 60 * 60;
    private static readonly long LastSecond = DateTimeOffset.MaxValue.ToUnixTimeSeconds() - Day;
    private static readonly long FirstSecond = DateTimeOffset.MinValue.ToUnixTimeSeconds() + Day;

    public static Result<Purchase> Check(PurchaseRecord record, DateTimeOffset now)
    {
        Guid? customerId = null;
        if (record.CustomerId.Length > 0)
        {
            if (!Guid.TryParse(record.CustomerId, out var id)) return SalesErrors.CustomerIdInvalid;
            customerId = id;
        }

        if (!IsInstant(record.PurchasedAt)) return SalesErrors.PurchasedAtInvalid;
        var amounts = new AmountReader(record.Currency);
        var lines = new PurchaseLineInput[record.Lines.Count];
        for (var i = 0; i < lines.Length; i++)
        {
            var line = record.Lines[i];
            lines[i] = new PurchaseLineInput(
                line.Sku,
                line.QuantityMilli / 1000m,
                amounts.Required(line.UnitPrice, i, "unitPrice"),
                amounts.Optional(line.Discount, i, "discount") ?? 0,
                amounts.Optional(line.Tax, i, "tax") ?? 0,
                amounts.Optional(line.Cost, i, "cost"),
                NullIfEmpty(line.Lot));
            if (amounts.Error is { } error) return error;
        }

        return Purchase.Check(
            new PurchaseInput(
                record.Source, record.SourceId, record.PurchasedAt.ToDateTimeOffset(), record.Currency, lines,
                customerId, NullIfEmpty(record.CustomerSource), NullIfEmpty(record.CustomerSourceId)),
            now);
    }

    private static bool IsInstant(Timestamp? timestamp) =>
        timestamp is { Nanos: >= 0 and < 1_000_000_000 } && timestamp.Seconds > FirstSecond && timestamp.Seconds < LastSecond;

    private static string? NullIfEmpty(string text) => text.Length == 0 ? null : text;

    /// <summary>Keeps the first thing that is wrong, so that the lines above read straight on.</summary>
    private sealed class AmountReader(string currency)
    {
        public Error? Error { get; private set; }

        public decimal Required(Money? money, int line, string name)
        {
            if (money is null) Error ??= SalesErrors.AmountMissing($"lines[{line}].{name}");
            return Optional(money, line, name) ?? 0;
        }

        public decimal? Optional(Money? money, int line, string name)
        {
            if (money is null) return null;
            if (money.Currency.Length > 0 && money.Currency != currency) Error ??= SalesErrors.CurrencyDiffers($"lines[{line}].{name}");
            if (!MoneyAmounts.TryRead(money, out var amount)) Error ??= SalesErrors.AmountMalformed($"lines[{line}].{name}");
            return amount;
        }
    }
}
