namespace Crm.ServiceDefaults.Hosting;

/// <summary>Source of new identifiers: UUIDv7 (RFC 9562), so that primary keys grow with time. Injected, so that tests decide.</summary>
public class Ids(TimeProvider time)
{
#pragma warning disable RS0030 // the one place that makes identifiers
    public virtual Guid Next() => Guid.CreateVersion7(time.GetUtcNow());
#pragma warning restore RS0030
}
