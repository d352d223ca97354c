using System.Security.Claims;

namespace Crm.ServiceDefaults.Security;

/// <summary>Who acts: a person, a department's machine client, or the platform itself.</summary>
/// <param name="Subject">Stable id from the identity provider (or <c>client:NAME</c>, <c>system</c>).</param>
/// <param name="Name">For people to read.</param>
/// <param name="Roles">See <see cref="Security.Roles"/>.</param>
/// <param name="Unit">Organisational unit, if the identity provider tells.</param>
/// <param name="CallingService">The workload that presented the token (its issuer), null for background work.</param>
public sealed record Actor(string Subject, string Name, IReadOnlyList<string> Roles, string? Unit, string? CallingService)
{
    public static Actor System { get; } = new("system", "system", [Security.Roles.System], null, null);

    /// <summary>Background work that a person's action caused: the name travels, their rights do not.</summary>
    public static Actor OnBehalfOf(string subject) => System with { Subject = subject };

    public static Actor From(ClaimsPrincipal principal) => new(
        principal.FindFirstValue("sub") ?? "",
        principal.FindFirstValue("name") ?? principal.FindFirstValue("sub") ?? "",
        principal.FindAll("roles").Select(claim => claim.Value).ToArray(),
        principal.FindFirstValue("unit"),
        principal.FindFirstValue("iss"));
}

/// <summary>The actor of the current request, message or job.</summary>
public sealed class ActorAccessor(IHttpContextAccessor http)
{
    private readonly AsyncLocal<Actor?> _ambient = new();

    public Actor? Current => _ambient.Value
        ?? (http.HttpContext?.User is { Identity.IsAuthenticated: true } user ? Actor.From(user) : null);

    public Actor Required => Current ?? throw new InvalidOperationException("There is no actor here.");

    /// <summary>Until disposed, work on this async flow is done by the given actor.</summary>
    public IDisposable ActAs(Actor actor)
    {
        var before = _ambient.Value;
        _ambient.Value = actor;
        return new Restore(_ambient, before);
    }

    private sealed class Restore(AsyncLocal<Actor?> ambient, Actor? before) : IDisposable
    {
        public void Dispose() => ambient.Value = before;
    }
}
