using System.Reflection;
using Crm.ServiceDefaults.Idempotency;
using Crm.ServiceDefaults.Paging;
using Microsoft.AspNetCore.OpenApi;
using Microsoft.OpenApi;

namespace Crm.ServiceDefaults.Hosting;

/// <summary>Tells the OpenAPI document what the kernel's own parameter types and filters read from a request.</summary>
internal static class ApiDescription
{
    /// <summary>Every use case has its own Request and Response: without the use case's name, one schema would stand for all.</summary>
    public static void Configure(OpenApiOptions options) => options.AddOperationTransformer(DescribeAsync).CreateSchemaReferenceId =
        type => OpenApiOptions.CreateDefaultSchemaReferenceId(type) is null ? null : NameOf(type.Type);

    private static string NameOf(Type type) =>
        type.DeclaringType?.Name + type.Name.Split('`')[0] + (type.IsGenericType ? "Of" + string.Concat(type.GetGenericArguments().Select(NameOf)) : "");

    private static Task DescribeAsync(OpenApiOperation operation, OpenApiOperationTransformerContext context, CancellationToken cancellationToken)
    {
        var metadata = context.Description.ActionDescriptor.EndpointMetadata;
        var types = metadata.OfType<MethodInfo>().SelectMany(method => method.GetParameters()).Select(parameter => parameter.ParameterType).ToHashSet();
        var paged = types.Contains(typeof(PageRequest));
        if (paged) Add("limit", ParameterLocation.Query, JsonSchemaType.Integer, $"Rows of a page, 1 to {PageRequest.MaxLimit}; 50 unless given.", required: false);
        if (paged) Add("cursor", ParameterLocation.Query, JsonSchemaType.String, "nextCursor of the page before; absent for the first.", required: false);
        if (types.Contains(typeof(IfMatch))) Add("If-Match", ParameterLocation.Header, JsonSchemaType.String, "ETag of the version that you have seen.", required: true);
        if (context.Description.HttpMethod == "POST" && !metadata.OfType<NoEffectAttribute>().Any())
            Add(WriteFilter.HeaderName, ParameterLocation.Header, JsonSchemaType.String, "A key of yours for this request; sent again, it gets the same answer.", required: true);
        return Task.CompletedTask;

        void Add(string name, ParameterLocation place, JsonSchemaType type, string description, bool required) => (operation.Parameters ??= []).Add(
            new OpenApiParameter { Name = name, In = place, Required = required, Description = description, Schema = new OpenApiSchema { Type = type } });
    }
}
