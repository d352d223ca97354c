using Crm.Customer.Features;
using Crm.ServiceDefaults.Idempotency;

namespace Crm.Customer;

internal static class CustomerEndpoints
{
    public static void MapCustomers(this IEndpointRouteBuilder app)
    {
        var api = app.MapApi("customer");
        RegisterCustomer.Map(api);
        ChangeCustomer.Map(api);
        GetCustomer.Map(api);
        SearchCustomers.Map(api);
        GetTimeline.Map(api);
        AddNote.Map(api);
        RecordConsent.Map(api);
        ListConsents.Map(api);
        ImportCustomers.Map(api);
        GetImport.Map(api);
    }
}
