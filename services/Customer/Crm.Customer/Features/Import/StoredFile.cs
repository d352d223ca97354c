using Dapper;
using Npgsql;

namespace Crm.Customer.Features.Import;

/// <summary>Reads a stored file piece by piece; one piece is in memory.</summary>
internal sealed class StoredFile(Guid job, NpgsqlDataSource database) : Stream
{
    private byte[] _chunk = [];
    private int _offset;
    private int _next;

    /// <summary>Bytes handed out so far.</summary>
    public long BytesRead { get; private set; }

    public override bool CanRead => true;
    public override bool CanSeek => false;
    public override bool CanWrite => false;
    public override long Length => throw new NotSupportedException();

    public override long Position
    {
        get => BytesRead;
        set => throw new NotSupportedException();
    }

    public override async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
    {
        if (_offset == _chunk.Length)
        {
            await using var connection = await database.OpenConnectionAsync(cancellationToken);
            _chunk = await connection.ExecuteScalarAsync<byte[]>("SELECT content FROM import_chunks WHERE job_id = @job AND n = @n", new { job, n = _next++ }) ?? [];
            _offset = 0;
            if (_chunk.Length == 0) return 0;
        }

        var count = Math.Min(buffer.Length, _chunk.Length - _offset);
        _chunk.AsMemory(_offset, count).CopyTo(buffer);
        _offset += count;
        BytesRead += count;
        return count;
    }

    public override Task<int> ReadAsync(byte[] buffer, int offset, int count, CancellationToken cancellationToken) => ReadAsync(buffer.AsMemory(offset, count), cancellationToken).AsTask();

    public override int Read(byte[] buffer, int offset, int count) => throw new NotSupportedException("Read asynchronously.");

    public override void Flush()
    {
    }

    public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

    public override void SetLength(long value) => throw new NotSupportedException();

    public override void Write(byte[] buffer, int offset, int count) => throw new NotSupportedException();
}
