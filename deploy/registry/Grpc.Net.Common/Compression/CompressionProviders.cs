using System.IO.Compression;

namespace Grpc.Net.Compression;

/// <summary>One message encoding of <c>grpc-encoding</c>.</summary>
public interface ICompressionProvider
{
    /// <summary>The name on the wire.</summary>
    string EncodingName { get; }

    /// <param name="stream">Receives the compressed bytes; it stays open.</param>
    /// <param name="compressionLevel">Null for the provider's own level.</param>
    Stream CreateCompressionStream(Stream stream, CompressionLevel? compressionLevel);

    Stream CreateDecompressionStream(Stream stream);
}

public sealed class GzipCompressionProvider(CompressionLevel defaultCompressionLevel) : ICompressionProvider
{
    public string EncodingName => "gzip";

    public Stream CreateCompressionStream(Stream stream, CompressionLevel? compressionLevel) =>
        new GZipStream(stream, compressionLevel ?? defaultCompressionLevel, leaveOpen: true);

    public Stream CreateDecompressionStream(Stream stream) => new GZipStream(stream, CompressionMode.Decompress);
}

/// <summary>"deflate" as HTTP means it: the zlib format of RFC 1950.</summary>
public sealed class DeflateCompressionProvider(CompressionLevel defaultCompressionLevel) : ICompressionProvider
{
    public string EncodingName => "deflate";

    public Stream CreateCompressionStream(Stream stream, CompressionLevel? compressionLevel) =>
        new ZLibStream(stream, compressionLevel ?? defaultCompressionLevel, leaveOpen: true);

    public Stream CreateDecompressionStream(Stream stream) => new ZLibStream(stream, CompressionMode.Decompress);
}
