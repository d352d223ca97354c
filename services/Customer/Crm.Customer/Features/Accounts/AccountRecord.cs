using Crm.Customer.Contracts.Events.V1;
using Crm.Customer.Domain;
using Crm.Customer.Features.Records;
using Crm.ServiceDefaults.Errors;
using Crm.ServiceDefaults.Paging;
using Crm.ServiceDefaults.Postgres;

namespace Crm.Customer.Features.Accounts;

/// <summary>What is said about an account.</summary>
internal sealed record AccountRequest(
    string Kind, string DisplayName, Guid? ParentId = null, string? Email = null, string? Phone = null, string? Website = null, string? Industry = null,
    Address? Address = null, IReadOnlyList<string>? Tags = null, IReadOnlyList<CustomFieldState>? CustomFields = null,
    string? OwnerId = null, string? OwnerName = null, string? OwnerUnit = null, bool IsInternal = false);

/// <summary>An account as the API shows it.</summary>
internal sealed record AccountResponse(
    Guid Id, long Version, string Number, string Kind, string DisplayName, Guid? ParentId, string? Email, string? Phone, string? Website, string? Industry,
    Address Address, IReadOnlyList<string> Tags, IReadOnlyList<CustomFieldState> CustomFields, string? OwnerId, string? OwnerName, string? OwnerUnit, bool IsInternal,
    DateTimeOffset RegisteredAt, DateTimeOffset ChangedAt) : IVersioned;

/// <summary>An account as stored: an organisation, household, partner, supplier or competitor.</summary>
internal sealed class AccountRecord
{
    public static readonly IReadOnlyList<string> Kinds = ["organisation", "household", "partner", "supplier", "competitor"];
    private const int MaxDepth = 20;
    private const string Columns =
        """
        id, version, number, kind, display_name, parent_id, email, phone, website, industry, street, city, province, postal_code, country, tags,
        custom_fields::text AS custom_fields, owner_id, owner_name, owner_unit, is_internal, registered_at, changed_at
        """;

    public Guid Id { get; init; }
    public long Version { get; init; }
    public string Number { get; init; } = "";
    public string Kind { get; init; } = "";
    public string DisplayName { get; init; } = "";
    public Guid? ParentId { get; init; }
    public string? Email { get; init; }
    public string? Phone { get; init; }
    public string? Website { get; init; }
    public string? Industry { get; init; }
    public string? Street { get; init; }
    public string? City { get; init; }
    public string? Province { get; init; }
    public string? PostalCode { get; init; }
    public string? Country { get; init; }
    public string[] Tags { get; init; } = [];
    public string CustomFields { get; init; } = "[]";
    public string? OwnerId { get; init; }
    public string? OwnerName { get; init; }
    public string? OwnerUnit { get; init; }
    public bool IsInternal { get; init; }
    public DateTimeOffset RegisteredAt { get; init; }
    public DateTimeOffset ChangedAt { get; init; }

    public AccountResponse ToResponse() => new(
        Id, Version, Number, Kind, DisplayName, ParentId, Email, Phone, Website, Industry, new Address(Street, City, Province, PostalCode, Country), Tags,
        OwnFields.FromStored("[]", CustomFields).CustomFields, OwnerId, OwnerName, OwnerUnit, IsInternal, RegisteredAt, ChangedAt);

    public static async Task<AccountRecord?> FindAsync(Guid id, UnitOfWork unitOfWork, CancellationToken cancellationToken) =>
        await unitOfWork.QuerySingleOrDefaultAsync<AccountRecord>($"SELECT {Columns} FROM accounts WHERE id = @id", new { id }, cancellationToken);

    public static Task<IReadOnlyList<AccountRecord>> QueryAsync(string where, object arguments, UnitOfWork unitOfWork, CancellationToken cancellationToken) =>
        unitOfWork.QueryAsync<AccountRecord>($"SELECT {Columns} FROM accounts {where}", arguments, cancellationToken);

