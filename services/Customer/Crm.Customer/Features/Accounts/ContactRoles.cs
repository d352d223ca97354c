using Crm.Customer.Domain;
using Crm.Customer.Persistence;
using Crm.ServiceDefaults.Errors;
using Crm.ServiceDefaults.Hosting;
using Crm.ServiceDefaults.Paging;
using Crm.ServiceDefaults.Postgres;
using Crm.ServiceDefaults.Security;

namespace Crm.Customer.Features.Accounts;

/// <summary>Who plays which role at which account: a person may have several at several. A role that ends stays, as inactive.</summary>
internal static class ContactRoles
{
    internal sealed record Request(Guid CustomerId, string Role, bool IsPrimary = false, DateOnly? Since = null);

    internal sealed class Response
    {
        public Guid Id { get; init; }
        public Guid AccountId { get; init; }
        public string AccountName { get; init; } = "";
        public Guid CustomerId { get; init; }
        public string CustomerName { get; init; } = "";
        public string Role { get; init; } = "";
        public bool IsPrimary { get; init; }
        public DateOnly? Since { get; init; }
        public DateOnly? EndedOn { get; init; }
    }

    private sealed record Position(Guid Id);

    public static void Map(RouteGroupBuilder api)
    {
        api.MapGet("/accounts/{id:guid}/contacts", async (Guid id, PageRequest page, UnitOfWork unitOfWork, CancellationToken cancellationToken) =>
            TypedResults.Ok(await ListAsync("r.account_id = @id", id, page, unitOfWork, cancellationToken)))
            .WithName("ListAccountContacts").AllowRoles(Roles.Staff);
        api.MapGet("/customers/{id:guid}/accounts", async (Guid id, PageRequest page, UnitOfWork unitOfWork, CancellationToken cancellationToken) =>
            TypedResults.Ok(await ListAsync("r.customer_id = @id", id, page, unitOfWork, cancellationToken)))
            .WithName("ListCustomerAccounts").AllowRoles(Roles.Staff);
        api.MapPost("/accounts/{id:guid}/contacts", async (
                Guid id, Request request, CustomerStore store, Timeline timeline, UnitOfWork unitOfWork, Ids ids, TimeProvider time, CancellationToken cancellationToken) =>
            (await AddAsync(id, request, store, timeline, unitOfWork, ids, time, cancellationToken)).ToCreated(_ => $"/api/customer/v1/accounts/{id}/contacts"))
            .WithName("AddAccountContact").AllowRoles(Roles.CustomerEditors);
        api.MapDelete("/accounts/{id:guid}/contacts/{roleId:guid}", async (Guid id, Guid roleId, UnitOfWork unitOfWork, TimeProvider time, CancellationToken cancellationToken) =>
            (await EndAsync(id, roleId, unitOfWork, time, cancellationToken)).ToNoContent())
            .WithName("EndAccountContact").AllowRoles(Roles.CustomerEditors);
    }

    private static async Task<Page<Response>> ListAsync(string where, Guid id, PageRequest page, UnitOfWork unitOfWork, CancellationToken cancellationToken)
    {
        var rows = await unitOfWork.QueryAsync<Response>(
            $"{Select} WHERE {where} AND (@after::uuid IS NULL OR r.id < @after) ORDER BY r.id DESC LIMIT @limit",
            new { id, after = page.After<Position>()?.Id, limit = page.Limit + 1 },
            cancellationToken);
        return Page<Response>.From(rows, page.Limit, row => new Position(row.Id));
    }

    private const string Select =
        """
        SELECT r.id, r.account_id, a.display_name AS account_name, r.customer_id, c.display_name AS customer_name, r.role, r.is_primary, r.since, r.ended_on
        FROM contact_roles r JOIN accounts a ON a.id = r.account_id JOIN customers c ON c.id = r.customer_id
        """;

    private static async Task<Result<Response>> AddAsync(
        Guid accountId, Request request, CustomerStore store, Timeline timeline, UnitOfWork unitOfWork, Ids ids, TimeProvider time, CancellationToken cancellationToken)
    {
        var check = new InputCheck();
        var role = check.Required(request.Role, "role", 100);
        if (check.Error is { } error) return error;
        var account = await unitOfWork.QuerySingleOrDefaultAsync<string>("SELECT display_name FROM accounts WHERE id = @accountId FOR NO KEY UPDATE", new { accountId }, cancellationToken);
        if (account is null) return CustomerErrors.AccountNotFound;
        if (!await store.ExistsAsync(request.CustomerId, cancellationToken)) return CustomerErrors.ContactUnknown;
        var id = ids.Next();
        if (request.IsPrimary) await unitOfWork.ExecuteAsync("UPDATE contact_roles SET is_primary = false WHERE account_id = @accountId AND is_primary", new { accountId }, cancellationToken);
        var added = await unitOfWork.ExecuteAsync(
            """
            INSERT INTO contact_roles (id, account_id, customer_id, role, is_primary, since, created_at)
            VALUES (@id, @accountId, @CustomerId, @role, @IsPrimary, @Since, @now) ON CONFLICT (account_id, customer_id, role) WHERE ended_on IS NULL DO NOTHING
            """,
            new { id, accountId, request.CustomerId, role, request.IsPrimary, request.Since, now = time.GetUtcNow() },
            cancellationToken);
        if (added == 0) return CustomerErrors.ContactRoleTaken;
        await timeline.AppendAsync(
            [TimelineEntry.Of(request.CustomerId, time.GetUtcNow(), "contact.role_added", id.ToString(), "customer", $"account:{accountId}", ("account", account), ("role", role))], cancellationToken);
        return (await unitOfWork.QuerySingleOrDefaultAsync<Response>(Select + " WHERE r.id = @id", new { id }, cancellationToken))!;
    }

    private static async Task<Result<Done>> EndAsync(Guid accountId, Guid roleId, UnitOfWork unitOfWork, TimeProvider time, CancellationToken cancellationToken) =>
        await unitOfWork.ExecuteAsync(
            "UPDATE contact_roles SET ended_on = @today, is_primary = false WHERE id = @roleId AND account_id = @accountId AND ended_on IS NULL",
            new { accountId, roleId, today = DateOnly.FromDateTime(time.GetUtcNow().UtcDateTime) },
            cancellationToken) == 1
            ? new Done()
            : CustomerErrors.ContactRoleNotFound;
}
