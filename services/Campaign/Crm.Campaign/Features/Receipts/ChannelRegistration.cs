using Crm.Campaign.Delivery;
using Crm.Campaign.Features.CallLists;
using Crm.Campaign.Features.Files;
using Crm.Campaign.Features.PrintRuns;
using Microsoft.Extensions.Options;

namespace Crm.Campaign.Features.Receipts;

internal static class ChannelRegistration
{
    /// <summary>What this service needs for channels beside e-mail: the providers whose receipts it takes, and the print files.</summary>
    public static void AddChannels(this IServiceCollection services)
    {
        services.AddOptions<ReceiptProviders>().BindConfiguration(ReceiptOptions.Section).ValidateOnStart();
        services.AddSingleton<IValidateOptions<ReceiptProviders>, ReceiptProvidersValidator>();
        services.AddOptions<PrintOptions>().BindConfiguration(PrintOptions.Section).ValidateDataAnnotations().ValidateOnStart();
        services.AddSingleton<PrintFiles>();
    }

    /// <summary>Calls and letters.</summary>
    public static void MapChannels(this RouteGroupBuilder api)
    {
        ListCallLists.Map(api);
        GetCallList.Map(api);
        ChangeCallRules.Map(api);
        FetchNextCall.Map(api);
        RecordCall.Map(api);
        ListCalls.Map(api);
        ListCallAgents.Map(api);
        ExportCalls.Map(api);

        ListPrintRuns.Map(api);
        GetPrintRun.Map(api);
        ClosePrintRun.Map(api);
        DownloadPrintFile.Map(api);
        ListFileDownloads.Map(api);
    }
}
