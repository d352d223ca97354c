using Npgsql;
using NpgsqlTypes;

namespace Crm.Sales.Persistence;

/// <summary>Writes purchases and their lines by binary COPY.</summary>
internal static class PurchaseCopy
{
    private const string Purchases =
        "COPY purchases (id, source, source_id, content_hash, customer_id, purchased_at, currency, total, line_count, recorded_at, recorded_by) " +
        "FROM STDIN (FORMAT BINARY)";

    private const string Lines =
        "COPY purchase_lines (purchase_id, line, sku, product_name, category, quantity, unit_price, discount, tax, net, cost, lot) " +
        "FROM STDIN (FORMAT BINARY)";

    public static async Task WriteAsync(
        NpgsqlConnection connection, List<Candidate> purchases, Dictionary<string, CatalogueEntry> catalogue, DateTimeOffset now, string actor,
        CancellationToken cancellationToken)
    {
        await using (var copy = await connection.BeginBinaryImportAsync(Purchases, cancellationToken))
        {
            foreach (var purchase in purchases)
            {
                await copy.StartRowAsync(cancellationToken);
                await copy.WriteAsync(purchase.Id, NpgsqlDbType.Uuid, cancellationToken);
                await copy.WriteAsync(purchase.Source, NpgsqlDbType.Text, cancellationToken);
                await copy.WriteAsync(purchase.SourceId, NpgsqlDbType.Text, cancellationToken);
                await copy.WriteAsync(purchase.Hash, NpgsqlDbType.Bytea, cancellationToken);
                await copy.WriteAsync(purchase.CustomerId, NpgsqlDbType.Uuid, cancellationToken);
                await copy.WriteAsync(purchase.Purchase.PurchasedAt, NpgsqlDbType.TimestampTz, cancellationToken);
                await copy.WriteAsync(purchase.Purchase.Input.Currency, NpgsqlDbType.Char, cancellationToken);
                await copy.WriteAsync(purchase.Purchase.Total, NpgsqlDbType.Numeric, cancellationToken);
                await copy.WriteAsync(purchase.Purchase.Input.Lines.Count, NpgsqlDbType.Integer, cancellationToken);
                await copy.WriteAsync(now, NpgsqlDbType.TimestampTz, cancellationToken);
                await copy.WriteAsync(actor, NpgsqlDbType.Text, cancellationToken);
            }

            await copy.CompleteAsync(cancellationToken);
        }

        await using (var copy = await connection.BeginBinaryImportAsync(Lines, cancellationToken))
        {
            foreach (var purchase in purchases)
            {
                for (var i = 0; i < purchase.Purchase.Input.Lines.Count; i++) await WriteLineAsync(copy, purchase, i, catalogue, cancellationToken);
            }

            await copy.CompleteAsync(cancellationToken);
        }
    }

    private static async Task WriteLineAsync(
        NpgsqlBinaryImporter copy, Candidate purchase, int index, Dictionary<string, CatalogueEntry> catalogue, CancellationToken cancellationToken)
    {
        var line = purchase.Purchase.Input.Lines[index];
        var product = catalogue[line.Sku];
        await copy.StartRowAsync(cancellationToken);
        await copy.WriteAsync(purchase.Id, NpgsqlDbType.Uuid, cancellationToken);
        await copy.WriteAsync(index + 1, NpgsqlDbType.Integer, cancellationToken);
        await copy.WriteAsync(line.Sku, NpgsqlDbType.Text, cancellationToken);
        await copy.WriteAsync(product.Name, NpgsqlDbType.Text, cancellationToken);
        await copy.WriteAsync(product.Category, NpgsqlDbType.Text, cancellationToken);
        await copy.WriteAsync(line.Quantity, NpgsqlDbType.Numeric, cancellationToken);
        await copy.WriteAsync(line.UnitPrice, NpgsqlDbType.Numeric, cancellationToken);
        await copy.WriteAsync(line.Discount, NpgsqlDbType.Numeric, cancellationToken);
        await copy.WriteAsync(line.Tax, NpgsqlDbType.Numeric, cancellationToken);
        await copy.WriteAsync(purchase.Purchase.Nets[index], NpgsqlDbType.Numeric, cancellationToken);
        if (purchase.CostOf(index, product) is { } cost) await copy.WriteAsync(cost, NpgsqlDbType.Numeric, cancellationToken);
        else await copy.WriteNullAsync(cancellationToken);
        if (line.Lot is not null) await copy.WriteAsync(line.Lot, NpgsqlDbType.Text, cancellationToken);
        else await copy.WriteNullAsync(cancellationToken);
    }
}
