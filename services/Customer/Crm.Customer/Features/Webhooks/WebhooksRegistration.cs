namespace Crm.Customer.Features.Webhooks;

internal static class WebhooksRegistration
{
    public static void AddWebhooks(this IServiceCollection services)
    {
        services.AddOptions<WebhookOptions>().BindConfiguration("Webhooks").ValidateDataAnnotations().ValidateOnStart();
        services.AddScoped<WebhookSubscriptions.Handler>();
        services.AddScoped<ReceiveWebhook.Sources>();
        services.AddHostedService<WebhookSender>();
    }
}
