using System.ComponentModel.DataAnnotations;
using Crm.Loyalty.Contracts.Events.V1;
using Crm.Loyalty.Domain;
using Crm.Loyalty.Persistence;
using Crm.ServiceDefaults.Errors;
using Crm.ServiceDefaults.Hosting;
using Crm.ServiceDefaults.Postgres;
using Crm.ServiceDefaults.Security;

namespace Crm.Loyalty.Features.Members;

/// <summary>
/// Makes up to a thousand customers members at once; those who are members already stay as they are. An unknown customer refuses all.
/// </summary>
internal static class EnrolMembers
{
    public const int MaxMembersPerEvent = 500;
    private static readonly DateTimeOffset Earliest = new(1900, 1, 1, 0, 0, 0, TimeSpan.Zero);

    /// <param name="EnrolledAt">
    /// When they joined, where that was before (a programme that moves here brings its members along); now where left out. Purchases from
    /// then on earn, as far as they arrive after this.
    /// </param>
    public sealed record Request(
        [property: Required, MinLength(1), MaxLength(1000)] IReadOnlyList<Guid> CustomerIds, DateTimeOffset? EnrolledAt = null);

    public sealed record Response(int Enrolled, int AlreadyMembers);

    public static void Map(RouteGroupBuilder api) => api
        .MapPost("/members/batch", async (
            Request request, KnownCustomers customers, UnitOfWork unitOfWork, Ids ids, TimeProvider time, CancellationToken cancellationToken) =>
            (await Handle(request, customers, unitOfWork, ids, time, cancellationToken)).ToOk())
        .WithName("EnrolMembers")
        .AllowRoles(Roles.Loyalty);

    private static async Task<Result<Response>> Handle(
        Request request, KnownCustomers customers, UnitOfWork unitOfWork, Ids ids, TimeProvider time, CancellationToken cancellationToken)
    {
        var customerIds = request.CustomerIds.Distinct().Order().ToArray();
        var known = await customers.FindAsync(customerIds, cancellationToken);
        for (var i = 0; i < request.CustomerIds.Count; i++)
        {
            if (!known.Contains(request.CustomerIds[i])) return LoyaltyErrors.UnknownCustomer($"customerIds[{i}]");
        }

        if (!(await EnrolAsync(customerIds, request.EnrolledAt, unitOfWork, ids, time, cancellationToken)).TryGet(out var enrolled, out var error)) return error;
        return new Response(enrolled.Count, customerIds.Length - enrolled.Count);
    }

    /// <summary>Those who became members now. The customers are known to exist, and in order, so that two batches do not block each other.</summary>
    public static async Task<Result<IReadOnlyList<EnrolledMember>>> EnrolAsync(
        Guid[] customerIds, DateTimeOffset? enrolledAt, UnitOfWork unitOfWork, Ids ids, TimeProvider time, CancellationToken cancellationToken)
    {
        var now = time.GetUtcNow();
        var joined = enrolledAt?.ToUniversalTime() ?? now;
        if (joined > now || joined < Earliest) return LoyaltyErrors.EnrolledAtInvalid;

        var rows = await unitOfWork.QueryAsync<Row>(
            """
            INSERT INTO members (id, customer_id, enrolled_at)
            SELECT new.id, new.customer_id, @joined FROM unnest(@ids, @customerIds) AS new (id, customer_id)
            WHERE NOT EXISTS (SELECT FROM members m WHERE m.customer_id = new.customer_id)
            ON CONFLICT (customer_id) DO NOTHING RETURNING id, customer_id, number, enrolled_at
            """,
            new { ids = customerIds.Select(_ => ids.Next()).ToArray(), customerIds, joined },
            cancellationToken);
        var enrolled = rows.Select(row => new EnrolledMember(row.Id, row.CustomerId, row.Number, row.EnrolledAt)).ToList();
        foreach (var chunk in enrolled.Chunk(MaxMembersPerEvent)) unitOfWork.Enqueue(new MembersEnrolled(ids.Next(), now, chunk));
        return enrolled;
    }

    private sealed record Row(Guid Id, Guid CustomerId, string Number, DateTimeOffset EnrolledAt);
}
