using Crm.Customer.Features;
using Crm.Customer.Features.Accounts;
using Crm.Customer.Features.Consents;
using Crm.Customer.Features.Forms;
using Crm.Customer.Features.Identity;
using Crm.Customer.Features.Import;
using Crm.Customer.Features.Intake;
using Crm.Customer.Features.Interactions;
using Crm.Customer.Features.Privacy;
using Crm.Customer.Features.Quality;
using Crm.Customer.Features.Records;
using Crm.Customer.Features.Search;
using Crm.Customer.Features.Stages;
using Crm.Customer.Features.Webhooks;
using Crm.ServiceDefaults.Idempotency;

namespace Crm.Customer;

internal static class CustomerEndpoints
{
    public static void MapCustomers(this IEndpointRouteBuilder app)
    {
        var api = app.MapApi("customer");
        api.AddEndpointFilter<AbsorbedCustomerReads>();
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
        AccessPackages.Map(api);
        ErasureReplays.Map(api);

        // Records
        CustomerProfile.Map(api);
        ContactPoints.Map(api);
        Relationships.Map(api);
        RecordTeam.Map(api);
        Assets.Map(api);
        DefineCustomField.Map(api);
        FieldSources.Map(api);
        CustomerAsOf.Map(api);

        // Accounts
        RegisterAccount.Map(api);
        ChangeAccount.Map(api);
        ReadAccounts.Map(api);
        ContactRoles.Map(api);

        // Search
        SavedViews.Map(api);

        // Import and export
        StartImport.Map(api);
        ReadImports.Map(api);
        UndoImport.Map(api);
        ExportCustomers.Map(api);

        // Forms and other sources
        RegistrationForms.Map(api);
        SubmitForm.Map(pages);
        ConfirmSubmission.Map(pages);
        TakeInRecord.Map(api);
        ReceiveWebhook.Map(api, pages);

        // Webhooks out
        WebhookSubscriptions.Map(api);

        // Interactions
        Activities.Map(api);
        CustomerFiles.Map(api);
        Mentions.Map(api);
        Agreements.Map(api);

        // Lifecycle and quality
        LifecycleSettings.Map(api);
        RecordQuality.Map(api);
    }
}
