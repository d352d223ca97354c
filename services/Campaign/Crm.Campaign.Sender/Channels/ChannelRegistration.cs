using Crm.Campaign.Delivery;
using Crm.Campaign.Sender.Channels.Http;
using Microsoft.Extensions.Options;

namespace Crm.Campaign.Sender.Channels;

internal static class ChannelRegistration
{
    /// <summary>What channels beside e-mail hand over to: gateways, print files, the till.</summary>
    public static void AddChannelProviders(this IServiceCollection services)
    {
        services.AddOptions<HttpProviders>().BindConfiguration(HttpProviderOptions.Section).ValidateOnStart();
        services.AddSingleton<IValidateOptions<HttpProviders>, HttpProvidersValidator>();
        services.AddSingleton<ProviderConnections>();
        services.AddOptions<PrintOptions>().BindConfiguration(PrintOptions.Section).ValidateDataAnnotations().ValidateOnStart();
        services.AddSingleton<PrintFiles>();
        services.AddOptions<PosOptions>().BindConfiguration(PosOptions.Section).ValidateDataAnnotations().ValidateOnStart();
    }
}
