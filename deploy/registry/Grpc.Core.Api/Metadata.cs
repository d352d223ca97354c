using System.Collections;
using System.Text;
using Grpc.Core.Utils;

namespace Grpc.Core;

/// <summary>Headers or trailers of a call, in order; a key may occur more than once and is kept in lower case.</summary>
public sealed class Metadata : IList<Metadata.Entry>
{
    /// <summary>Keys with this ending carry bytes (base64 on the wire), all others carry ASCII text.</summary>
    public const string BinaryHeaderSuffix = "-bin";

    public static readonly Metadata Empty = new(readOnly: true);

    private readonly List<Entry> entries = [];

    public Metadata()
        : this(readOnly: false)
    {
    }

    private Metadata(bool readOnly) => IsReadOnly = readOnly;

    public int Count => entries.Count;

    public bool IsReadOnly { get; }

    public Entry this[int index]
    {
        get => entries[index];
        set
        {
            CheckWritable(value);
            entries[index] = value;
        }
    }

    /// <summary>The last entry with this key.</summary>
    public Entry? Get(string key)
    {
        var normalized = Normalize(key);
        for (var i = entries.Count - 1; i >= 0; i--)
        {
            if (entries[i].Key == normalized)
                return entries[i];
        }
        return null;
    }

    public string? GetValue(string key) => Get(key)?.Value;

    public byte[]? GetValueBytes(string key) => Get(key)?.ValueBytes;

    public IEnumerable<Entry> GetAll(string key)
    {
        var normalized = Normalize(key);
        return entries.Where(entry => entry.Key == normalized);
    }

    public void Add(string key, string value) => Add(new Entry(key, value));

    public void Add(string key, byte[] valueBytes) => Add(new Entry(key, valueBytes));

    public void Add(Entry item)
    {
        CheckWritable(item);
        entries.Add(item);
    }

    public void Insert(int index, Entry item)
    {
        CheckWritable(item);
        entries.Insert(index, item);
    }

    public void RemoveAt(int index)
    {
        CheckWritable();
        entries.RemoveAt(index);
    }

    public bool Remove(Entry item)
    {
        CheckWritable();
        return entries.Remove(item);
    }

    public void Clear()
    {
        CheckWritable();
        entries.Clear();
    }

    public int IndexOf(Entry item) => entries.IndexOf(item);

    public bool Contains(Entry item) => entries.Contains(item);

    public void CopyTo(Entry[] array, int arrayIndex) => entries.CopyTo(array, arrayIndex);

    public IEnumerator<Entry> GetEnumerator() => entries.GetEnumerator();

    IEnumerator IEnumerable.GetEnumerator() => GetEnumerator();

    private void CheckWritable() => GrpcPreconditions.CheckState(!IsReadOnly, "The metadata is read-only.");

    private void CheckWritable(Entry item)
    {
        CheckWritable();
        GrpcPreconditions.CheckNotNull(item, nameof(item));
    }

    private static string Normalize(string key) => GrpcPreconditions.CheckNotNull(key, nameof(key)).ToLowerInvariant();

    /// <summary>One key with its text or its bytes. Immutable: bytes are copied in and out.</summary>
    public class Entry
    {
        private readonly string? text;
        private readonly byte[]? bytes;

        public Entry(string key, byte[] valueBytes)
        {
            Key = CheckKey(key);
            GrpcPreconditions.CheckArgument(IsBinary, $"The key of a binary value must end with \"{BinaryHeaderSuffix}\".");
            bytes = [.. GrpcPreconditions.CheckNotNull(valueBytes, nameof(valueBytes))];
        }

        public Entry(string key, string value)
        {
            Key = CheckKey(key);
            GrpcPreconditions.CheckArgument(!IsBinary, $"The key of a text value must not end with \"{BinaryHeaderSuffix}\".");
            text = GrpcPreconditions.CheckNotNull(value, nameof(value));
        }

        public string Key { get; }

        public bool IsBinary => Key.EndsWith(BinaryHeaderSuffix, StringComparison.Ordinal);

        public byte[] ValueBytes => bytes is null ? Encoding.ASCII.GetBytes(text!) : [.. bytes];

        /// <exception cref="InvalidOperationException">The entry is binary.</exception>
        public string Value => text ?? throw new InvalidOperationException("The metadata entry is binary; it has no text value.");

        public override string ToString() => bytes is null
            ? $"[Entry: key={Key}, value={text}]"
            : $"[Entry: key={Key}, valueBytes={Convert.ToBase64String(bytes)}]";

        private static string CheckKey(string key)
        {
            var normalized = Normalize(key);
            GrpcPreconditions.CheckArgument(
                normalized.Length > 0 && normalized.All(c => char.IsAsciiLetterLower(c) || char.IsAsciiDigit(c) || c is '_' or '-' or '.'),
                "A metadata key holds only letters, digits, underscores, hyphens and dots.");
            return normalized;
        }
    }
}
