using Crm.Customer.Features;
using Crm.Customer.Features.Consents;
using Crm.Customer.Features.Identity;
using Crm.Customer.Features.Privacy;
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

        // Identity
        CheckForDuplicates.Map(api);
        ScanForDuplicates.Map(api);
        ListDuplicates.Map(api);
        RejectDuplicate.Map(api);
        MergeCustomers.Map(api);
        UndoMerge.Map(api);

        // Consent and privacy
        var pages = app.MapGroup("").AllowAnonymous().AddEndpointFilter<CommitPages>().ExcludeFromDescription();
        CreatePreferenceLink.Map(api);
        PreferenceCentre.Map(pages);
        RequestConsent.Map(api, pages);
        PrivacyRequests.Map(api);
        LegalHolds.Map(api);
        DataPackage.Map(api);
    }
}
