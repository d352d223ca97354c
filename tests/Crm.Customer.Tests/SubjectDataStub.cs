using System.Collections.Concurrent;
using System.Text.Json;
using Crm.Customer.Contracts.V1;
using Grpc.Core;
using Microsoft.IdentityModel.JsonWebTokens;

namespace Crm.Customer.Tests;

/// <summary>Answers for whichever service the caller's token is meant for: a thing of each customer, and a word; or breaks off after the first thing.</summary>
public sealed class SubjectDataStub : SubjectData.SubjectDataBase
{
    public static readonly string[] Services = ["analytics", "campaign", "loyalty", "sales", "service"];
    private readonly ConcurrentDictionary<Guid, string> _broken = new();

    public void BreakFor(Guid customer, string service) => _broken[customer] = service;

    public void Mend(Guid customer) => _broken.TryRemove(customer, out _);

    public override async Task Export(ExportSubjectRequest request, IServerStreamWriter<SubjectRow> responseStream, ServerCallContext context)
    {
        var service = new JsonWebToken(context.RequestHeaders.GetValue("authorization")!["Bearer ".Length..]).Audiences.Single();
        foreach (var id in request.CustomerIds)
        {
            await responseStream.WriteAsync(new SubjectRow { Part = "things", Json = JsonSerializer.Serialize(new { customer_id = id }) });
            if (!_broken.TryGetValue(Guid.Parse(id), out var broken) || broken != service) continue;

            // Enough that some of it has been written by then.
            for (var i = 0; i < 1500; i++) await responseStream.WriteAsync(new SubjectRow { Part = "things", Json = "{}" });
            throw new RpcException(new Status(StatusCode.Unavailable, "broken off"));
        }

        await responseStream.WriteAsync(new SubjectRow { Part = "words", Json = JsonSerializer.Serialize(new { text = $"<i>said of {service}" }) });
    }
}
