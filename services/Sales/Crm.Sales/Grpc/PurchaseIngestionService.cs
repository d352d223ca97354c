using Crm.Sales.Contracts.V1;
using Crm.Sales.Domain;
using Crm.Sales.Persistence;
using Crm.ServiceDefaults.Errors;
using Crm.ServiceDefaults.Postgres;
using Grpc.Core;

namespace Crm.Sales.Grpc;

/// <summary>
/// Bulk intake: a transaction for each batch, so memory does not grow with the stream; the next batch is read and checked while the
/// previous one is written. What was committed before a failure stays: the same stream again records the rest.
/// </summary>
internal sealed class PurchaseIngestionService(IServiceScopeFactory scopes, TimeProvider time) : PurchaseIngestion.PurchaseIngestionBase
{
    private const int PurchasesPerBatch = 2_000;
    private const int LinesPerBatch = 20_000;
    private const int MaxRejections = 100;

    public override async Task<IngestSummary> Ingest(IAsyncStreamReader<IngestRequest> requestStream, ServerCallContext context)
    {
        var cancellationToken = context.CancellationToken;
        var summary = new IngestSummary();
        var batch = new Batch();
        var writing = Task.CompletedTask;
        try
        {
            while (await requestStream.MoveNext(cancellationToken))
            {
                var now = time.GetUtcNow();
                foreach (var record in requestStream.Current.Purchases)
                {
                    batch.Add(record.SourceId, PurchaseRecords.Check(record, now));
                    if (!batch.IsFull) continue;

                    var full = batch;
                    batch = new Batch();
                    await writing;
                    writing = Task.Run(() => WriteAsync(full, summary, cancellationToken), cancellationToken);
                }
            }

            await writing;
            if (batch.Count > 0) await WriteAsync(batch, summary, cancellationToken);
            return summary;
        }
        finally
        {
            // The call ends only when nothing works for it any more, also where reading failed first.
            await writing.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }
    }

    private async Task WriteAsync(Batch batch, IngestSummary summary, CancellationToken cancellationToken)
    {
        await using var scope = scopes.CreateAsyncScope();
        var outcomes = await scope.ServiceProvider.GetRequiredService<PurchaseIntake>().RecordAsync(batch.Purchases, cancellationToken);
        await scope.ServiceProvider.GetRequiredService<UnitOfWork>().CommitAsync(cancellationToken);

        summary.Received += batch.Count;
        for (var i = 0; i < outcomes.Count; i++)
        {
            switch (outcomes[i].Status)
            {
                case IntakeStatus.Recorded:
                    summary.Recorded++;
                    break;
                case IntakeStatus.Unchanged:
                    summary.Unchanged++;
                    break;
                default:
                    summary.Rejected++;
                    if (summary.Rejections.Count < MaxRejections) summary.Rejections.Add(ToRejection(batch.SourceIds[i], outcomes[i].Error!));
                    break;
            }
        }
    }

    private static Rejection ToRejection(string sourceId, Error error) =>
        new() { SourceId = sourceId, Code = error.Code, Field = error.Field ?? "", Message = error.Message };

    private sealed class Batch
    {
        private int _lines;

        public List<string> SourceIds { get; } = new(PurchasesPerBatch);

        public List<Result<Purchase>> Purchases { get; } = new(PurchasesPerBatch);

        public int Count => Purchases.Count;

        public bool IsFull => Count >= PurchasesPerBatch || _lines >= LinesPerBatch;

        public void Add(string sourceId, Result<Purchase> purchase)
        {
            SourceIds.Add(sourceId);
            Purchases.Add(purchase);
            if (purchase.TryGet(out var sound, out _)) _lines += sound.Nets.Count;
        }
    }
}
