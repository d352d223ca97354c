using System.Buffers.Text;
using System.Text.Json;
using Crm.ServiceDefaults.Errors;

namespace Crm.ServiceDefaults.Paging;

/// <summary>A record with a version answers with it as <c>ETag</c>.</summary>
public interface IVersioned
{
    long Version { get; }
}

/// <summary>The version that the caller has seen, from <c>If-Match</c>. Every update asks for it; absent: 428.</summary>
public sealed record IfMatch(long Version)
{
    public static ValueTask<IfMatch?> BindAsync(HttpContext http)
    {
        var header = http.Request.Headers.IfMatch.ToString();
        if (header.Length == 0)
        {
            throw new ErrorException(Error.Invalid("request.precondition_required", "Send the version that you have seen as If-Match.", "If-Match"));
        }

        return long.TryParse(header.Trim('"'), out var version)
            ? ValueTask.FromResult<IfMatch?>(new IfMatch(version))
            : throw new ErrorException(Error.Invalid("request.if_match_invalid", "If-Match is not an ETag of this record.", "If-Match"));
    }
}

/// <summary>One page of a list. <see cref="NextCursor"/> is null on the last.</summary>
public sealed record Page<T>(IReadOnlyList<T> Items, string? NextCursor)
{
    /// <summary>
    /// From rows read with <c>LIMIT limit + 1</c>: the extra row only tells that there is more; the cursor holds the sort key of the
    /// last row kept.
    /// </summary>
    public static Page<T> From<TKey>(IReadOnlyList<T> rows, int limit, Func<T, TKey> keyOf) => rows.Count <= limit
        ? new Page<T>(rows, null)
        : new Page<T>([.. rows.Take(limit)], Cursor.Write(keyOf(rows[limit - 1])));
}

/// <summary>What a list request may ask: <c>limit</c> (1 to 200, default 50) and the <c>cursor</c> of the previous page.</summary>
public sealed record PageRequest(int Limit, string? Cursor)
{
    public const int MaxLimit = 200;

    /// <summary>The sort key to continue after, or null on the first page. A cursor that is not one of ours: 400.</summary>
    public TKey? After<TKey>()
        where TKey : class => Cursor is null ? null : Paging.Cursor.Read<TKey>(Cursor);

    public static ValueTask<PageRequest> BindAsync(HttpContext http)
    {
        var query = http.Request.Query;
        var limit = 50;
        if (query.TryGetValue("limit", out var text) && (!int.TryParse(text, out limit) || limit is < 1 or > MaxLimit))
        {
            throw new ErrorException(Error.Invalid("request.limit_invalid", $"limit is a whole number from 1 to {MaxLimit}.", "limit"));
        }

        return ValueTask.FromResult(new PageRequest(limit, query.TryGetValue("cursor", out var cursor) && cursor.ToString().Length > 0 ? cursor.ToString() : null));
    }
}

/// <summary>Keyset position of a list, opaque to clients: the sort key of the last row as base64url JSON.</summary>
public static class Cursor
{
    public static string Write<TKey>(TKey key) => Base64Url.EncodeToString(JsonSerializer.SerializeToUtf8Bytes(key));

    public static TKey Read<TKey>(string cursor)
        where TKey : class
    {
        try
        {
            return JsonSerializer.Deserialize<TKey>(Base64Url.DecodeFromChars(cursor)) ?? throw new FormatException();
        }
        catch (Exception exception) when (exception is FormatException or JsonException or ArgumentException)
        {
            throw new ErrorException(Error.Invalid("request.cursor_invalid", "The cursor is not one that this list gave out.", "cursor"));
        }
    }
}
