using System.Text.Json;
using Crm.Customer.Contracts.V1;
using Grpc.Core;
using Grpc.Net.Client;

namespace Crm.Testing;

/// <summary>What a service tells of a person when Customer asks it for an access package.</summary>
public static class SubjectExport
{
    public static async Task<ILookup<string, JsonElement>> ReadAsync(GrpcChannel channel, params Guid[] customers)
    {
        using var call = new SubjectData.SubjectDataClient(channel).Export(new ExportSubjectRequest { CustomerIds = { customers.Select(id => id.ToString()) } });
        var rows = new List<SubjectRow>();
        await foreach (var row in call.ResponseStream.ReadAllAsync()) rows.Add(row);
        return rows.ToLookup(row => row.Part, row => JsonSerializer.Deserialize<JsonElement>(row.Json));
    }

    /// <summary>Nobody but Customer may ask.</summary>
    public static async Task AssertClosedAsync(GrpcChannel channel)
    {
        var refused = await Xunit.Assert.ThrowsAsync<RpcException>(() => ReadAsync(channel, Guid.Empty));
        Xunit.Assert.Equal(StatusCode.PermissionDenied, refused.StatusCode);
    }
}
