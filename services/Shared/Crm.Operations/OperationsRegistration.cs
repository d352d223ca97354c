using Crm.Operations.DeadLetters;
using Crm.ServiceDefaults.Idempotency;
using MassTransit;

namespace Crm.Operations;

/// <summary>What a service tells the operations desk beyond what all have.</summary>
/// <param name="Service">As in its routes.</param>
/// <param name="Jobs">
/// Query of its long work, with the columns id, kind, state (<c>queued</c>, <c>running</c>, <c>succeeded</c>, <c>failed</c>), done, total,
/// started_by, created_at, finished_at, error; null: it has none.
/// </param>
/// <param name="OtherQueues">Queues that it fills and others empty.</param>
public sealed record OperationsOptions(string Service, string? Jobs, IReadOnlyList<string> OtherQueues);

public static class OperationsRegistration
{
    /// <summary>The service's part of the operations desk: queues, outbox, dead letters, jobs.</summary>
    public static void AddOperations(this WebApplicationBuilder builder, string service, string? jobs = null, params IReadOnlyList<string> otherQueues)
    {
        builder.AddDeadLetters();
        builder.Services.AddSingleton(new OperationsOptions(service, jobs, otherQueues));
        builder.Services.AddSingleton<Broker>();
    }

    /// <summary>A message that cannot be handled is kept in the process's database, not in the broker: it can be searched there, and decided about with a record of it.</summary>
    public static void AddDeadLetters(this WebApplicationBuilder builder) =>
        builder.Services.AddSingleton<IFilter<ExceptionReceiveContext>, DeadLetterFilter>();

    /// <summary>The routes of <c>/api/SERVICE/v1/operations</c>, for the role <c>ops</c>.</summary>
    public static void MapOperations(this IEndpointRouteBuilder app)
    {
        var api = app.MapApi(app.ServiceProvider.GetRequiredService<OperationsOptions>().Service);
        ReadOperations.Map(api);
        ListJobs.Map(api);
        ListDeadLetters.Map(api);
        ReadDeadLetter.Map(api);
        ReplayDeadLetters.Map(api);
        DiscardDeadLetters.Map(api);
    }
}
