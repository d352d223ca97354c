using System.Text.Json;
using Crm.Testing;
using Microsoft.AspNetCore.Routing;
using Microsoft.AspNetCore.Routing.Patterns;
using Microsoft.Extensions.DependencyInjection;

namespace Crm.Campaign.Tests;

[Collection(CampaignCollection.Name)]
public sealed class ContractTests(CampaignHost host)
{
    [Fact]
    public async Task The_document_describes_every_route_and_no_public_page()
    {
        var document = await host.Anonymous().GetAsync("/openapi.json").OkJsonAsync();

        var operations = document.GetProperty("paths").EnumerateObject().SelectMany(path => path.Value.EnumerateObject().Select(operation => operation.Name + " " + path.Name)).ToArray();
        Assert.Equal(ApiRoutes().Order(StringComparer.Ordinal), operations.Order(StringComparer.Ordinal));
        Assert.All(operations, operation => Assert.Contains(" /api/campaign/v1/", operation, StringComparison.Ordinal));
        Assert.Contains("get /api/campaign/v1/campaigns/{id}/statistics", operations);
    }

    [Fact]
    public async Task The_document_tells_of_each_route_what_it_is_called_what_it_does_and_what_it_answers()
    {
        var document = await host.Anonymous().GetAsync("/openapi.json").OkJsonAsync();
        var operations = document.GetProperty("paths").EnumerateObject()
            .SelectMany(path => path.Value.EnumerateObject().Select(operation => (Name: $"{operation.Name} {path.Name}", operation.Value))).ToArray();

        Assert.Empty(operations.SelectMany(operation => Missing(operation.Value).Select(missing => $"{operation.Name}: {missing}")));
        var names = operations.Select(operation => operation.Value.GetProperty("operationId").GetString()).ToArray();
        Assert.Equal(names.Length, names.Distinct(StringComparer.Ordinal).Count());
    }

    private static IEnumerable<string> Missing(JsonElement operation)
    {
        var responses = operation.GetProperty("responses").EnumerateObject().ToArray();
        var successes = responses.Where(response => response.Name[0] is '2' or '3').ToArray();
        if (!operation.TryGetProperty("operationId", out _)) yield return "no name (WithName)";
        if (!operation.TryGetProperty("summary", out _)) yield return "no summary (WithSummary)";
        if (successes.Length == 0) yield return "no answer of a success";
        if (!responses.Any(response => response.Name == "400")) yield return "no word of refusals";
        foreach (var success in successes.Where(success => success.Name != "204" && !success.Value.TryGetProperty("content", out _))) yield return $"what does {success.Name} hold? (Produces)";
    }

    /// <summary>What the service really maps under <c>/api</c>, as the document writes it.</summary>
    private IEnumerable<string> ApiRoutes() =>
        from endpoint in host.Services.GetServices<EndpointDataSource>().SelectMany(source => source.Endpoints).OfType<RouteEndpoint>()
        let route = "/" + string.Join('/', endpoint.RoutePattern.PathSegments.Select(segment => string.Concat(segment.Parts.Select(part => part switch
        {
            RoutePatternParameterPart parameter => "{" + parameter.Name + "}",
            RoutePatternLiteralPart literal => literal.Content,
            RoutePatternSeparatorPart separator => separator.Content,
            _ => "",
        }))))
        where route.StartsWith("/api/", StringComparison.Ordinal)
        from method in endpoint.Metadata.GetMetadata<HttpMethodMetadata>()!.HttpMethods
        select method.ToLowerInvariant() + " " + route;

    [Theory]
    [InlineData("""{"name":"c"}""", 400, "request.missing_field")]
    [InlineData("""{"name":"c","segmentId":"x","templateId":"y","senderName":"s","fromAddress":"a@example.com"}""", 400, "request.malformed")]
    [InlineData("""{"name":"c","segmentId":"00000000-0000-0000-0000-000000000001","templateId":"00000000-0000-0000-0000-000000000001","senderName":"s\r\nBcc: x","fromAddress":"a@example.com"}""", 400, "request.invalid")]
    [InlineData("""{"name":"c","segmentId":"00000000-0000-0000-0000-000000000001","templateId":"00000000-0000-0000-0000-000000000001","senderName":"s","fromAddress":"nobody"}""", 400, "request.invalid")]
    [InlineData("""{"name":"c","segmentId":"00000000-0000-0000-0000-000000000001","templateId":"00000000-0000-0000-0000-000000000001","senderName":"s","fromAddress":"a@example.com","state":"sending"}""", 400, "request.unknown_field")]
    [InlineData("""{"name":"c","segmentId":"00000000-0000-0000-0000-000000000001","templateId":"00000000-0000-0000-0000-000000000001","senderName":"s","fromAddress":"a@example.com"}""", 422, "campaign.unknown_segment")]
    public async Task A_campaign_that_cannot_be_is_refused(string body, int status, string code)
    {
        var problem = await host.Marketer.PostAsync("/api/campaign/v1/campaigns", body).ProblemAsync();

        Assert.Equal((status, code), (problem.Status, problem.Code));
        Assert.NotNull(problem.Field);
    }
}
