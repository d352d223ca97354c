using System.ComponentModel.DataAnnotations;
using System.Security.Cryptography;
using Crm.ServiceDefaults.Postgres;
using Microsoft.Extensions.Options;

namespace Crm.Campaign.Delivery;

/// <summary>Section <c>Print</c>; the same in service and sender.</summary>
public sealed class PrintOptions
{
    public const string Section = "Print";

    /// <summary>Where files go that service and senders both reach; without it they are large objects of the database.</summary>
    public string? Directory { get; init; }

    /// <summary>Folder with <c>DejaVuSans.ttf</c> and <c>DejaVuSans-Bold.ttf</c>, whose licence lets them be embedded.</summary>
    [Required]
    public string FontDirectory { get; init; } = "/usr/share/fonts/truetype/dejavu";

    /// <summary>Letters of one file.</summary>
    [Range(1, 2_000)]
    public int LettersPerVolume { get; init; } = 500;
}

/// <param name="LargeObject">Set, or else <paramref name="Path"/>.</param>
public sealed record StoredPrintFile(string Sha256, long Bytes, long? LargeObject, string? Path);

/// <summary>Keeps print files, and gives back what was kept or nothing: the checksum is compared before a byte is shown.</summary>
public sealed class PrintFiles(IOptions<PrintOptions> options)
{
    /// <summary>
    /// Part of the caller's transaction; a file in a directory is complete on disk before it. Its name is its content's: what a crash leaves
    /// behind is written over by the same.
    /// </summary>
    public async Task<StoredPrintFile> StoreAsync(byte[] content, string kind, UnitOfWork unitOfWork, CancellationToken cancellationToken)
    {
        var sha256 = Convert.ToHexStringLower(SHA256.HashData(content));
        if (options.Value.Directory is not { Length: > 0 } directory)
        {
            var oid = await unitOfWork.QuerySingleOrDefaultAsync<long>("SELECT lo_from_bytea(0, @content)::bigint", new { content }, cancellationToken);
            return new StoredPrintFile(sha256, content.Length, oid, null);
        }

        var path = Path.Combine(sha256[..2], $"{sha256}.{kind}");
        var full = Path.Combine(directory, path);
        Directory.CreateDirectory(Path.GetDirectoryName(full)!);
        var unfinished = $"{full}.{Environment.ProcessId}.new";
        await using (var file = new FileStream(unfinished, FileMode.Create, FileAccess.Write))
        {
            await file.WriteAsync(content, cancellationToken);
            file.Flush(flushToDisk: true);
        }

        File.Move(unfinished, full, overwrite: true);
        return new StoredPrintFile(sha256, content.Length, null, path);
    }

    /// <exception cref="InvalidDataException">What is kept is not what was stored.</exception>
    public async Task<byte[]> ReadAsync(StoredPrintFile file, UnitOfWork unitOfWork, CancellationToken cancellationToken)
    {
        var content = file.LargeObject is { } oid
            ? await unitOfWork.QuerySingleOrDefaultAsync<byte[]>("SELECT lo_get(@oid::bigint::oid)", new { oid }, cancellationToken) ?? []
            : await File.ReadAllBytesAsync(Path.Combine(options.Value.Directory ?? "", file.Path!), cancellationToken);
        return Convert.ToHexStringLower(SHA256.HashData(content)) == file.Sha256
            ? content
            : throw new InvalidDataException("A print file is not what was stored; its checksum differs.");
    }
}