    /// <summary>Checks an account and its place in the hierarchy; the result is what the columns get.</summary>
    public static async Task<Result<object>> CheckAsync(Guid id, long version, AccountRequest request, UnitOfWork unitOfWork, TimeProvider time, CancellationToken cancellationToken)
    {
        var check = new InputCheck();
        var kind = check.OneOf(request.Kind, "kind", Kinds);
        var (website, industry) = (check.Text(request.Website, "website", 300), check.Text(request.Industry, "industry", 100));
        var (ownerId, ownerName, ownerUnit) = (check.Text(request.OwnerId, "ownerId", 100), check.Text(request.OwnerName, "ownerName", 200), check.Text(request.OwnerUnit, "ownerUnit", 100));
        if (website is not null && !(Uri.TryCreate(website, UriKind.Absolute, out var uri) && uri.Scheme is "http" or "https")) check.Fail(CustomerErrors.WebsiteInvalid("website"));
        if (check.Error is { } error) return error;

        // Names, phones and addresses follow the same rules as those of people.
        var input = new CustomerInput
        {
            DisplayName = request.DisplayName, Email = request.Email, Phone = request.Phone, Street = request.Address?.Street, City = request.Address?.City,
            Province = request.Address?.Province, PostalCode = request.Address?.PostalCode, Country = request.Address?.Country, Tags = request.Tags,
        };
        if (!CustomerDetails.From(input, time.GetUtcNow(), "address.").TryGet(out var details, out error)) return error;
        if (!OwnFields.From(null, request.CustomFields).TryGet(out var own, out error)) return error;
        if (await CustomFieldRules.RefusalAsync(unitOfWork, "account", own.CustomFields, cancellationToken) is { } badField) return badField;
        if (request.ParentId is { } parent && await HierarchyRefusalAsync(id, parent, unitOfWork, cancellationToken) is { } badParent) return badParent;
        return new
        {
            id, version, kind, details.DisplayName, request.ParentId, details.Email, details.Phone, website, industry, details.Street, details.City, details.Province,
            details.PostalCode, details.Country, details.Tags, own.CustomFieldsJson, ownerId, ownerName, ownerUnit, request.IsInternal, now = time.GetUtcNow(),
        };
    }

    /// <summary>Hierarchies change one at a time, or two moves that are each fine could close a circle together.</summary>
    private static async Task<Error?> HierarchyRefusalAsync(Guid id, Guid parent, UnitOfWork unitOfWork, CancellationToken cancellationToken)
    {
        await unitOfWork.ExecuteAsync("SELECT pg_advisory_xact_lock(hashtextextended('account hierarchy', 0))", null, cancellationToken);
        var above = await unitOfWork.QueryAsync<Guid>(
            """
            WITH RECURSIVE above AS (
                SELECT id, parent_id, 1 AS level FROM accounts WHERE id = @parent
                UNION ALL
                SELECT a.id, a.parent_id, above.level + 1 FROM accounts a JOIN above ON a.id = above.parent_id WHERE above.level <= @MaxDepth)
            SELECT id FROM above
            """,
            new { parent, MaxDepth },
            cancellationToken);
        if (parent == id || above.Contains(id)) return CustomerErrors.HierarchyCycle;
        if (above.Count == 0) return CustomerErrors.ParentUnknown;
        var below = await unitOfWork.QuerySingleOrDefaultAsync<int>(
            """
            WITH RECURSIVE below AS (
                SELECT id, 1 AS level FROM accounts WHERE id = @id
                UNION ALL
                SELECT a.id, below.level + 1 FROM accounts a JOIN below ON a.parent_id = below.id WHERE below.level <= @MaxDepth)
            SELECT coalesce(max(level), 1) FROM below
            """,
            new { id, MaxDepth },
            cancellationToken);
        return above.Count + below > MaxDepth ? CustomerErrors.HierarchyTooDeep : null;
    }
}
