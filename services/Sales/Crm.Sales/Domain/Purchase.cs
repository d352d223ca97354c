using System.Buffers.Binary;
using System.Security.Cryptography;
using System.Text;
using Crm.ServiceDefaults.Errors;

namespace Crm.Sales.Domain;

/// <summary>A reported purchase that is sound in itself; whether its customer and products exist is looked up afterwards.</summary>
internal sealed class Purchase
{
    public const int MaxLines = 500;
    public const int HashLength = 16;
    private const int MaxSourceId = 100;
    private const int MaxSku = 64;
    private const int MaxLot = 50;
    private static readonly DateTimeOffset Earliest = new(1900, 1, 1, 0, 0, 0, TimeSpan.Zero);

    /// <summary>How far ahead a till's clock may be.</summary>
    private static readonly TimeSpan Ahead = TimeSpan.FromMinutes(5);

    private Purchase(PurchaseInput input, DateTimeOffset purchasedAt, decimal[] nets)
    {
        Input = input;
        PurchasedAt = purchasedAt;
        Nets = nets;
        foreach (var net in nets) Total += net;
    }

    public PurchaseInput Input { get; }

    /// <summary>UTC, in the microseconds that PostgreSQL keeps.</summary>
    public DateTimeOffset PurchasedAt { get; }

    /// <summary>Of each line: quantity times unit price, less discount, before tax.</summary>
    public IReadOnlyList<decimal> Nets { get; }

    public decimal Total { get; }

    public static Result<Purchase> Check(PurchaseInput input, DateTimeOffset now)
    {
        if (!PlainText.IsSource(input.Source)) return SalesErrors.SourceInvalid;
        if (!PlainText.IsClean(input.SourceId, MaxSourceId)) return SalesErrors.SourceIdInvalid;
        if (CustomerRefusal(input) is { } customer) return customer;
        if (!IsPlausible(input.PurchasedAt, Earliest, now)) return SalesErrors.PurchasedAtInvalid;
        if (!Currencies.IsKnown(input.Currency)) return SalesErrors.CurrencyUnknown("currency");
        if (input.Lines.Count is 0 or > MaxLines) return SalesErrors.LineCount;

        var decimals = Currencies.DecimalsOf(input.Currency);
        var nets = new decimal[input.Lines.Count];
        var total = 0m;
        for (var i = 0; i < nets.Length; i++)
        {
            if (LineRefusal(input.Lines[i], i, decimals, out nets[i]) is { } line) return line;
            total += nets[i];
        }

        return total > Amounts.Max ? SalesErrors.AmountTooLarge("lines") : new Purchase(input, Microseconds(input.PurchasedAt), nets);
    }

    public static bool IsPlausible(DateTimeOffset instant, DateTimeOffset earliest, DateTimeOffset now) => instant >= earliest && instant <= now + Ahead;

    public static DateTimeOffset Microseconds(DateTimeOffset instant) => new(instant.UtcTicks - (instant.UtcTicks % TimeSpan.TicksPerMicrosecond), TimeSpan.Zero);

    /// <summary>
    /// Fingerprint of everything that was reported except the key. Equal for equal content however it was written: 1.50 and 1.5,
    /// +07:00 and Z, the customer by id or by key.
    /// </summary>
    public byte[] ContentHash(Guid customerId)
    {
        using var hash = new Canonical(Input.Lines.Count);
        hash.Add(customerId);
        hash.Add(PurchasedAt.UtcTicks);
        hash.Add(Input.Currency);
        foreach (var line in Input.Lines)
        {
            hash.Add(line.Sku);
            hash.Add(line.Quantity);
            hash.Add(line.UnitPrice);
            hash.Add(line.Discount);
            hash.Add(line.Tax);
            hash.Add(line.Cost ?? -1);
            hash.Add(line.Lot ?? "");
        }

        return hash.ToArray();
    }

    private static Error? CustomerRefusal(PurchaseInput input)
    {
        var byKey = input.CustomerSource is not null || input.CustomerSourceId is not null;
        if (input.CustomerId is not null) return byKey ? SalesErrors.CustomerAmbiguous : null;
        if (!byKey) return SalesErrors.CustomerRequired;
        if (!PlainText.IsSource(input.CustomerSource)) return SalesErrors.SourceInvalid with { Field = "customerSource" };
        return PlainText.IsClean(input.CustomerSourceId, MaxSourceId) ? null : SalesErrors.SourceIdInvalid with { Field = "customerSourceId" };
    }

    private static Error? LineRefusal(PurchaseLineInput? line, int index, int decimals, out decimal net)
    {
        net = 0;
        if (line is null) return SalesErrors.ItemMissing($"lines[{index}]");
        if (!PlainText.IsClean(line.Sku, MaxSku)) return SalesErrors.UnknownProduct(index);
        if (!Amounts.IsQuantity(line.Quantity)) return SalesErrors.QuantityInvalid(index);
        if (AmountRefusal(line.UnitPrice, "unitPrice") is { } unitPrice) return unitPrice;
        if (AmountRefusal(line.Discount, "discount") is { } discount) return discount;
        if (AmountRefusal(line.Tax, "tax") is { } tax) return tax;
        if (line.Cost is { } amount && AmountRefusal(amount, "cost") is { } cost) return cost;
        if (line.Lot is not null && !PlainText.IsClean(line.Lot, MaxLot)) return SalesErrors.TextInvalid($"lines[{index}].lot", MaxLot);

        var gross = Amounts.Round(line.Quantity * line.UnitPrice, decimals);
        if (gross > Amounts.Max) return SalesErrors.AmountTooLarge($"lines[{index}].unitPrice");
        if (line.Discount > gross) return SalesErrors.DiscountExceedsAmount(index);
        net = gross - line.Discount;
        return null;

        // The path is put together only for a refusal: a million sound lines need none.
        Error? AmountRefusal(decimal value, string name) => Amounts.Refusal(value, decimals, name) is { } error ? error with { Field = $"lines[{index}].{name}" } : null;
    }

    /// <summary>Length-prefixed fields into SHA-256, so that no two contents have the same bytes.</summary>
    private sealed class Canonical(int lines) : IDisposable
    {
        private readonly MemoryStream _bytes = new(64 + (lines * 96));

        public void Add(Guid value)
        {
            Span<byte> bytes = stackalloc byte[16];
            value.TryWriteBytes(bytes, bigEndian: true, out _);
            _bytes.Write(bytes);
        }

        public void Add(long value)
        {
            Span<byte> bytes = stackalloc byte[8];
            BinaryPrimitives.WriteInt64BigEndian(bytes, value);
            _bytes.Write(bytes);
        }

        /// <summary>Ten-thousandths: every quantity and amount is a whole number of them.</summary>
        public void Add(decimal value) => Add((long)(value * 10_000m));

        public void Add(string value)
        {
            Span<byte> bytes = stackalloc byte[Encoding.UTF8.GetMaxByteCount(value.Length)];
            var length = Encoding.UTF8.GetBytes(value, bytes);
            Add(length);
            _bytes.Write(bytes[..length]);
        }

        public byte[] ToArray() => SHA256.HashData(_bytes.GetBuffer().AsSpan(0, (int)_bytes.Length))[..HashLength];

        public void Dispose() => _bytes.Dispose();
    }
}
