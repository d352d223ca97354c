namespace Crm.Analytics.Models;

/// <summary>
/// Sums over rows on several threads with a result that does not depend on how many: chunk boundaries are fixed, every chunk is
/// summed in order, and the chunks' sums are added in order with compensation.
/// </summary>
public static class ChunkedSum
{
    public const int ChunkSize = 2048;

    /// <summary>Adds the terms of the rows from <paramref name="from"/> (inclusive) to <paramref name="to"/> (exclusive) to the sums.</summary>
    public delegate void AddRows(int from, int to, Span<double> sums);

    public static void Over(int rows, Span<double> sums, int threads, AddRows addRows)
    {
        var width = sums.Length;
        var chunks = (rows + ChunkSize - 1) / ChunkSize;
        var partial = new double[chunks * width];
        void Chunk(int chunk) => addRows(chunk * ChunkSize, Math.Min(rows, (chunk + 1) * ChunkSize), partial.AsSpan(chunk * width, width));
        if (threads == 1 || chunks < 2)
            for (var chunk = 0; chunk < chunks; chunk++) Chunk(chunk);
        else
            Parallel.For(0, chunks, new ParallelOptions { MaxDegreeOfParallelism = threads }, Chunk);
        for (var column = 0; column < width; column++)
        {
            CompensatedSum total = default;
            for (var chunk = 0; chunk < chunks; chunk++) total.Add(partial[chunk * width + column]);
            sums[column] = total.Value;
        }
    }
}
