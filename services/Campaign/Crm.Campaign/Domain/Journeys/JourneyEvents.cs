namespace Crm.Campaign.Domain.Journeys;

/// <summary>What happens to a customer that a journey may begin with, wait for, or have as its goal.</summary>
internal static class JourneyEvents
{
    public const string CustomerRegistered = "customerRegistered";
    public const string CustomerChanged = "customerChanged";
    public const string PurchaseRecorded = "purchaseRecorded";
    public const string PurchaseReturned = "purchaseReturned";
    public const string CaseOpened = "caseOpened";
    public const string CaseClosed = "caseClosed";
    public const string PointsPosted = "pointsPosted";
    public const string MemberEnrolled = "memberEnrolled";
    public const string CustomerReferred = "customerReferred";
    public const string MessageOpened = "messageOpened";
    public const string MessageClicked = "messageClicked";
    private const string TagAddedPrefix = "tagAdded";

    /// <summary>May begin a journey.</summary>
    public static readonly IReadOnlySet<string> Triggers = new HashSet<string>(StringComparer.Ordinal)
    {
        CustomerRegistered, PurchaseRecorded, PurchaseReturned, CaseOpened, CaseClosed, PointsPosted, MemberEnrolled, CustomerReferred, TagAddedPrefix,
    };

    /// <summary>May be waited for or be a goal: messages are those of the journey itself.</summary>
    public static readonly IReadOnlySet<string> Awaited = new HashSet<string>(Triggers, StringComparer.Ordinal) { MessageOpened, MessageClicked };

    /// <summary>Whether its past must be kept here, because no projection keeps it and it is not as frequent as purchases are.</summary>
    public static bool IsKept(string kind) =>
        kind is PurchaseReturned or CaseOpened or CaseClosed or MemberEnrolled or CustomerReferred || kind.StartsWith(TagAddedPrefix, StringComparison.Ordinal);

    public static bool NeedsTag(string kind) => kind == TagAddedPrefix;

    public static string TagAdded(string tag) => $"{TagAddedPrefix}:{tag}";
}
