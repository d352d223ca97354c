using Crm.Campaign.LinkChecks;
using Crm.Campaign.Products;

namespace Crm.Campaign.Features.Templates;

internal static class TemplateServices
{
    public static void AddTemplates(this IServiceCollection services)
    {
        services.AddOptions<LinkCheckOptions>().BindConfiguration(LinkCheckOptions.Section).ValidateDataAnnotations().ValidateOnStart();
        services.AddSingleton<LinkChecker>();
        services.AddHostedService<ProductPairsRefresh>();
    }
}
