using Crm.Customer.Contracts.Events.V1;
using Crm.Customer.Domain.Identity;
using Crm.Customer.Persistence;
using MassTransit;

namespace Crm.Customer.Consumers;

/// <summary>
/// Compares customers who just came, by a form, a file or a stream, with those who are there, and puts likely pairs into the review queue. It runs
/// behind the intake, which it does not slow down.
/// </summary>
public sealed class DuplicateCheckConsumer(IdentityStore store) : IConsumer<CustomersRegistered>
{
    public async Task Consume(ConsumeContext<CustomersRegistered> context)
    {
        var arrived = await store.LoadAsync([.. context.Message.Customers.Select(customer => customer.CustomerId)], context.CancellationToken);
        if (arrived.Count == 0) return;
        var known = await store.SharingAsync([.. arrived], context.CancellationToken);

        var blocks = new Dictionary<ulong, List<IdentityRecord>>();
        var keys = new ulong[IdentityRecord.MaxKeys];
        foreach (var record in known)
        {
            foreach (var key in keys.AsSpan(0, record.BlockingKeys(keys)))
            {
                if (!blocks.TryGetValue(key, out var block)) blocks[key] = block = [];
                block.Add(record);
            }
        }

        var pairs = new Dictionary<(Guid, Guid), ScoredPair>();
        foreach (var record in arrived)
        {
            foreach (var key in keys.AsSpan(0, record.BlockingKeys(keys)).ToArray().Distinct())
            {
                if (!blocks.TryGetValue(key, out var block)) continue;
                foreach (var other in block)
                {
                    if (other.Id != record.Id && ScoredPair.Of(record, other) is { } pair) pairs[(pair.LowId, pair.HighId)] = pair;
                }
            }
        }

        await store.KeepAsync(pairs.Values, context.CancellationToken);
    }
}
