using Crm.Customer.Domain;
using Crm.ServiceDefaults.Errors;
using Crm.ServiceDefaults.Postgres;
using Crm.ServiceDefaults.Security;

namespace Crm.Customer.Features.Records;

/// <summary>The people of several units who look after a customer or an account. PUT replaces the team.</summary>
internal static class RecordTeam
{
    private const int MaxMembers = 50;

    internal sealed record Request(IReadOnlyList<Member> Members);

    internal sealed record Member(string UserId, string UserName, string Unit, string Role);

    public static void Map(RouteGroupBuilder api)
    {
        foreach (var (type, table, plural) in new[] { ("customer", "customers", "customers"), ("account", "accounts", "accounts") })
        {
            api.MapGet($"/{plural}/{{id:guid}}/team", async (Guid id, UnitOfWork unitOfWork, CancellationToken cancellationToken) =>
                (await ListAsync(type, table, id, unitOfWork, cancellationToken)).ToOk())
                .WithName(type == "customer" ? "GetCustomerTeam" : "GetAccountTeam").AllowRoles(Roles.Staff);
            api.MapPut($"/{plural}/{{id:guid}}/team", async (Guid id, Request request, UnitOfWork unitOfWork, CancellationToken cancellationToken) =>
                (await ReplaceAsync(type, table, id, request, unitOfWork, cancellationToken)).ToOk())
                .WithName(type == "customer" ? "ReplaceCustomerTeam" : "ReplaceAccountTeam").AllowRoles(Roles.CustomerEditors);
        }
    }

    private static async Task<Result<Member[]>> ListAsync(string type, string table, Guid id, UnitOfWork unitOfWork, CancellationToken cancellationToken)
    {
        if (!await unitOfWork.QuerySingleOrDefaultAsync<bool>($"SELECT EXISTS (SELECT FROM {table} WHERE id = @id)", new { id }, cancellationToken))
        {
            return type == "customer" ? CustomerErrors.NotFound : CustomerErrors.AccountNotFound;
        }

        return (Member[])[.. await unitOfWork.QueryAsync<Member>(
            "SELECT user_id, user_name, unit, role FROM team_members WHERE record_type = @type AND record_id = @id ORDER BY unit, user_id", new { type, id }, cancellationToken)];
    }

    private static async Task<Result<Member[]>> ReplaceAsync(string type, string table, Guid id, Request request, UnitOfWork unitOfWork, CancellationToken cancellationToken)
    {
        var check = new InputCheck();
        if (request.Members.Count > MaxMembers) return CustomerErrors.TooManyFields("members", MaxMembers);
        var members = request.Members.Select((member, i) => new Member(
            check.Required(member.UserId, $"members[{i}].userId", 100), check.Required(member.UserName, $"members[{i}].userName", 200),
            check.Required(member.Unit, $"members[{i}].unit", 100), check.Required(member.Role, $"members[{i}].role", 50))).ToList();
        for (var i = 0; i < members.Count; i++)
        {
            if (members.FindIndex(member => member.UserId == members[i].UserId) < i) check.Fail(CustomerErrors.FieldRepeated($"members[{i}].userId"));
        }

        if (check.Error is { } error) return error;
        if (!(await ListAsync(type, table, id, unitOfWork, cancellationToken)).TryGet(out _, out error)) return error;
        await unitOfWork.ExecuteAsync(
            """
            SELECT pg_advisory_xact_lock(hashtextextended('team ' || @id, 0));
            DELETE FROM team_members WHERE record_type = @type AND record_id = @id;
            INSERT INTO team_members (record_type, record_id, user_id, user_name, unit, role)
            SELECT @type, @id, m.* FROM unnest(@users, @names, @units, @roles) m
            """,
            new
            {
                type, id,
                users = members.Select(member => member.UserId).ToArray(), names = members.Select(member => member.UserName).ToArray(),
                units = members.Select(member => member.Unit).ToArray(), roles = members.Select(member => member.Role).ToArray(),
            },
            cancellationToken);
        return await ListAsync(type, table, id, unitOfWork, cancellationToken);
    }
}
