using System.Security.Claims;
using System.Security.Cryptography;
using Dapper;
using Microsoft.AspNetCore.WebUtilities;
using Npgsql;

namespace Crm.Gateway.Authentication;

/// <summary>Sessions in PostgreSQL: 30 minutes idle, 8 hours at most. A deleted row is signed out with the next request.</summary>
internal sealed class SessionStore(NpgsqlDataSource database, TimeProvider time)
{
    public static readonly TimeSpan IdleLifetime = TimeSpan.FromMinutes(30);
    public static readonly TimeSpan AbsoluteLifetime = TimeSpan.FromHours(8);
    private static readonly TimeSpan TouchInterval = TimeSpan.FromMinutes(1);

    private sealed record Row(
        string Issuer, string Subject, string Name, string? Email, string[] Roles, string? Unit, DateTimeOffset LastSeenAt, DateTimeOffset ExpiresAt);

    /// <summary>Starts a session and returns what the cookie says.</summary>
    public async Task<string> CreateAsync(ClaimsPrincipal person, CancellationToken cancellationToken)
    {
        var secret = RandomNumberGenerator.GetBytes(32);
        var now = time.GetUtcNow();
        await using var connection = await database.OpenConnectionAsync(cancellationToken);
        await connection.ExecuteAsync(new CommandDefinition(
            """
            INSERT INTO sessions (id, issuer, subject, name, email, roles, unit, created_at, last_seen_at, expires_at)
            VALUES (@id, @issuer, @subject, @name, @email, @roles, @unit, @now, @now, @expires)
            """,
            new
            {
                id = SHA256.HashData(secret),
                issuer = person.FindFirstValue("idp"),
                subject = person.FindFirstValue("sub"),
                name = person.FindFirstValue("name"),
                email = person.FindFirstValue("email"),
                roles = person.FindAll("roles").Select(claim => claim.Value).ToArray(),
                unit = person.FindFirstValue("unit"),
                now,
                expires = now + AbsoluteLifetime,
            },
            cancellationToken: cancellationToken));
        return WebEncoders.Base64UrlEncode(secret);
    }

    public async Task<ClaimsPrincipal?> FindAsync(string cookie, CancellationToken cancellationToken)
    {
        if (IdOf(cookie) is not { } id) return null;
        var now = time.GetUtcNow();
        await using var connection = await database.OpenConnectionAsync(cancellationToken);
        var row = await connection.QuerySingleOrDefaultAsync<Row>(new CommandDefinition(
            """
            SELECT issuer, subject, name, email, roles, unit, last_seen_at, expires_at FROM sessions
            WHERE id = @id AND expires_at > @now AND last_seen_at > @idle
            """,
            new { id, now, idle = now - IdleLifetime },
            cancellationToken: cancellationToken));
        if (row is null) return null;
        if (now - row.LastSeenAt > TouchInterval)
        {
            await connection.ExecuteAsync(new CommandDefinition(
                "UPDATE sessions SET last_seen_at = @now WHERE id = @id AND last_seen_at < @now", new { id, now }, cancellationToken: cancellationToken));
        }

        var identity = new ClaimsIdentity(SessionHandler.SchemeName, "name", "roles");
        identity.AddClaim(new Claim("sub", row.Subject));
        identity.AddClaim(new Claim("idp", row.Issuer));
        identity.AddClaim(new Claim("name", row.Name));
        if (row.Email is not null) identity.AddClaim(new Claim("email", row.Email));
        if (row.Unit is not null) identity.AddClaim(new Claim("unit", row.Unit));
        identity.AddClaims(row.Roles.Select(role => new Claim("roles", role)));
        identity.AddClaim(new Claim("session_expires", row.ExpiresAt.ToString("O")));
        return new ClaimsPrincipal(identity);
    }

    public async Task DeleteAsync(string cookie, CancellationToken cancellationToken)
    {
        if (IdOf(cookie) is not { } id) return;
        await using var connection = await database.OpenConnectionAsync(cancellationToken);
        await connection.ExecuteAsync(new CommandDefinition("DELETE FROM sessions WHERE id = @id", new { id }, cancellationToken: cancellationToken));
    }

    public async Task DeleteExpiredAsync(CancellationToken cancellationToken)
    {
        var now = time.GetUtcNow();
        await using var connection = await database.OpenConnectionAsync(cancellationToken);
        await connection.ExecuteAsync(new CommandDefinition(
            "DELETE FROM sessions WHERE expires_at < @now OR last_seen_at < @idle", new { now, idle = now - IdleLifetime }, cancellationToken: cancellationToken));
    }

    private static byte[]? IdOf(string cookie)
    {
        if (cookie.Length != 43) return null;
        try
        {
            return SHA256.HashData(WebEncoders.Base64UrlDecode(cookie));
        }
        catch (FormatException)
        {
            return null;
        }
    }
}

internal sealed partial class SessionCleaning(SessionStore sessions, TimeProvider time, ILogger<SessionCleaning> log) : BackgroundService
{
    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        using var timer = new PeriodicTimer(TimeSpan.FromMinutes(10), time);
        while (await timer.WaitForNextTickAsync(stoppingToken))
        {
            try
            {
                await sessions.DeleteExpiredAsync(stoppingToken);
            }
            catch (NpgsqlException exception)
            {
                Failed(log, exception);
            }
        }
    }

    [LoggerMessage(LogLevel.Warning, "Expired sessions could not be deleted; trying again later")]
    private static partial void Failed(ILogger log, Exception exception);
}
