using Crm.ServiceDefaults.Postgres;
using Crm.ServiceDefaults.Security;

namespace Crm.Customer.Persistence;

/// <summary>Tells the database who makes the changes of this transaction and which system told them; the history of the record keeps both.</summary>
internal static class ChangeOrigin
{
    public const string Form = "form";

    public static Task SetAsync(this UnitOfWork unitOfWork, Actor? actor, string source, CancellationToken cancellationToken) =>
        unitOfWork.SetAsync(actor?.Subject ?? Actor.System.Subject, source, cancellationToken);

    /// <param name="by">Subject of a person or machine client, or <c>import:JOB</c>.</param>
    public static Task SetAsync(this UnitOfWork unitOfWork, string by, string source, CancellationToken cancellationToken) => unitOfWork.ExecuteAsync(
        "SELECT set_config('crm.changed_by', @by, true), set_config('crm.change_source', @source, true)", new { by, source }, cancellationToken);
}
