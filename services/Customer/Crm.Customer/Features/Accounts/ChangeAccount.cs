using Crm.Customer.Domain;
using Crm.ServiceDefaults.Errors;
using Crm.ServiceDefaults.Paging;
using Crm.ServiceDefaults.Postgres;
using Crm.ServiceDefaults.Security;

namespace Crm.Customer.Features.Accounts;

/// <summary>Replaces what is said about an account, its place in the hierarchy included.</summary>
internal static class ChangeAccount
{
    public static void Map(RouteGroupBuilder api) => api
        .MapPut("/accounts/{id:guid}", async (Guid id, AccountRequest request, IfMatch ifMatch, UnitOfWork unitOfWork, TimeProvider time, CancellationToken cancellationToken) =>
            (await HandleAsync(id, request, ifMatch.Version, unitOfWork, time, cancellationToken)).ToOk())
        .WithName("ChangeAccount")
        .AllowRoles(Roles.CustomerEditors);

    private static async Task<Result<AccountResponse>> HandleAsync(
        Guid id, AccountRequest request, long version, UnitOfWork unitOfWork, TimeProvider time, CancellationToken cancellationToken)
    {
        if (await AccountRecord.FindAsync(id, unitOfWork, cancellationToken) is null) return CustomerErrors.AccountNotFound;
        if (!(await AccountRecord.CheckAsync(id, version, request, unitOfWork, time, cancellationToken)).TryGet(out var account, out var error)) return error;
        var updated = await unitOfWork.ExecuteAsync(
            """
            UPDATE accounts SET version = version + 1, kind = @kind, display_name = @DisplayName, parent_id = @ParentId, email = @Email, phone = @Phone,
                website = @website, industry = @industry, street = @Street, city = @City, province = @Province, postal_code = @PostalCode, country = @Country,
                tags = @Tags, custom_fields = @CustomFieldsJson::jsonb, owner_id = @ownerId, owner_name = @ownerName, owner_unit = @ownerUnit,
                is_internal = @IsInternal, changed_at = @now
            WHERE id = @id AND version = @version
            """,
            account,
            cancellationToken);
        if (updated == 0) return CustomerErrors.AccountStale;
        return (await AccountRecord.FindAsync(id, unitOfWork, cancellationToken))!.ToResponse();
    }
}
