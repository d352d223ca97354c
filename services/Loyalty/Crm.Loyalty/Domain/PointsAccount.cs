using Crm.ServiceDefaults.Errors;

namespace Crm.Loyalty.Domain;

/// <summary>Accounts of the ledger. Available and Debt are the member's; the others are the programme's.</summary>
public enum LedgerAccount
{
    Issuance,
    Available,
    Redeemed,
    Reversed,
    Debt,
}

public enum JournalKind
{
    Earn,
    Reverse,
    Redeem,

    /// <summary>Given without a purchase.</summary>
    Adjust,
}

public readonly record struct Posting(LedgerAccount Account, long Points);

/// <summary>A balanced set of postings, and the account after it.</summary>
public sealed record Journal(JournalKind Kind, PointsAccount After, IReadOnlyList<Posting> Postings)
{
    public static Journal Of(JournalKind kind, PointsAccount after, params ReadOnlySpan<Posting> postings)
    {
        var written = new List<Posting>(postings.Length);
        foreach (var posting in postings)
        {
            if (posting.Points != 0) written.Add(posting);
        }

        return new Journal(kind, after, written);
    }

    /// <summary>Change of an account's balance.</summary>
    public long ChangeOf(LedgerAccount account) => Postings.Where(posting => posting.Account == account).Sum(posting => posting.Points);
}

/// <summary>
/// A member's points. What is owed for returned goods is settled first from what is there, then by what is earned next, so that nobody
/// has points and debt together; by that the state depends only on what was earned, reversed and redeemed, not on the order.
/// </summary>
/// <param name="Debt">Points owed, positive; the balance of the ledger's account is its negative.</param>
/// <param name="LifetimePoints">Earned or given, less what returns took back.</param>
public sealed record PointsAccount(Guid MemberId, Guid CustomerId, DateTimeOffset EnrolledAt, long Available, long Debt, long LifetimePoints, long Version)
{
    public Journal Earn(long points) => Give(JournalKind.Earn, points);

    /// <summary>Points without a purchase, which a campaign gives.</summary>
    public Journal Award(long points) => Give(JournalKind.Adjust, points);

    /// <summary>Takes back what returned goods had earned; what is spent already becomes a debt.</summary>
    public Journal Reverse(long points)
    {
        var taken = Math.Min(Available, points);
        var after = this with
        {
            Available = Available - taken,
            Debt = Debt + points - taken,
            LifetimePoints = LifetimePoints - points,
            Version = Version + 1,
        };
        return Journal.Of(
            JournalKind.Reverse, after,
            new(LedgerAccount.Available, -taken), new(LedgerAccount.Debt, taken - points), new(LedgerAccount.Reversed, points));
    }

    public Result<Journal> Redeem(long points) => points > Available
        ? LoyaltyErrors.InsufficientPoints(Available)
        : Journal.Of(
            JournalKind.Redeem, this with { Available = Available - points, Version = Version + 1 },
            new(LedgerAccount.Available, -points), new(LedgerAccount.Redeemed, points));

    private Journal Give(JournalKind kind, long points)
    {
        var settled = Math.Min(Debt, points);
        var after = this with
        {
            Available = Available + points - settled,
            Debt = Debt - settled,
            LifetimePoints = LifetimePoints + points,
            Version = Version + 1,
        };
        return Journal.Of(
            kind, after,
            new(LedgerAccount.Issuance, -points), new(LedgerAccount.Available, points - settled), new(LedgerAccount.Debt, settled));
    }
}
