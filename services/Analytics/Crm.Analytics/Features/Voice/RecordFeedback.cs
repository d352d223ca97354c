using System.ComponentModel.DataAnnotations;
using Crm.Analytics.Domain;
using Crm.Analytics.Persistence;
using Crm.ServiceDefaults.Errors;
using Crm.ServiceDefaults.Security;

namespace Crm.Analytics.Features.Voice;

/// <summary>Takes in what customers said: survey answers, reviews, messages; up to 500 texts at once. Each counts once by (source, sourceId).</summary>
internal static class RecordFeedback
{
    public sealed record Request([property: Required, MinLength(1), MaxLength(500)] IReadOnlyList<Item> Items);

    /// <param name="Sku">Product that it is about, where known.</param>
    public sealed record Item(
        [property: Required, StringLength(50, MinimumLength = 1)] string Source,
        [property: Required, StringLength(200, MinimumLength = 1)] string SourceId,
        [property: Required, StringLength(50, MinimumLength = 1)] string Channel,
        [property: Required, StringLength(10_000, MinimumLength = 1)] string Text,
        Guid? CustomerId = null,
        [property: StringLength(100)] string? Sku = null,
        DateTimeOffset? OccurredAt = null);

    public sealed record Response(int Received, int New);

    public static void Map(RouteGroupBuilder api) => api
        .MapPost("/feedback", async (Request request, FeedbackStore feedback, TimeProvider time, CancellationToken cancellationToken) =>
            (await Handle(request, feedback, time, cancellationToken)).ToOk())
        .WithName("RecordFeedback")
        .AllowRoles([.. Roles.Service, .. Roles.Analytics, .. Roles.Marketing]);

    private static async Task<Result<Response>> Handle(Request request, FeedbackStore feedback, TimeProvider time, CancellationToken cancellationToken)
    {
        var now = time.GetUtcNow();
        for (var i = 0; i < request.Items.Count; i++)
        {
            if (request.Items[i].OccurredAt > now.AddDays(1)) return AnalyticsErrors.InTheFuture($"items[{i}].occurredAt");
            if (string.IsNullOrWhiteSpace(request.Items[i].Text)) return Error.Invalid("analytics.text_empty", "A text is empty.", $"items[{i}].text");
        }

        var added = await feedback.RecordAsync(
            [.. request.Items.Select(item => new SpokenText(item.Source, item.SourceId, item.CustomerId, item.Channel, item.Sku, item.OccurredAt ?? now, item.Text))], cancellationToken);
        return new Response(request.Items.Count, added);
    }
}
