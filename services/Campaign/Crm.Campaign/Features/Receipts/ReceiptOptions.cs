using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using Crm.Campaign.Delivery.Providers;
using Microsoft.Extensions.Options;

namespace Crm.Campaign.Features.Receipts;

/// <summary>One entry of section <c>Receipts</c>, by the provider's name: how it signs delivery receipts and what they look like.</summary>
internal sealed class ReceiptOptions
{
    public const string Section = "Receipts";

    /// <summary>Key of the HMAC-SHA256 over <c>timestamp.body</c>: 32 bytes or more in base64.</summary>
    public string Secret { get; init; } = "";

    /// <summary>The signature, as hexadecimal text.</summary>
    public string SignatureHeader { get; init; } = "X-Signature";

    /// <summary>Seconds since 1970-01-01 UTC.</summary>
    public string TimestampHeader { get; init; } = "X-Timestamp";

    /// <summary>Where an array of receipts stands, for providers that send several at once; null: the body is one receipt, or an array of them.</summary>
    public string? BatchPath { get; init; }

    /// <summary>The receipt's own id, the same when it is sent again; where there is none, message and status stand for it.</summary>
    public string ReceiptPath { get; init; } = "receiptId";

    /// <summary>Our id of the message, where the provider gives it back.</summary>
    public string ReferencePath { get; init; } = "reference";

    /// <summary>The provider's id of the message.</summary>
    public string MessagePath { get; init; } = "id";

    public string StatusPath { get; init; } = "status";

    public string ErrorPath { get; init; } = "error";

    /// <summary>Statuses that say that it has arrived. Others than these and <see cref="FailedValues"/> are on the way and change nothing.</summary>
    public string[] DeliveredValues { get; init; } = ["delivered", "read"];

    public string[] FailedValues { get; init; } = ["failed", "undelivered", "rejected", "expired"];

    public IEnumerable<string> Problems(string name)
    {
        var key = new byte[Secret.Length];
        if (!Convert.TryFromBase64String(Secret, key, out var length) || length < 32) yield return $"{Section}:{name}:Secret must be at least 32 bytes in base64.";
        foreach (var path in new[] { BatchPath, ReceiptPath, ReferencePath, MessagePath, StatusPath, ErrorPath }.Where(path => path is not null && !JsonPlace.IsValid(path)))
        {
            yield return $"{Section}:{name} has the path '{path}'; a path looks like entry[0].status.";
        }
    }

    /// <summary>Whether who holds the key signed this body within <paramref name="window"/> of now.</summary>
    public bool IsSignedBy(string? timestamp, string? signature, ReadOnlySpan<byte> body, DateTimeOffset now, TimeSpan window)
    {
        if (timestamp is null || signature is not { Length: 2 * HMACSHA256.HashSizeInBytes } || !signature.All(char.IsAsciiHexDigit)) return false;
        if (!long.TryParse(timestamp, NumberStyles.None, CultureInfo.InvariantCulture, out var seconds) || seconds > 253_402_300_799) return false;
        if ((now - DateTimeOffset.FromUnixTimeSeconds(seconds)).Duration() > window) return false;
        byte[] signed = [.. Encoding.ASCII.GetBytes(timestamp), (byte)'.', .. body];
        var expected = HMACSHA256.HashData(Convert.FromBase64String(Secret), signed);
        return CryptographicOperations.FixedTimeEquals(expected, Convert.FromHexString(signature));
    }

    /// <summary>The receipts in a body; null where it is none that the provider was said to send.</summary>
    public IReadOnlyList<Receipt>? Read(JsonElement body)
    {
        var items = BatchPath is null ? body : JsonPlace.Element(body, BatchPath) ?? default;
        var receipts = new List<Receipt>();
        foreach (var item in items.ValueKind == JsonValueKind.Array ? [.. items.EnumerateArray()] : new[] { items })
        {
            if (item.ValueKind != JsonValueKind.Object || JsonPlace.Find(item, StatusPath) is not { } status) return null;
            var (reference, message) = (JsonPlace.Find(item, ReferencePath), JsonPlace.Find(item, MessagePath));
            if (reference is null && message is null) return null;
            var id = JsonPlace.Find(item, ReceiptPath) ?? $"{message ?? reference}:{status}";
            if (id.Length > 300 || message?.Length > 300) return null;
            receipts.Add(new Receipt(
                id, Guid.TryParse(reference, out var delivery) ? delivery : null, message, KindOf(status), JsonPlace.Find(item, ErrorPath)));
        }

        return receipts;
    }

    private ReceiptKind KindOf(string status) =>
        DeliveredValues.Contains(status, StringComparer.OrdinalIgnoreCase) ? ReceiptKind.Delivered
        : FailedValues.Contains(status, StringComparer.OrdinalIgnoreCase) ? ReceiptKind.Failed
        : ReceiptKind.OnTheWay;
}

internal enum ReceiptKind
{
    OnTheWay,
    Delivered,
    Failed,
}

/// <param name="Id">The same when the provider sends it again.</param>
/// <param name="MessageId">What the provider calls the message.</param>
internal sealed record Receipt(string Id, Guid? DeliveryId, string? MessageId, ReceiptKind Kind, string? Error);

/// <summary>By provider.</summary>
internal sealed class ReceiptProviders : Dictionary<string, ReceiptOptions>;

internal sealed class ReceiptProvidersValidator : IValidateOptions<ReceiptProviders>
{
    public ValidateOptionsResult Validate(string? name, ReceiptProviders options)
    {
        var problems = options.SelectMany(pair => pair.Value.Problems(pair.Key)).ToArray();
        return problems.Length == 0 ? ValidateOptionsResult.Success : ValidateOptionsResult.Fail(problems);
    }
}
