using System.Globalization;
using System.Text;
using Crm.Campaign.Delivery;
using Crm.Campaign.Domain.Calls;
using Crm.Campaign.Features.Files;
using Crm.ServiceDefaults.Errors;
using Crm.ServiceDefaults.Hosting;
using Crm.ServiceDefaults.Postgres;
using Crm.ServiceDefaults.Security;

namespace Crm.Campaign.Features.CallLists;

/// <summary>The whole list as CSV, read and written page by page. Who takes it is recorded before the first byte leaves.</summary>
internal static class ExportCalls
{
    private const int PageSize = 1_000;

    private static readonly string[] Columns =
        ["id", "customerId", "displayName", "phone", "language", "timeZone", "state", "callBack", "dueAt", "attempts", "agent", "outcome", "note", "completedAt"];

    public static void Map(RouteGroupBuilder api) =>
        api.MapGet("/call-lists/{id:guid}/calls.csv", HandleAsync)
            .WithName("ExportCalls").WithSummary("The list as CSV; recorded").Produces<string>(200, "text/csv").AllowRoles([.. Roles.Marketing, Roles.ServiceSupervisor, Roles.SalesManager]);

    private static async Task<IResult> HandleAsync(
        Guid id, UnitOfWork unitOfWork, Ids ids, TimeProvider time, ActorAccessor actor, CancellationToken cancellationToken)
    {
        if (await CallList.FindAsync(id, unitOfWork, cancellationToken) is null) return CallErrors.ListNotFound.ToProblem();
        await FileDownload.RecordAsync("calls", id, "calls.csv", actor.Required, unitOfWork, ids, time, cancellationToken);
        await unitOfWork.CommitAsync(cancellationToken);
        return TypedResults.Stream(output => WriteAsync(id, output, unitOfWork, cancellationToken), "text/csv; charset=utf-8", $"calls-{id}.csv");
    }

    private static async Task WriteAsync(Guid id, Stream output, UnitOfWork unitOfWork, CancellationToken cancellationToken)
    {
        await using var writer = new StreamWriter(output, new UTF8Encoding(encoderShouldEmitUTF8Identifier: true), leaveOpen: true);
        await writer.WriteAsync(Csv.Line(Columns));
        Guid? after = null;
        while (true)
        {
            var rows = await unitOfWork.QueryAsync<ListedCall>(
                $"{ListedCall.Select} WHERE t.campaign_id = @id AND (@after::uuid IS NULL OR t.id > @after) ORDER BY t.id LIMIT @PageSize", new { id, after, PageSize }, cancellationToken);
            foreach (var call in rows) await writer.WriteAsync(Csv.Line(Fields(call)));
            if (rows.Count < PageSize) return;
            after = rows[^1].Id;
        }
    }

    private static string?[] Fields(ListedCall call) =>
    [
        call.Id.ToString(), call.CustomerId.ToString(), call.DisplayName, call.Phone, call.Language, call.TimeZone, call.State, call.CallBack ? "true" : "false", Text(call.DueAt),
        call.Attempts.ToString(CultureInfo.InvariantCulture), call.AgentName, call.Outcome, call.Note, call.CompletedAt is { } at ? Text(at) : null,
    ];

    private static string Text(DateTimeOffset instant) => instant.UtcDateTime.ToString("yyyy-MM-dd'T'HH:mm:ss'Z'", CultureInfo.InvariantCulture);
}
