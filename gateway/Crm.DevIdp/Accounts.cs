using System.Security.Cryptography;
using System.Text.Json;
using Microsoft.AspNetCore.Identity;

namespace Crm.DevIdp;

/// <summary>A person who may sign in.</summary>
internal sealed record User(string UserName, string Password, string DisplayName, string[] Roles, string Unit);

/// <summary>A relying party (no roles) or a department's system that acts for itself (its roles).</summary>
internal sealed record Client(string ClientId, string ClientSecret, string[] Roles);

/// <summary>The file that developers, the seeder and the tests read the passwords from.</summary>
internal sealed record AccountFile(User[] Users, Client[] Clients)
{
    /// <summary>The relying party that people sign in through.</summary>
    public const string WebClientId = "gateway";

    private static readonly JsonSerializerOptions Json = new(JsonSerializerDefaults.Web) { WriteIndented = true };

    public static AccountFile LoadOrCreate(DevIdpOptions options)
    {
        var path = Path.GetFullPath(options.UsersFile);
        if (!File.Exists(path)) Create(path);
        var file = JsonSerializer.Deserialize<AccountFile>(File.ReadAllText(path), Json)
            ?? throw new InvalidOperationException($"{path} is empty.");
        return file with
        {
            Clients = [.. file.Clients.Select(client => options.ClientSecrets.TryGetValue(client.ClientId, out var secret) ? client with { ClientSecret = secret } : client)],
        };
    }

    private static void Create(string path)
    {
        Directory.CreateDirectory(Path.GetDirectoryName(path)!);
        var temporary = path + ".new";
        File.Delete(temporary);
        var owner = new FileStreamOptions { Mode = FileMode.CreateNew, Access = FileAccess.Write };
        if (!OperatingSystem.IsWindows()) owner.UnixCreateMode = UnixFileMode.UserRead | UnixFileMode.UserWrite;
        using (var stream = new FileStream(temporary, owner)) JsonSerializer.Serialize(stream, Fresh(), Json);
        File.Move(temporary, path);
    }

    private static AccountFile Fresh()
    {
        string[] staff =
        [
            "sales-rep", "sales-manager", "service-agent", "service-supervisor", "marketer", "marketing-approver",
            "loyalty-operator", "loyalty-manager", "analyst", "ops", "viewer",
        ];
        return new AccountFile(
            [
                Person("demo", "Demo (semua peran)", "head-office", staff),
                Person("sari", "Sari Wulandari", "sales-jakarta", "sales-rep"),
                Person("budi", "Budi Santoso", "sales-jakarta", "sales-manager"),
                Person("agus", "Agus Prasetyo", "service-desk", "service-agent"),
                Person("dewi", "Dewi Lestari", "service-desk", "service-supervisor"),
                Person("rina", "Rina Kusumawati", "marketing", "marketer"),
                Person("hendra", "Hendra Wijaya", "marketing", "marketing-approver"),
                Person("putri", "Putri Maharani", "loyalty", "loyalty-operator"),
                Person("joko", "Joko Susilo", "loyalty", "loyalty-manager"),
                Person("maya", "Maya Anggraini", "insight", "analyst"),
                Person("eko", "Eko Nugroho", "operations", "ops"),
                Person("tuti", "Tuti Handayani", "head-office", "viewer"),
            ],
            [
                new Client(WebClientId, Secret(32), []),
                new Client("seed", Secret(32), ["integration", "analyst", "ops", "marketer"]),
                new Client("sales-shop", Secret(32), ["integration"]),
                new Client("customer-forms", Secret(32), ["integration"]),
            ]);
    }

    private static User Person(string userName, string displayName, string unit, params string[] roles) =>
        new(userName, Secret(9), displayName, roles, unit);

    private static string Secret(int bytes) => Convert.ToBase64String(RandomNumberGenerator.GetBytes(bytes)).Replace('+', '-').Replace('/', '_').TrimEnd('=');
}

internal enum PasswordOutcome
{
    Right,
    Wrong,
    Locked,
}

/// <summary>
/// Checks passwords and secrets: PBKDF2, the same work for a name that does not exist, five failures lock the name (existing or not)
/// for fifteen minutes.
/// </summary>
internal sealed class PasswordCheck
{
    private const int AllowedFailures = 5;
    private const int RememberedNames = 10_000;
    private static readonly TimeSpan LockTime = TimeSpan.FromMinutes(15);
    private readonly PasswordHasher<string> _hasher = new();
    private readonly Dictionary<string, (User User, string Hash)> _users;
    private readonly Dictionary<string, Client> _clients;
    private readonly Dictionary<string, (int Count, DateTimeOffset Last)> _failures = new(StringComparer.OrdinalIgnoreCase);
    private readonly string _nobody;
    private readonly TimeProvider _time;

    public PasswordCheck(AccountFile file, TimeProvider time)
    {
        _time = time;
        _users = file.Users.ToDictionary(user => user.UserName, user => (user, _hasher.HashPassword(user.UserName, user.Password)), StringComparer.OrdinalIgnoreCase);
        _clients = file.Clients.ToDictionary(client => client.ClientId, StringComparer.Ordinal);
        _nobody = _hasher.HashPassword("", Convert.ToBase64String(RandomNumberGenerator.GetBytes(16)));
    }

    public int UserCount => _users.Count;

    public PasswordOutcome SignIn(string userName, string password, out User? user)
    {
        user = null;
        if (IsLocked(userName)) return PasswordOutcome.Locked;

        var known = _users.TryGetValue(userName, out var entry);
        var right = _hasher.VerifyHashedPassword(userName, known ? entry.Hash : _nobody, password) != PasswordVerificationResult.Failed;
        if (!known || !right) return CountFailure(userName) ? PasswordOutcome.Locked : PasswordOutcome.Wrong;

        lock (_failures) _failures.Remove(userName);
        user = entry.User;
        return PasswordOutcome.Right;
    }

    /// <summary>The client with that secret, or null.</summary>
    public Client? Authenticate(string clientId, string secret)
    {
        _clients.TryGetValue(clientId, out var client);
        // Digests have one length, so the comparison tells nothing about the secret's.
        var expected = SHA256.HashData(System.Text.Encoding.UTF8.GetBytes(client?.ClientSecret ?? ""));
        var given = SHA256.HashData(System.Text.Encoding.UTF8.GetBytes(secret));
        return CryptographicOperations.FixedTimeEquals(expected, given) ? client : null;
    }

    private bool IsLocked(string userName)
    {
        lock (_failures)
        {
            if (!_failures.TryGetValue(userName, out var entry)) return false;
            if (_time.GetUtcNow() - entry.Last < LockTime) return entry.Count >= AllowedFailures;
            _failures.Remove(userName);
            return false;
        }
    }

    private bool CountFailure(string userName)
    {
        lock (_failures)
        {
            if (_failures.Count >= RememberedNames) _failures.Clear();
            var count = _failures.TryGetValue(userName, out var entry) ? entry.Count + 1 : 1;
            _failures[userName] = (count, _time.GetUtcNow());
            return count >= AllowedFailures;
        }
    }
}
