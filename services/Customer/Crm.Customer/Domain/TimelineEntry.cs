using System.Security.Cryptography;
using System.Text;

namespace Crm.Customer.Domain;

/// <summary>Something that happened with a customer, as a text key and arguments, so that it reads in every language.</summary>
/// <param name="EntryId">Made from the kind and the fact, so that the same fact told twice is one entry.</param>
/// <param name="Kind"><c>purchase.recorded</c>, <c>case.opened</c>, ...; its text has the key <c>timeline.KIND</c>.</param>
/// <param name="SubjectRef">What it is about: <c>purchase:ID</c>, <c>case:ID</c>, ...</param>
public sealed record TimelineEntry(
    Guid CustomerId, DateTimeOffset OccurredAt, Guid EntryId, string Kind, string SourceService, string SubjectRef,
    IReadOnlyDictionary<string, string> Args)
{
    /// <param name="fact">Identifies the fact among all of its kind.</param>
    /// <param name="args">Arguments without a value are left out.</param>
    public static TimelineEntry Of(
        Guid customerId, DateTimeOffset occurredAt, string kind, string fact, string sourceService, string subjectRef,
        params ReadOnlySpan<(string Name, string? Value)> args)
    {
        var values = new Dictionary<string, string>();
        foreach (var (name, value) in args)
        {
            if (value is not null) values[name] = value;
        }

        return new TimelineEntry(customerId, occurredAt.ToUniversalTime(), IdOf(kind, fact), kind, sourceService, subjectRef, values);
    }

    /// <summary>Version 8 UUID (RFC 9562, 5.8) of the SHA-256 of kind and fact.</summary>
    public static Guid IdOf(string kind, string fact)
    {
        var hash = SHA256.HashData(Encoding.UTF8.GetBytes(kind + "\n" + fact)).AsSpan(0, 16);
        hash[6] = (byte)((hash[6] & 0x0F) | 0x80);
        hash[8] = (byte)((hash[8] & 0x3F) | 0x80);
        return new Guid(hash, bigEndian: true);
    }
}
