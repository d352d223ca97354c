using Crm.Customer.Domain;
using Crm.ServiceDefaults.Security;

namespace Crm.Customer.Features.Interactions;

/// <summary>What a writer says about who may see it: <c>everyone</c> (the default), <c>unit</c> (his own) or <c>me</c>.</summary>
internal static class EntryVisibility
{
    private static readonly IReadOnlyList<string> Known = ["everyone", "unit", "me"];

    public static string? From(string? said, Actor writer, InputCheck check) => check.OneOf(said ?? "everyone", "visibility", Known) switch
    {
        "unit" => "unit:" + writer.Unit,
        "me" => "user:" + writer.Subject,
        _ => null,
    };
}
