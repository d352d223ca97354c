using Crm.Customer.Domain;
using Crm.Customer.Persistence;
using Crm.ServiceDefaults.Errors;
using Crm.ServiceDefaults.Hosting;
using Crm.ServiceDefaults.Paging;
using Crm.ServiceDefaults.Postgres;
using Crm.ServiceDefaults.Security;

namespace Crm.Customer.Features.Records;

/// <summary>Products that a customer owns, with serial number or lot and warranty, so that nobody has to ask again.</summary>
internal static class Assets
{
    private static readonly IReadOnlyList<string> Statuses = ["owned", "returned", "disposed"];

    internal sealed record Request(
        string ProductCode, string ProductName, string? SerialNumber = null, string? Lot = null, DateOnly? PurchasedOn = null, DateOnly? WarrantyUntil = null, string Status = "owned");

    internal sealed class Response : IVersioned
    {
        public Guid Id { get; init; }
        public Guid CustomerId { get; init; }
        public long Version { get; init; }
        public string ProductCode { get; init; } = "";
        public string ProductName { get; init; } = "";
        public string? SerialNumber { get; init; }
        public string? Lot { get; init; }
        public DateOnly? PurchasedOn { get; init; }
        public DateOnly? WarrantyUntil { get; init; }
        public string Status { get; init; } = "";
    }

    private sealed record Position(Guid Id);

    public static void Map(RouteGroupBuilder api)
    {
        api.MapGet("/customers/{id:guid}/assets", async (Guid id, PageRequest page, CustomerStore store, UnitOfWork unitOfWork, CancellationToken cancellationToken) =>
            (await ListAsync(id, page, store, unitOfWork, cancellationToken)).ToOk())
            .WithName("ListAssets").AllowRoles(Roles.Staff);
        api.MapPost("/customers/{id:guid}/assets", async (
                Guid id, Request request, CustomerStore store, Timeline timeline, UnitOfWork unitOfWork, Ids ids, TimeProvider time, CancellationToken cancellationToken) =>
            (await AddAsync(id, request, store, timeline, unitOfWork, ids, time, cancellationToken)).ToCreated(asset => $"/api/customer/v1/customers/{id}/assets/{asset.Id}"))
            .WithName("AddAsset").AllowRoles(Roles.CustomerEditors);
        api.MapPut("/customers/{id:guid}/assets/{assetId:guid}", async (
                Guid id, Guid assetId, Request request, IfMatch ifMatch, UnitOfWork unitOfWork, TimeProvider time, CancellationToken cancellationToken) =>
            (await ChangeAsync(id, assetId, request, ifMatch.Version, unitOfWork, time, cancellationToken)).ToOk())
            .WithName("ChangeAsset").AllowRoles(Roles.CustomerEditors);
    }

    private const string Columns = "id, customer_id, version, product_code, product_name, serial_number, lot, purchased_on, warranty_until, status";

    private static async Task<Result<Page<Response>>> ListAsync(Guid id, PageRequest page, CustomerStore store, UnitOfWork unitOfWork, CancellationToken cancellationToken)
    {
        if (!await store.ExistsAsync(id, cancellationToken)) return CustomerErrors.NotFound;
        var rows = await unitOfWork.QueryAsync<Response>(
            $"SELECT {Columns} FROM assets WHERE customer_id = @id AND (@after::uuid IS NULL OR id < @after) ORDER BY id DESC LIMIT @limit",
            new { id, after = page.After<Position>()?.Id, limit = page.Limit + 1 },
            cancellationToken);
        return Page<Response>.From(rows, page.Limit, row => new Position(row.Id));
    }

    private static async Task<Result<Response>> AddAsync(
        Guid id, Request request, CustomerStore store, Timeline timeline, UnitOfWork unitOfWork, Ids ids, TimeProvider time, CancellationToken cancellationToken)
    {
        if (!Checked(request).TryGet(out var asset, out var error)) return error;
        if (!await store.ExistsAsync(id, cancellationToken)) return CustomerErrors.NotFound;
        var assetId = ids.Next();
        var added = await unitOfWork.QueryAsync<Response>(
            $"""
            INSERT INTO assets (id, customer_id, product_code, product_name, serial_number, lot, purchased_on, warranty_until, status, created_at, changed_at)
            VALUES (@assetId, @id, @ProductCode, @ProductName, @SerialNumber, @Lot, @PurchasedOn, @WarrantyUntil, @Status, @now, @now)
            ON CONFLICT (product_code, serial_number) WHERE serial_number IS NOT NULL AND status <> 'disposed' DO NOTHING RETURNING {Columns}
            """,
            Arguments(asset, id, assetId, 0, time),
            cancellationToken);
        if (added.Count == 0) return CustomerErrors.SerialNumberTaken;
        await timeline.AppendAsync(
            [TimelineEntry.Of(id, time.GetUtcNow(), "asset.added", assetId.ToString(), "customer", $"asset:{assetId}", ("product", asset.ProductName), ("lot", asset.Lot))], cancellationToken);
        return added[0];
    }

    private static async Task<Result<Response>> ChangeAsync(
        Guid id, Guid assetId, Request request, long version, UnitOfWork unitOfWork, TimeProvider time, CancellationToken cancellationToken)
    {
        if (!Checked(request).TryGet(out var asset, out var error)) return error;
        if (!await unitOfWork.QuerySingleOrDefaultAsync<bool>("SELECT EXISTS (SELECT FROM assets WHERE id = @assetId AND customer_id = @id)", new { id, assetId }, cancellationToken)) return CustomerErrors.AssetNotFound;
        if (asset.SerialNumber is not null && await unitOfWork.QuerySingleOrDefaultAsync<bool>(
            "SELECT EXISTS (SELECT FROM assets WHERE product_code = @ProductCode AND serial_number = @SerialNumber AND status <> 'disposed' AND id <> @assetId)",
            new { asset.ProductCode, asset.SerialNumber, assetId }, cancellationToken)) return CustomerErrors.SerialNumberTaken;
        var changed = await unitOfWork.QueryAsync<Response>(
            $"""
            UPDATE assets SET version = version + 1, product_code = @ProductCode, product_name = @ProductName, serial_number = @SerialNumber, lot = @Lot,
                purchased_on = @PurchasedOn, warranty_until = @WarrantyUntil, status = @Status, changed_at = @now
            WHERE id = @assetId AND customer_id = @id AND version = @version RETURNING {Columns}
            """,
            Arguments(asset, id, assetId, version, time),
            cancellationToken);
        return changed.Count == 0 ? CustomerErrors.RecordStale : changed[0];
    }

    private static Result<Request> Checked(Request request)
    {
        var check = new InputCheck();
        var clean = new Request(
            check.Required(request.ProductCode, "productCode", 100), check.Required(request.ProductName, "productName", 200), check.Text(request.SerialNumber, "serialNumber", 100),
            check.Text(request.Lot, "lot", 100), request.PurchasedOn, request.WarrantyUntil, check.OneOf(request.Status, "status", Statuses));
        if (request.WarrantyUntil < request.PurchasedOn) check.Fail(CustomerErrors.DatesCrossed("warrantyUntil"));
        return check.Error is { } error ? error : clean;
    }

    private static object Arguments(Request asset, Guid id, Guid assetId, long version, TimeProvider time) => new
    {
        assetId, id, version, asset.ProductCode, asset.ProductName, asset.SerialNumber, asset.Lot, asset.PurchasedOn, asset.WarrantyUntil, asset.Status, now = time.GetUtcNow(),
    };
}
