using Crm.Customer.Domain;
using Crm.Customer.Domain.Identity;
using Crm.Customer.Persistence;
using Crm.ServiceDefaults.Errors;
using Crm.ServiceDefaults.Idempotency;
using Crm.ServiceDefaults.Security;

namespace Crm.Customer.Features.Identity;

/// <summary>Before a customer is entered: who may be the same person already, with the evidence. Changes nothing.</summary>
internal static class CheckForDuplicates
{
    private const int MaxCandidates = 10;
    private const int NamesRead = 50;

    internal sealed record Request(
        string DisplayName, string? Email = null, string? Phone = null, DateOnly? BirthDate = null, Address? Address = null, string? Gender = null);

    internal sealed record Response(bool Exact, IReadOnlyList<Candidate> Candidates);

    /// <param name="Verdict">match (at least 95 % sure) or possible.</param>
    /// <param name="Exact">The same name and the same contact points: the same form sent twice.</param>
    internal sealed record Candidate(Guid CustomerId, MatchVerdict Verdict, double Probability, double Weight, bool Exact, IReadOnlyList<MatchReason> Reasons);

    public static void Map(RouteGroupBuilder api) => api
        .MapPost("/customers/duplicate-checks", async (Request request, IdentityStore store, TimeProvider time, CancellationToken cancellationToken) =>
            (await HandleAsync(request, store, time, cancellationToken)).ToOk())
        .WithName("CheckForDuplicates")
        .WithMetadata(new NoEffectAttribute())
        .AllowRoles(Roles.CustomerEditors);

    private static async Task<Result<Response>> HandleAsync(Request request, IdentityStore store, TimeProvider time, CancellationToken cancellationToken)
    {
        var input = new CustomerInput
        {
            DisplayName = request.DisplayName, Email = request.Email, Phone = request.Phone, BirthDate = request.BirthDate, Gender = request.Gender,
            Street = request.Address?.Street, City = request.Address?.City, Province = request.Address?.Province, PostalCode = request.Address?.PostalCode, Country = request.Address?.Country,
        };
        if (!CustomerDetails.From(input, time.GetUtcNow(), "address.").TryGet(out var details, out var error)) return error;

        var entered = Of(Guid.Empty, details);
        var candidates = await CandidatesAsync(entered, details.DisplayName, store, cancellationToken);
        return new Response(candidates.Any(candidate => candidate.Exact), candidates);
    }

    /// <summary>The customer who has sent the same form before, if there is one.</summary>
    internal static async Task<Guid?> ExactAsync(CustomerDetails details, IdentityStore store, CancellationToken cancellationToken)
    {
        if (details.Phone is null || details.Email is null) return null;
        var entered = Of(Guid.Empty, details);
        return (await store.SharingAsync([entered], cancellationToken)).FirstOrDefault(known => MatchModel.IsExact(entered, known))?.Id;
    }

    private static async Task<List<Candidate>> CandidatesAsync(IdentityRecord entered, string displayName, IdentityStore store, CancellationToken cancellationToken)
    {
        var known = (await store.SharingAsync([entered], cancellationToken)).Concat(await store.CalledAlikeAsync(displayName, NamesRead, cancellationToken)).DistinctBy(record => record.Id);
        var candidates = new List<Candidate>();
        foreach (var record in known)
        {
            var reasons = new List<MatchReason>(6);
            var weight = MatchModel.Score(entered, record, reasons);
            var verdict = MatchModel.Judge(weight);
            if (verdict == MatchVerdict.Different) continue;
            candidates.Add(new Candidate(
                record.Id, verdict, Math.Round(MatchModel.Probability(weight), 4), Math.Round(weight, 1), MatchModel.IsExact(entered, record), reasons));
        }

        return [.. candidates.OrderByDescending(candidate => candidate.Weight).ThenBy(candidate => candidate.CustomerId).Take(MaxCandidates)];
    }

    private static IdentityRecord Of(Guid id, CustomerDetails details) => IdentityRecord.Of(
        id, details.DisplayName, details.Email, details.Phone, details.BirthDate, details.Street, details.City, details.PostalCode, details.Gender);
}
