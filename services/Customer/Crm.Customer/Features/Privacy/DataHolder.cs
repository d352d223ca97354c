using Crm.Customer.Contracts.V1;
using Crm.ServiceDefaults.Grpc;

namespace Crm.Customer.Features.Privacy;

/// <summary>Another service that holds data about customers and can be asked for it.</summary>
internal sealed record DataHolder(string Service, SubjectData.SubjectDataClient Client)
{
    /// <summary>This service, whose part is read here.</summary>
    public const string Here = "customer";

    /// <summary>Every service: a package without the part of one of them is not complete.</summary>
    public static readonly string[] Services = [Here, "analytics", "campaign", "loyalty", "sales", "service"];

    /// <summary>A service whose address is not configured is not asked; packages say that its part is missing.</summary>
    public static void Add(WebApplicationBuilder builder)
    {
        foreach (var service in Services)
        {
            if (builder.Configuration.GetSection($"services:{service}:grpc").GetChildren().Any()) builder.AddGrpcClient(service, invoker => new DataHolder(service, new SubjectData.SubjectDataClient(invoker)));
        }
    }
}
