using Crm.Customer.Contracts.V1;
using Crm.Customer.Domain;
using Crm.Customer.Persistence;
using Crm.ServiceDefaults.Errors;
using Crm.ServiceDefaults.Paging;
using Crm.ServiceDefaults.Postgres;
using Crm.ServiceDefaults.Security;
using Google.Protobuf.WellKnownTypes;
using Grpc.Core;

namespace Crm.Customer.Grpc;

/// <summary>What the gateway and the other services read.</summary>
internal sealed class CustomerReadsService(CustomerStore store, SubjectKeys keys, UnitOfWork unitOfWork, ActorAccessor actor) : CustomerReads.CustomerReadsBase
{
    private const int MaxReferences = 5000;
    private const int DefaultTimeline = 20;

    public override async Task<GetCustomerResponse> GetCustomer(GetCustomerRequest request, ServerCallContext context)
    {
        var row = await store.FindAsync(Id(request.CustomerId), context.CancellationToken) ?? throw new ErrorException(CustomerErrors.NotFound);
        return new GetCustomerResponse
        {
            Customer = new CustomerRecord
            {
                CustomerId = row.Id.ToString(),
                Version = row.Version,
                Number = row.Number,
                DisplayName = row.DisplayName,
                Email = row.Email ?? "",
                Phone = row.Phone ?? "",
                Language = row.Language,
                City = row.City ?? "",
                LifecycleStage = row.LifecycleStage,
                Tags = { row.Tags },
                RegisteredAt = row.RegisteredAt.ToTimestamp(),
                Consents =
                {
                    row.CurrentConsents.Select(consent => new Consent
                    {
                        Channel = consent.Channel,
                        Purpose = consent.Purpose,
                        Granted = consent.Granted,
                        EffectiveAt = consent.EffectiveAt.ToTimestamp(),
                    }),
                },
            },
        };
    }

    public override async Task<GetTimelineResponse> GetTimeline(GetTimelineRequest request, ServerCallContext context)
    {
        var limit = request.Limit == 0 ? DefaultTimeline : Math.Clamp(request.Limit, 1, PageRequest.MaxLimit);
        var page = await Features.Interactions.GetTimeline.HandleAsync(Id(request.CustomerId), new Features.Interactions.GetTimeline.Filter(), new PageRequest(limit, null), actor.Required, store, keys, unitOfWork, context.CancellationToken);
        return new GetTimelineResponse
        {
            Entries =
            {
                page.Value.Items.Select(item => new Contracts.V1.TimelineEntry
                {
                    EntryId = item.EntryId.ToString(),
                    OccurredAt = item.OccurredAt.ToTimestamp(),
                    Kind = item.Kind,
                    SourceService = item.SourceService,
                    SubjectRef = item.SubjectRef,
                    SummaryKey = item.SummaryKey,
                    Args = { item.Args.ToDictionary() },
                }),
            },
        };
    }

    public override async Task<ResolveCustomersResponse> ResolveCustomers(ResolveCustomersRequest request, ServerCallContext context)
    {
        if (request.References.Count > MaxReferences)
        {
            throw new ErrorException(Error.Invalid("customer.too_many_references", $"At most {MaxReferences} references in one call.", "references"));
        }

        var found = await unitOfWork.QueryAsync<Guid?>(
            """
            SELECT coalesce(a.id, b.id)
            FROM unnest(@ids, @sources, @sourceIds) WITH ORDINALITY AS r (id, source, source_id, n)
            LEFT JOIN customers a ON a.id = r.id
            LEFT JOIN customers b ON r.id IS NULL AND b.source = r.source AND b.source_id = r.source_id
            ORDER BY r.n
            """,
            new
            {
                ids = request.References.Select(reference => Guid.TryParse(reference.CustomerId, out var id) ? id : reference.CustomerId.Length > 0 ? Guid.Empty : (Guid?)null).ToArray(),
                sources = request.References.Select(reference => reference.Source).ToArray(),
                sourceIds = request.References.Select(reference => reference.SourceId).ToArray(),
            },
            context.CancellationToken);
        return new ResolveCustomersResponse { CustomerIds = { found.Select(id => id?.ToString() ?? "") } };
    }

    /// <summary>An id that is none names no customer.</summary>
    private static Guid Id(string text) => Guid.TryParse(text, out var id) ? id : throw new ErrorException(CustomerErrors.NotFound);
}
