using Crm.Customer.Domain;
using Crm.ServiceDefaults.Errors;
using Crm.ServiceDefaults.Hosting;
using Crm.ServiceDefaults.Postgres;
using Crm.ServiceDefaults.Security;

namespace Crm.Customer.Features.Accounts;

internal static class RegisterAccount
{
    public static void Map(RouteGroupBuilder api) => api
        .MapPost("/accounts", async (AccountRequest request, UnitOfWork unitOfWork, Ids ids, TimeProvider time, CancellationToken cancellationToken) =>
            (await HandleAsync(request, unitOfWork, ids, time, cancellationToken)).ToCreated(account => $"/api/customer/v1/accounts/{account.Id}"))
        .WithName("RegisterAccount")
        .AllowRoles(Roles.CustomerEditors);

    private static async Task<Result<AccountResponse>> HandleAsync(AccountRequest request, UnitOfWork unitOfWork, Ids ids, TimeProvider time, CancellationToken cancellationToken)
    {
        var id = ids.Next();
        if (!(await AccountRecord.CheckAsync(id, 1, request, unitOfWork, time, cancellationToken)).TryGet(out var account, out var error)) return error;
        await unitOfWork.ExecuteAsync(
            """
            INSERT INTO accounts (id, number, kind, display_name, parent_id, email, phone, website, industry, street, city, province, postal_code, country,
                                  tags, custom_fields, owner_id, owner_name, owner_unit, is_internal, registered_at, changed_at)
            VALUES (@id, next_account_number(), @kind, @DisplayName, @ParentId, @Email, @Phone, @website, @industry, @Street, @City,
                    @Province, @PostalCode, @Country, @Tags, @CustomFieldsJson::jsonb, @ownerId, @ownerName, @ownerUnit, @IsInternal, @now, @now)
            """,
            account,
            cancellationToken);
        return (await AccountRecord.FindAsync(id, unitOfWork, cancellationToken))!.ToResponse();
    }
}
