using Crm.ServiceDefaults.Idempotency;
using Crm.ServiceDesk.Features;
using Crm.ServiceDesk.Features.Sla;

namespace Crm.ServiceDesk;

/// <summary>The route table of the service desk.</summary>
internal static class ServiceDeskEndpoints
{
    public static void MapServiceDesk(this WebApplication app)
    {
        var api = app.MapApi("service");
        OpenCase.Map(api);
        AssignCase.Map(api);
        CommentOnCase.Map(api);
        ResolveCase.Map(api);
        ReopenCase.Map(api);
        GetCase.Map(api);
        ListCases.Map(api);
        ListProductIssues.Map(api);
        SlaPolicies.Map(api);
        BusinessCalendars.Map(api);
    }
}
