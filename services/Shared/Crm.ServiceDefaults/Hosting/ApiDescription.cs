using System.Reflection;
using Crm.ServiceDefaults.Idempotency;
using Crm.ServiceDefaults.Paging;
using Microsoft.AspNetCore.OpenApi;
using Microsoft.OpenApi;

namespace Crm.ServiceDefaults.Hosting;

/// <summary>Tells the OpenAPI document what the kernel's own parameter types and filters read from a request.</summary>
internal static class ApiDescription
{
    public static Task DescribeAsync(OpenApiOperation operation, OpenApiOperationTransformerContext context, CancellationToken cancellationToken)
    {
        var metadata = context.Description.ActionDescriptor.EndpointMetadata;
        var types = metadata.OfType<MethodInfo>().SelectMany(method => method.GetParameters()).Select(parameter => parameter.ParameterType).ToHashSet();
        operation.Parameters ??= [];
        if (types.Contains(typeof(PageRequest)))
        {
            Add("limit", ParameterLocation.Query, JsonSchemaType.Integer, $"Rows of a page, 1 to {PageRequest.MaxLimit}; 50 unless given.", required: false);
            Add("cursor", ParameterLocation.Query, JsonSchemaType.String, "nextCursor of the page before; absent for the first.", required: false);
        }

        if (types.Contains(typeof(IfMatch))) Add("If-Match", ParameterLocation.Header, JsonSchemaType.String, "ETag of the version that you have seen.", required: true);
        if (context.Description.HttpMethod == "POST" && !metadata.OfType<NoEffectAttribute>().Any())
        {
            Add(WriteFilter.HeaderName, ParameterLocation.Header, JsonSchemaType.String, "A key of yours for this request; sent again, it gets the same answer.", required: true);
        }

        return Task.CompletedTask;

        void Add(string name, ParameterLocation place, JsonSchemaType type, string description, bool required) => operation.Parameters.Add(
            new OpenApiParameter { Name = name, In = place, Required = required, Description = description, Schema = new OpenApiSchema { Type = type } });
    }
}
