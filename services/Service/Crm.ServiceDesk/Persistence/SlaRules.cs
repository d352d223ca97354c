using System.Collections.Concurrent;
using System.Text.Json;
using System.Text.Json.Serialization;
using Crm.ServiceDefaults.Postgres;
using Crm.ServiceDesk.Domain;

namespace Crm.ServiceDesk.Persistence;

/// <summary>Policies and calendars that cases are stamped with. A version never changes, so what has been read is kept.</summary>
public sealed class SlaRules
{
    internal static readonly JsonSerializerOptions Json = new(JsonSerializerDefaults.Web) { Converters = { new JsonStringEnumConverter(JsonNamingPolicy.CamelCase) } };
    private readonly ConcurrentDictionary<long, SlaPolicy> _policies = new();
    private readonly ConcurrentDictionary<long, BusinessCalendar> _calendars = new();

    public async ValueTask<SlaPolicy> PolicyAsync(long version, UnitOfWork unitOfWork, CancellationToken cancellationToken) =>
        _policies.TryGetValue(version, out var policy)
            ? policy
            : _policies[version] = (await ReadAsync<PolicyDefinition>("sla_policies", version, unitOfWork, cancellationToken)).ToPolicy(version).Value;

    public async ValueTask<BusinessCalendar> CalendarAsync(long version, UnitOfWork unitOfWork, CancellationToken cancellationToken) =>
        _calendars.TryGetValue(version, out var calendar)
            ? calendar
            : _calendars[version] = (await ReadAsync<CalendarDefinition>("business_calendars", version, unitOfWork, cancellationToken)).ToCalendar().Value;

    private static async Task<T> ReadAsync<T>(string table, long version, UnitOfWork unitOfWork, CancellationToken cancellationToken) => JsonSerializer.Deserialize<T>(
        (await unitOfWork.QuerySingleOrDefaultAsync<string>($"SELECT definition::text FROM {table} WHERE version = @version", new { version }, cancellationToken))!, Json)!;
}
