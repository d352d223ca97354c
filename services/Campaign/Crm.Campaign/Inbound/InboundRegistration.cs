using Crm.Campaign.Delivery;
using Crm.Campaign.Features.Inbound;
using Crm.Campaign.Inbound.Receiver;

namespace Crm.Campaign.Inbound;

internal static class InboundRegistration
{
    public static void AddInboundMail(this IServiceCollection services)
    {
        services.AddOptions<InboundOptions>().BindConfiguration(InboundOptions.Section).ValidateDataAnnotations().ValidateOnStart();
        services.AddSingleton<ReturnPaths>();
        services.AddSingleton<Correlation>();
        services.AddSingleton<ProviderSignature>();
        services.AddScoped<DeliveryFeedback>();
        services.AddScoped<InboundMail>();
        services.AddHostedService<InboundRetention>();
        services.AddHostedService<SmtpReceiver>();
    }
}
