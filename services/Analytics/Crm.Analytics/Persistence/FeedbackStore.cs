using Crm.Analytics.Domain;
using Crm.ServiceDefaults.Hosting;
using Crm.ServiceDefaults.Postgres;

namespace Crm.Analytics.Persistence;

/// <summary>What a customer said, somewhere.</summary>
/// <param name="SourceId">With the source its key for ever: told again, it counts once.</param>
public sealed record SpokenText(string Source, string SourceId, Guid? CustomerId, string Channel, string? Sku, DateTimeOffset OccurredAt, string Text);

public sealed class FeedbackStore(UnitOfWork unitOfWork, VoiceReader reader, BusinessCalendar calendar, Ids ids)
{
    /// <returns>How many were new.</returns>
    public async Task<int> RecordAsync(IReadOnlyList<SpokenText> texts, CancellationToken cancellationToken)
    {
        var heard = texts.DistinctBy(text => (text.Source, text.SourceId)).Select(text => (Text: text, Heard: reader.Read(text.Text))).ToArray();
        if (heard.Length == 0) return 0;
        return await unitOfWork.ExecuteAsync(
            """
            INSERT INTO feedback (id, source, source_id, customer_id, channel, sku, day, occurred_at, text, language, label, p_negative, p_neutral, p_positive, topics, model_version)
            SELECT a.id, a.source, a.source_id, a.customer_id, a.channel, a.sku, a.day, a.occurred_at, a.text, a.language, a.label, a.neg, a.neu, a.pos,
                string_to_array(a.topics, ','), a.version
            FROM unnest(@ids, @sources, @sourceIds, @customers, @channels, @skus, @days, @instants, @texts, @languages, @labels, @neg, @neu, @pos, @topics, @versions)
                AS a (id, source, source_id, customer_id, channel, sku, day, occurred_at, text, language, label, neg, neu, pos, topics, version)
            ORDER BY a.source, a.source_id
            ON CONFLICT (source, source_id) DO NOTHING
            """,
            new
            {
                ids = heard.Select(_ => ids.Next()).ToArray(),
                sources = heard.Select(item => item.Text.Source).ToArray(),
                sourceIds = heard.Select(item => item.Text.SourceId).ToArray(),
                customers = heard.Select(item => item.Text.CustomerId).ToArray(),
                channels = heard.Select(item => item.Text.Channel).ToArray(),
                skus = heard.Select(item => item.Text.Sku).ToArray(),
                days = heard.Select(item => calendar.DayOf(item.Text.OccurredAt)).ToArray(),
                instants = heard.Select(item => item.Text.OccurredAt.ToUniversalTime()).ToArray(),
                texts = heard.Select(item => item.Text.Text).ToArray(),
                languages = heard.Select(item => item.Heard.Language).ToArray(),
                labels = heard.Select(item => item.Heard.Sentiment.Label).ToArray(),
                neg = heard.Select(item => item.Heard.Sentiment.Negative).ToArray(),
                neu = heard.Select(item => item.Heard.Sentiment.Neutral).ToArray(),
                pos = heard.Select(item => item.Heard.Sentiment.Positive).ToArray(),
                topics = heard.Select(item => string.Join(',', item.Heard.Topics)).ToArray(),
                versions = heard.Select(item => item.Heard.ModelVersion).ToArray(),
            },
            cancellationToken);
    }
}
