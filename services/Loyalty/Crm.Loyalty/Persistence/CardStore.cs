using Crm.Loyalty.Domain;
using Crm.ServiceDefaults.Hosting;
using Crm.ServiceDefaults.Postgres;

namespace Crm.Loyalty.Persistence;

/// <summary>A card as it is told once, to whoever hands it out: the only time that the whole number is shown.</summary>
internal sealed record IssuedCard(Guid Id, Guid MemberId, string Number, string Status, DateTimeOffset IssuedAt, Guid? Replaces);

/// <summary>A card as everybody else sees it.</summary>
internal sealed record CardSummary(Guid Id, string NumberEnd, string Status, DateTimeOffset IssuedAt, Guid? Replaces);

internal sealed class CardStore(UnitOfWork unitOfWork, Ids ids, TimeProvider time)
{
    public async Task<IssuedCard> IssueAsync(Guid memberId, Guid? replaces, CancellationToken cancellationToken)
    {
        while (true)
        {
            var card = new IssuedCard(ids.Next(), memberId, CardNumber.Next(), "active", time.GetUtcNow(), replaces);
            var issued = await unitOfWork.ExecuteAsync(
                """
                INSERT INTO cards (id, member_id, number, status, issued_at, replaces)
                VALUES (@Id, @MemberId, @Number, @Status, @IssuedAt, @Replaces) ON CONFLICT (number) DO NOTHING
                """,
                card,
                cancellationToken);
            if (issued == 1) return card; // else the one number in a hundred million million is taken
        }
    }

    /// <summary>The newest hundred of a member.</summary>
    public Task<IReadOnlyList<CardSummary>> ListAsync(Guid memberId, CancellationToken cancellationToken) => unitOfWork.QueryAsync<CardSummary>(
        "SELECT id, right(number, 4) AS number_end, status, issued_at, replaces FROM cards WHERE member_id = @memberId ORDER BY id DESC LIMIT 100",
        new { memberId },
        cancellationToken);
}
