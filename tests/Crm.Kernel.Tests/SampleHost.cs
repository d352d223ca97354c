using Crm.ServiceDefaults.Security;
using Crm.Testing;
using Dapper;

namespace Crm.Kernel.Tests;

/// <summary>The sample service with a database and broker host of its own.</summary>
public class SampleHost() : ServiceHost<Program>("sample")
{
    public const string Notes = "/api/sample/v1/notes";

    public HttpClient Writer() => ClientFor(Roles.SalesRep);

    public async Task<T> QueryAsync<T>(string sql, object? args = null)
    {
        await using var connection = await Database.OpenConnectionAsync();
        return (await connection.QuerySingleAsync<T>(sql, args))!;
    }

    public async Task ExecuteAsync(string sql, object? args = null)
    {
        await using var connection = await Database.OpenConnectionAsync();
        await connection.ExecuteAsync(sql, args);
    }

    /// <summary>How often the projection has counted the note.</summary>
    public Task<int> CountAsync(Guid noteId) => QueryAsync<int>("SELECT coalesce((SELECT count FROM note_counts WHERE note_id = @noteId), 0)", new { noteId });

    /// <summary>Writes a note through the API and returns its id.</summary>
    public async Task<Guid> WriteAsync(string text)
    {
        var note = await Writer().PostAsync(Notes, new { text }).OkJsonAsync();
        return note.GetProperty("id").GetGuid();
    }
}

/// <summary>The same in production, where other defaults of the framework apply.</summary>
public sealed class ProductionHost : SampleHost
{
    public ProductionHost() => EnvironmentName = "Production";
}
