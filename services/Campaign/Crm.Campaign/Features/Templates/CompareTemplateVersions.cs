using Crm.Campaign.Delivery.Templates;
using Crm.Campaign.Features.Segments;
using Crm.ServiceDefaults.Errors;
using Crm.ServiceDefaults.Postgres;
using Crm.ServiceDefaults.Security;

namespace Crm.Campaign.Features.Templates;

/// <param name="Field">As in the request that saved it: <c>contents.id.subject</c>.</param>
/// <param name="Before">Null where the part was not there.</param>
/// <param name="After">Null where the part is gone.</param>
public sealed record TemplateChange(string Field, string? Before, string? After);

public sealed record TemplateComparison(long From, long To, IReadOnlyList<TemplateChange> Changes);

internal static class CompareTemplateVersions
{
    public static void Map(RouteGroupBuilder api) =>
        api.MapGet("/templates/{id:guid}/versions/{version:long}/changes", async (Guid id, long version, long from, UnitOfWork unitOfWork, CancellationToken cancellationToken) =>
                (await HandleAsync(id, version, from, unitOfWork, cancellationToken)).ToOk())
            .WithName("CompareTemplateVersions").WithSummary("The parts in which a version differs from another (from)").AllowRoles(MarketingRights.Readers);

    private static async Task<Result<TemplateComparison>> HandleAsync(Guid id, long version, long from, UnitOfWork unitOfWork, CancellationToken cancellationToken)
    {
        if (!(await GetTemplateVersion.FindAsync(id, from, unitOfWork, cancellationToken)).TryGet(out var before, out var error)) return error;
        if (!(await GetTemplateVersion.FindAsync(id, version, unitOfWork, cancellationToken)).TryGet(out var after, out error)) return error;

        var (was, now) = (Parts(before.Contents), Parts(after.Contents));
        return new TemplateComparison(from, version,
        [
            .. was.Keys.Union(now.Keys).Order(StringComparer.Ordinal)
                .Select(field => new TemplateChange(field, was.GetValueOrDefault(field), now.GetValueOrDefault(field)))
                .Where(change => change.Before != change.After),
        ]);
    }

    private static Dictionary<string, string?> Parts(IReadOnlyDictionary<string, TemplateContent> contents) => contents
        .SelectMany(pair => new (string Part, string? Text)[]
        {
            ("subject", pair.Value.Subject), ("html", pair.Value.Html), ("mjml", pair.Value.Mjml), ("text", pair.Value.Text),
        }.Select(part => (Field: $"contents.{pair.Key}.{part.Part}", part.Text)))
        .ToDictionary(part => part.Field, part => part.Text, StringComparer.Ordinal);
}
