using Crm.ServiceDefaults.Errors;
using Crm.ServiceDefaults.Hosting;
using Crm.ServiceDefaults.Postgres;
using Crm.ServiceDefaults.Security;

namespace Crm.Operations.DeadLetters;

/// <summary>Gives up dead letters that can never be right, with the reason. That they were is kept for 30 days more.</summary>
internal static class DiscardDeadLetters
{
    private const int Most = 200;

    public sealed record Request(IReadOnlyList<Guid> Ids, string Reason);

    /// <param name="NotWaiting">Decided about before, or unknown.</param>
    public sealed record Response(int Discarded, int NotWaiting);

    public static void Map(RouteGroupBuilder api) => api
        .MapPost("/operations/dead-letters/discard", async (
            Request request, UnitOfWork unitOfWork, ActorAccessor actor, Ids ids, TimeProvider time, CancellationToken cancellationToken) =>
            (await Handle(request, unitOfWork, actor, ids, time, cancellationToken)).ToOk())
        .WithName("DiscardDeadLetters").WithSummary("Gives them up, with the reason")
        .AllowRoles(Roles.Ops);

    private static async Task<Result<Response>> Handle(
        Request request, UnitOfWork unitOfWork, ActorAccessor actor, Ids ids, TimeProvider time, CancellationToken cancellationToken)
    {
        if (request.Ids.Count is 0 or > Most) return DeadLetterErrors.NoneGiven;
        if (request.Reason.Trim().Length is < 3 or > 500) return DeadLetterErrors.ReasonMissing;
        var waiting = await unitOfWork.QueryAsync<Guid>(
            "SELECT id FROM dead_letters WHERE id = ANY(@ids) AND state = 'waiting' ORDER BY id FOR UPDATE", new { ids = request.Ids.ToArray() }, cancellationToken);
        if (waiting.Count > 0) await ReplayDeadLetters.DecideAsync(waiting, "discarded", request.Reason.Trim(), unitOfWork, actor, ids, time.GetUtcNow(), cancellationToken);
        return new Response(waiting.Count, request.Ids.Distinct().Count() - waiting.Count);
    }
}
